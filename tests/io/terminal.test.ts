import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { inspect } from 'node:util';
import { Pty, Terminal } from '../../src/io.ts';
import { POLL } from '../../src/sys/abi.ts';
import { pollFd } from '../../src/sys/poll.ts';
import { runSource } from '../harness/child.ts';
import { asNobody, notRoot } from '../harness/nobody.ts';
import { test } from '../harness/test.ts';
import { socketFolder } from './loopback.ts';

const ROUNDS = process.env['POLYIO_TEST_FULL'] === '1' ? 10_000 : 300;
const IO = new URL('../../src/io.js', import.meta.url).href;

interface Pair extends Disposable {
  readonly pty: Pty;
  readonly terminal: Terminal;
}

function openPair(): Pair {
  const pty = Pty.open();
  const terminal = pty.openTerminal();
  const dispose = () => {
    terminal.close();
    pty.close();
  };
  return { pty, terminal, [Symbol.dispose]: dispose };
}

/** Types a line and waits until it is there: it arrives by the hand of a kernel thread. */
function typeLine({ pty, terminal }: Pair): void {
  pty.writeAll(Buffer.from('thrown away\n'));
  assert.equal(pollFd(terminal.fd, POLL.POLLIN, 15_000), POLL.POLLIN);
}

/** What is read until so many bytes have come: a terminal may deliver them in parts. */
function textFrom(from: Pty | Terminal, length: number): string {
  const buffer = Buffer.alloc(4_096);
  let text = '';
  while (text.length < length) text += buffer.toString('latin1', 0, from.read(buffer));
  return text;
}

/** Asserts that it is what comes next. */
function assertComes(from: Pty | Terminal, text: string): void {
  assert.equal(textFrom(from, text.length), text);
}

test('a terminal starts in canonical mode: a line at a time, edited and echoed', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  assert.deepEqual([terminal.canonical, terminal.echo, terminal.raw], [true, true, false]);
  pty.writeAll(Buffer.from('ab\x7fc\n'));
  assertComes(terminal, 'ac\n');
  assertComes(pty, 'ab\b \bc\r\n');
  terminal.writeAll(Buffer.from('out\n'));
  assertComes(pty, 'out\r\n');
  assert.equal(inspect(terminal), `Terminal{fd ${terminal.fd} ${pty.path} blocking}`);
});

test('^D ends a read with 0, and the terminal goes on', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  pty.writeAll(Buffer.from('\x04'));
  assert.equal(terminal.read(new Uint8Array(8)), 0);
  assert.equal(terminal.hungUp, false);
  pty.writeAll(Buffer.from('more\n'));
  assertComes(terminal, 'more\n');
});

test('raw mode: every byte as it is, at once, in both directions', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  terminal.setRaw(true);
  assert.deepEqual([terminal.canonical, terminal.echo, terminal.raw], [false, false, true]);
  const every = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  pty.writeAll(every);
  const got = Buffer.alloc(256);
  for (let done = 0; done < 256; ) done += terminal.read(got.subarray(done));
  assert.deepEqual(got, every);
  terminal.writeAll(every);
  for (let done = 0; done < 256; ) done += pty.read(got.subarray(done));
  assert.deepEqual(got, every);
});

test('setRaw(false) brings back what was there before setRaw(true), close() what was there at first', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  const found = terminal.attributes;
  const other = pty.openTerminal();
  other.setEcho(false);
  const withoutEcho = terminal.attributes;
  assert.equal(terminal.echo, false);
  other.setRaw(true);
  other.setRaw(true);
  assert.notDeepEqual(terminal.attributes, withoutEcho);
  other.setRaw(false);
  assert.deepEqual(terminal.attributes, withoutEcho);
  other.setRaw(true);
  other.close();
  assert.deepEqual(terminal.attributes, found);
});

test('restore() and detach() leave the terminal as it was found, and open', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  const found = terminal.attributes;
  const other = pty.openTerminal();
  other.setRaw(true);
  other.restore();
  other.restore();
  assert.equal(other.raw, false);
  closeSync(other.detach());
  other.close();
  assert.deepEqual(terminal.attributes, found);
});

