import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { PTY_PACKET, Pty } from '../../src/io.ts';
import { HANGUP, openSelector, PRIORITY, READABLE, WRITABLE } from '../../src/readiness.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';

const FULL = process.env['POLYIO_TEST_FULL'] === '1';
const ROUNDS = FULL ? 10_000 : 300;
const STOPPED_MS = FULL ? 10_000 : 300;
const MODELS = ['select', 'poll', 'epoll'] as const;
const MIB = 2 ** 20;

/** Everything that comes, up to the hang-up. */
function readToEnd(pty: Pty): string {
  const buffer = Buffer.alloc(65_536);
  let text = '';
  for (;;) {
    try {
      text += buffer.toString('utf8', 0, pty.read(buffer));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EIO');
      return text;
    }
  }
}

test('a pty has a path, a size and a terminal', () => {
  using pty = Pty.open({ size: { rows: 25, columns: 90 } });
  assert.match(pty.path, /^\/dev\/pts\/\d+$/);
  assert.equal(inspect(pty), `Pty{fd ${pty.fd} ${pty.path} blocking}`);
  using terminal = pty.openTerminal();
  assert.deepEqual(terminal.size, { rows: 25, columns: 90 });
  assert.throws(() => Pty.open({ size: { rows: -1, columns: 0 } }), RangeError);
});

test('before anybody has opened the terminal reading waits, afterwards it is EIO', () => {
  using pty = Pty.open();
  pty.setBlocking(false);
  const buffer = Buffer.alloc(16);
  assert.equal(pty.tryRead(buffer), null);
  const terminal = pty.openTerminal();
  terminal.writeAll(Buffer.from('bye\n'));
  terminal.close();
  let text = '';
  while (text.length < 5) text += buffer.toString('utf8', 0, pty.read(buffer));
  assert.equal(text, 'bye\r\n');
  const left = {
    name: 'SystemError',
    code: 'EIO',
    syscall: 'read',
    message: 'read EIO: everybody has closed the terminal side',
  };
  assert.throws(() => pty.read(buffer), left);
  assert.throws(() => pty.tryRead(buffer), left);
  using _ = pty.openTerminal();
  assert.equal(pty.tryRead(buffer), null);
});

test('a program lives in the terminal: it has its size, its Ctrl-C, and its end', async () => {
  using pty = Pty.open({ size: { rows: 30, columns: 100 } });
  pty.setTimeout(15_000);
  const script =
    'test -t 0 && test -t 1 && test -t 2 && stty size && tty && echo ready && exec cat';
  const child = pty.spawn('sh', ['-c', script]);
  const ended = once(child, 'exit');
  const buffer = Buffer.alloc(1_024);
  let text = '';
  while (!text.includes('ready')) text += buffer.toString('utf8', 0, pty.read(buffer));
  assert.equal(text, `30 100\r\n${pty.path}\r\nready\r\n`);
  pty.writeAll(Buffer.from('typed\n'));
  text = '';
  while (!text.endsWith('typed\r\ntyped\r\n')) {
    text += buffer.toString('utf8', 0, pty.read(buffer));
  }
  pty.writeAll(Buffer.from('\x03'));
  const [code, signal] = await ended;
  assert.deepEqual([code, signal], [null, 'SIGINT']);
  assert.match(readToEnd(pty), /\^C/);
});

test('a change of size reaches the program as SIGWINCH', async () => {
  using pty = Pty.open({ size: { rows: 10, columns: 20 } });
  pty.setTimeout(15_000);
  const child = pty.spawn('sh', [
    '-c',
    'trap "stty size; exit 0" WINCH; echo ready; while :; do sleep 0.05; done',
  ]);
  const ended = once(child, 'exit');
  const buffer = Buffer.alloc(1_024);
  let text = '';
  while (!text.endsWith('\n')) text += buffer.toString('utf8', 0, pty.read(buffer));
  assert.equal(text, 'ready\r\n');
  pty.setSize({ rows: 40, columns: 132 });
  assert.equal(readToEnd(pty), '40 132\r\n');
  assert.deepEqual(await ended, [0, null]);
});

test('spawn() with a folder and an environment, and a program that is not there', async () => {
  using pty = Pty.open();
  pty.setTimeout(15_000);
  const child = pty.spawn('sh', ['-c', 'echo "$PWD $NAME"'], { cwd: '/', env: { NAME: 'value' } });
  assert.equal(readToEnd(pty), '/ value\r\n');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  using other = Pty.open();
  other.setTimeout(15_000);
  const missing = other.spawn('/no/such-program');
  const ended = once(missing, 'exit');
  assert.match(readToEnd(other), /exec: \/no\/such-program: /);
  assert.deepEqual(await ended, [127, null]);
});

