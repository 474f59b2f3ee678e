// Shows: a terminal: lines and raw bytes, size, any baud rate, a program that lives in it, hang-up
// Needs: nothing; a pseudo terminal stands in for a person
// Run:   node build/examples/terminal.js
// Try:   node build/examples/terminal.js ls -C /    what does a program write to 80 columns?
import { Pty, SystemError, type Terminal } from 'polyio';

const buffer = Buffer.alloc(4_096);

/** What comes next, up to the end of a line: a terminal may deliver it in parts. */
function next(from: Pty | Terminal, isOver: (text: string) => boolean): string {
  let text = '';
  while (!isOver(text)) text += buffer.toString('latin1', 0, from.read(buffer));
  return JSON.stringify(text);
}

using pty = Pty.open({ size: { rows: 24, columns: 80 } });
const terminal = pty.openTerminal();
console.log(terminal);

const isLine = (text: string): boolean => text.endsWith('\n');
pty.writeAll(Buffer.from('ab\x7fc\r'));
console.log('canonical: typed "ab<delete>c<enter>", read', next(terminal, isLine));
console.log('the terminal showed', next(pty, isLine));
terminal.setRaw(true);
pty.writeAll(Buffer.from('ab\x7fc'));
console.log(
  'raw: typed the same without <enter>, read',
  next(terminal, (text) => text.length === 4),
);
terminal.setRaw(false);

terminal.setBaudRate(250_000);
console.log('baud rate', terminal.baudRate, 'size', terminal.size);

const [program = 'stty', ...args] = process.argv.slice(2);
pty.setTimeout(2_000);
const child = pty.spawn(program, program === 'stty' ? ['size'] : args);
terminal.close();
child.on('exit', (code) => console.log(`${program} ended with ${code}`));

try {
  for (;;) console.log('it wrote', next(pty, isLine));
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