test('the settings come back when the process exits without closing', async () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  const found = terminal.attributes;
  const { code, stdout, stderr } = await runSource(`
    import { Terminal } from ${JSON.stringify(IO)};
    const terminal = Terminal.open(${JSON.stringify(pty.path)});
    terminal.setRaw(true);
    terminal.setBaudRate(12_345);
    console.log(terminal.canonical);
    process.exit(5);
  `);
  assert.deepEqual([code, stdout, stderr], [5, 'false\n', '']);
  assert.deepEqual(terminal.attributes, found);
});

test('setCanonical() and setEcho() change one thing each', () => {
  using pair = openPair();
  const { terminal } = pair;
  terminal.setEcho(false);
  assert.deepEqual([terminal.canonical, terminal.echo], [true, false]);
  terminal.setCanonical(false);
  terminal.setEcho(true);
  assert.deepEqual([terminal.canonical, terminal.echo], [false, true]);
  assert.throws(() => terminal.setEcho(1 as unknown as boolean), TypeError);
  assert.throws(() => terminal.setRaw('yes' as unknown as boolean), TypeError);
});

test('any baud rate is set and read back, those without a name as well', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  using other = pty.openTerminal();
  for (const rate of [50, 9_600, 31_250, 250_000, 1_843_200, 12_345_678]) {
    terminal.setBaudRate(rate);
    assert.equal(other.baudRate, rate);
    assert.equal(other.attributes.inputBaudRate, rate);
  }
  for (const wrong of [0, -1, 9_600.5, Number.NaN, 2 ** 32]) {
    assert.throws(() => terminal.setBaudRate(wrong), RangeError);
  }
});

test('setLine() changes what is named and leaves the rest', () => {
  using pair = openPair();
  const { terminal } = pair;
  const before = terminal.attributes;
  terminal.setLine({ stopBits: 2, flowControl: 'software' });
  const after = terminal.attributes;
  assert.notEqual(after.controlFlags, before.controlFlags);
  assert.equal(after.outputBaudRate, before.outputBaudRate);
  terminal.setLine({ stopBits: 1, flowControl: 'hardware' });
  assert.ok(terminal.attributes.controlFlags >= 2 ** 31);
  terminal.setLine({ flowControl: 'none' });
  assert.equal(terminal.attributes.controlFlags, before.controlFlags);
  assert.throws(() => terminal.setLine({ parity: 'some' as 'odd' }), {
    name: 'RangeError',
    message: "parity must be one of none, even, odd, got 'some'",
  });
  assert.throws(() => terminal.setLine({ dataBits: 9 as 8 }), RangeError);
});

test('setLine() refuses what the driver ignores in silence, and changes nothing', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  const before = terminal.attributes;
  assert.throws(() => terminal.setLine({ baudRate: 300, dataBits: 7, parity: 'even' }), {
    name: 'UnsupportedError',
    model: `dataBits, parity of ${pty.path}`,
    reason: 'its driver took the settings and left that as it was',
  });
  assert.deepEqual(terminal.attributes, before);
  terminal.setLine({ baudRate: 300, dataBits: 8, parity: 'none' });
  assert.equal(terminal.baudRate, 300);
});

test('setAttributes() takes effect at once, drained or flushed, and checks what it is given', () => {
  using pair = openPair();
  const { terminal } = pair;
  const attributes = terminal.attributes;
  typeLine(pair);
  terminal.setAttributes(attributes, 'flushed');
  terminal.setAttributes(attributes, 'drained');
  terminal.setBlocking(false);
  assert.equal(terminal.tryRead(new Uint8Array(32)), null);
  assert.throws(() => terminal.setAttributes(attributes, 'soon' as 'now'), {
    name: 'TypeError',
    message: "when must be one of now, drained, flushed, got 'soon'",
  });
  for (const wrong of [
    { inputFlags: Number.NaN },
    { outputBaudRate: 2 ** 32 },
    { lineDiscipline: 256 },
  ]) {
    assert.throws(() => terminal.setAttributes({ ...attributes, ...wrong }), RangeError);
  }
  const controlCharacters = new Uint8Array(3);
  assert.throws(() => terminal.setAttributes({ ...attributes, controlCharacters }), TypeError);
});