test('a program that starts late is waited for, even after another has left', async () => {
  using pty = Pty.open();
  pty.setTimeout(15_000);
  pty.openTerminal().close();
  const child = pty.spawn('sh', ['-c', 'echo late']);
  const ended = once(child, 'exit');
  assert.equal(readToEnd(pty), 'late\r\n');
  await ended;
});

test('packet mode tells what happened to the terminal, and makes it PRIORITY', () => {
  using pty = Pty.open();
  using terminal = pty.openTerminal();
  using selector = openSelector('poll');
  pty.setPacketMode(true);
  selector.register(pty, READABLE | PRIORITY, 0);
  terminal.writeAll(Buffer.from('x'));
  assert.equal(selector.wait(15_000), 1);
  const buffer = Buffer.alloc(16);
  assert.equal(pty.read(buffer), 2);
  assert.deepEqual([...buffer.subarray(0, 2)], [0, 0x78]);
  terminal.flush('output');
  assert.equal(selector.wait(15_000), 1);
  assert.equal(selector.readyEvents(0) & PRIORITY, PRIORITY);
  assert.equal(pty.read(buffer), 1);
  assert.equal((buffer[0] as number) & PTY_PACKET.flushWrite, PTY_PACKET.flushWrite);
  pty.setPacketMode(false);
  assert.throws(() => pty.setPacketMode(1 as unknown as boolean), TypeError);
});

for (const model of MODELS) {
  test(`a pty under ${model}: a terminal whose reader stops is not writable until it goes on`, () => {
    using pty = Pty.open();
    using terminal = pty.openTerminal();
    using selector = openSelector(model);
    terminal.setRaw(true);
    pty.setBlocking(false);
    selector.register(pty, WRITABLE, 0);
    let sent = 0;
    // Some of what was written moves on into the terminal, by the hand of a kernel thread.
    while (selector.wait(50) > 0) sent += pty.tryWrite(new Uint8Array(1_024)) ?? 0;
    assert.ok(sent > 4_096);
    const buffer = new Uint8Array(65_536);
    for (let got = 0; got < sent; ) got += terminal.read(buffer);
    assert.equal(selector.wait(15_000), 1);
    assert.equal(selector.readyEvents(0), WRITABLE);
  });

  test(`a pty under ${model}: what its terminal shows, then the hang-up`, () => {
    using pty = Pty.open();
    using selector = openSelector(model);
    selector.register(pty, READABLE, 0);
    assert.equal(selector.wait(0), 0);
    const terminal = pty.openTerminal();
    assert.equal(selector.wait(0), 0);
    terminal.writeAll(Buffer.from('x'));
    assert.equal(selector.wait(15_000), 1);
    assert.equal(selector.readyEvents(0), READABLE);
    pty.read(new Uint8Array(4));
    assert.equal(selector.wait(0), 0);
    terminal.close();
    assert.equal(selector.wait(15_000), 1);
    assert.equal(selector.readyEvents(0), READABLE | (model === 'select' ? 0 : HANGUP));
    assert.throws(() => pty.read(new Uint8Array(4)), { code: 'EIO' });
  });
}

for (const side of ['terminal', 'controlling'] as const) {
  test(
    `the ${side} side writes while its reader stops: it sleeps, and no byte is lost`,
    async (context) => {
      using pty = Pty.open();
      using terminal = pty.openTerminal();
      terminal.setRaw(true);
      const [from, to] = side === 'terminal' ? [terminal, pty] : [pty, terminal];
      const thread = await startCall({ call: 'writeDevice', fd: from.fd, size: MIB });
      await thread.asleepIn('write');
      const before = process.cpuUsage();
      const started = performance.now();
      await sleep(STOPPED_MS);
      const { user, system } = process.cpuUsage(before);
      const percent = (user + system) / 10 / (performance.now() - started);
      const hash = createHash('sha256');
      const buffer = Buffer.alloc(65_536);
      for (let got = 0; got < MIB; ) {
        const count = to.read(buffer);
        hash.update(buffer.subarray(0, count));
        got += count;
      }
      assert.equal(hash.digest('hex'), (await thread.outcome).value);
      context.diagnostic(`${STOPPED_MS} ms stopped: ${percent.toFixed(2)} % of one CPU`);
    },
    { limitMs: STOPPED_MS + 20_000 },
  );
}

test(`${ROUNDS} opened and closed ptys leave nothing open`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    using pty = Pty.open({ size: { rows: 1, columns: 1 } });
    using terminal = pty.openTerminal();
    assert.ok(pty.fd < 512 && terminal.fd < 512);
  }
});
