// Shows: a terminal: lines and raw bytes, size, any baud rate, a program that lives in it, hang-up
// Needs: nothing; a pseudo terminal stands in for a person
// Run:   node build/examples/terminal.js
// Try:   node build/examples/terminal.js vi    with any program: what does it write to a terminal?
import { Pty, SystemError } from 'polyio';

const show = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1'));
const buffer = Buffer.alloc(4_096);

using pty = Pty.open({ size: { rows: 24, columns: 80 } });
const terminal = pty.openTerminal();
console.log(terminal);

function type(keys: string): string {
  pty.writeAll(Buffer.from(keys, 'latin1'));
  return show(buffer.subarray(0, terminal.read(buffer)));
}

console.log('canonical: typed "ab<delete>c<enter>", read', type('ab\x7fc\r'));
console.log('the terminal showed', show(buffer.subarray(0, pty.read(buffer))));
terminal.setRaw(true);
console.log('raw: typed the same without <enter>, read', type('ab\x7fc'));
terminal.setRaw(false);

terminal.setBaudRate(250_000);
console.log('baud rate', terminal.baudRate, 'size', terminal.size);

const [program = 'stty', ...args] = process.argv.slice(2);
pty.setTimeout(2_000);
const child = pty.spawn(program, program === 'stty' ? ['size'] : args);
terminal.close();
child.on('exit', (code) => console.log(`${program} ended with ${code}`));

try {
  for (;;) console.log('it wrote', show(buffer.subarray(0, pty.read(buffer))));
} catch (error) {
  // EIO: the program has ended and nobody else has the terminal open. ETIMEDOUT: it waits for
  // keys; closing the pty hangs it up.
  if (!(error instanceof SystemError)) throw error;
  console.log(error.message);
}

const other = pty.openTerminal();
pty.close();
console.log('hung up:', other.hungUp, 'read', other.read(buffer));
try {
  other.write(Buffer.from('anybody?'));
} catch (error) {
  console.log((error as SystemError).message);
}
other.close();