test('flush() throws away what came in, drain() waits for what went out', () => {
  using pair = openPair();
  const { terminal } = pair;
  typeLine(pair);
  terminal.flush('input');
  terminal.setBlocking(false);
  assert.equal(terminal.tryRead(new Uint8Array(32)), null);
  terminal.writeAll(Buffer.from('x'));
  terminal.drain();
  for (const queue of ['all', 'toString'] as unknown as 'both'[]) {
    assert.throws(() => terminal.flush(queue), /^TypeError: queue must be 'input', 'output' or/);
  }
  for (const when of ['then', 'toString'] as unknown as 'now'[]) {
    assert.throws(
      () => terminal.setAttributes(terminal.attributes, when),
      /^TypeError: when must be one of/,
    );
  }
});

test('the size is one, whichever side sets it', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  assert.deepEqual(terminal.size, { rows: 0, columns: 0 });
  terminal.setSize({ rows: 24, columns: 80 });
  assert.deepEqual(pty.size, { rows: 24, columns: 80 });
  pty.setSize({ rows: 65_535, columns: 1 });
  assert.deepEqual(terminal.size, { rows: 65_535, columns: 1 });
  assert.throws(() => terminal.setSize({ rows: 65_536, columns: 80 }), RangeError);
});

test('read() with a timeout: ETIMEDOUT, not before the time', () => {
  using pair = openPair();
  const { terminal } = pair;
  terminal.setTimeout(30);
  const started = performance.now();
  assert.throws(() => terminal.read(new Uint8Array(1)), { code: 'ETIMEDOUT', syscall: 'read' });
  assert.ok(performance.now() - started >= 30);
});

test('a terminal that hangs up: read() ends, everything else is EIO that says so', () => {
  using pair = openPair();
  const { pty, terminal } = pair;
  terminal.setRaw(true);
  assert.equal(terminal.hungUp, false);
  pty.close();
  assert.equal(terminal.hungUp, true);
  assert.equal(terminal.read(new Uint8Array(8)), 0);
  const calls: Record<string, () => unknown> = {
    write: () => terminal.write(new Uint8Array(1)),
    ioctl: () => terminal.size,
  };
  for (const [syscall, call] of Object.entries(calls)) {
    assert.throws(call, {
      name: 'SystemError',
      code: 'EIO',
      syscall,
      message: `${syscall} EIO: the terminal has hung up: its other side is closed`,
    });
  }
  assert.throws(() => terminal.baudRate, { code: 'EIO' });
  assert.throws(() => terminal.setEcho(true), { code: 'EIO' });
});

test('open() and fromFd() refuse what is no terminal, and leave nothing open', () => {
  using folder = socketFolder();
  assert.throws(() => Terminal.open('/dev/null'), {
    name: 'SystemError',
    code: 'ENOTTY',
    message: 'ioctl ENOTTY /dev/null: it is no terminal',
  });
  assert.throws(() => Terminal.open(process.execPath), TypeError);
  assert.throws(() => Terminal.open(folder.path('ttyS9')), { code: 'ENOENT', syscall: 'open' });
  const file = openSync('/dev/null', 'r');
  assert.throws(() => Terminal.fromFd(file), { code: 'ENOTTY', syscall: 'ioctl' });
  closeSync(file);
  assert.throws(() => Terminal.fromFd(file), { code: 'EBADF' });
});

test('a process without a controlling terminal has no /dev/tty', async () => {
  const { stdout } = await runSource(`
    import { spawnSync } from 'node:child_process';
    const source = 'import("${IO}").then(({ Terminal }) => {' +
      'try { Terminal.open() } catch (e) { console.log(e.message) } })';
    spawnSync(process.execPath, ['-e', source], { stdio: 'inherit', detached: true });
    const { spawn } = await import('node:child_process');
    spawn(process.execPath, ['-e', source], { stdio: 'inherit', detached: true });
  `);
  assert.match(stdout, /open ENXIO \/dev\/tty: the name is there and no device behind it/);
});

test(
  'a terminal that this user may not open is EACCES',
  async () => {
    using pty = Pty.open();
    const { stdout } = await asNobody(
      'Terminal',
      `try { Terminal.open('${pty.path}') } catch (e) { console.log(e.code, e.syscall) }`,
    );
    assert.equal(stdout, 'EACCES open\n');
  },
  { skip: notRoot },
);

test(`${ROUNDS} opened, changed and closed terminals leave nothing open`, () => {
  using pty = Pty.open();
  for (let round = 0; round < ROUNDS; round++) {
    using terminal = pty.openTerminal();
    terminal.setRaw(true);
    assert.ok(terminal.fd < 512);
  }
});
