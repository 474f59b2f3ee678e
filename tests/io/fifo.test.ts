import assert from 'node:assert/strict';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { Fifo, type FifoReader, type FifoWriter, PipeReader } from '../../src/io.ts';
import { ERROR, HANGUP, openSelector, READABLE, WRITABLE } from '../../src/readiness.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { runCommand } from '../harness/child.ts';
import { asNobody, notRoot } from '../harness/nobody.ts';
import { HAS_PROC } from '../harness/proc.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { socketFolder } from './loopback.ts';

const MODELS = ['select', 'poll', 'epoll'] as const;
const ROUNDS = process.env['POLYIO_TEST_FULL'] === '1' ? 10_000 : 500;

interface Made extends Disposable {
  readonly path: string;
}

function makeFifo(): Made {
  const folder = socketFolder();
  const path = folder.path('fifo');
  Fifo.make(path);
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function openBoth(path: string): { reader: FifoReader; writer: FifoWriter } & Disposable {
  const reader = Fifo.tryOpenReader(path);
  const writer = Fifo.tryOpenWriter(path) as FifoWriter;
  const dispose = () => {
    reader.close();
    writer.close();
  };
  return { reader, writer, [Symbol.dispose]: dispose };
}

test('make() makes a FIFO with its mode', () => {
  using folder = socketFolder();
  const before = process.umask(0o022);
  try {
    Fifo.make(folder.path('one'));
    Fifo.make(new URL(`file://${folder.path('two')}`), { mode: 0o666 });
  } finally {
    process.umask(before);
  }
  const modes = ['one', 'two'].map((name) => statSync(folder.path(name)));
  assert.ok(modes.every((stats) => stats.isFIFO()));
  assert.deepEqual(
    modes.map(({ mode }) => mode & 0o777),
    [0o600, 0o644],
  );
});

test('make() says what keeps it from making one', () => {
  using folder = socketFolder();
  const path = folder.path('taken');
  Fifo.make(path);
  const shape = { name: 'SystemError', syscall: 'mkfifo' };
  assert.throws(() => Fifo.make(path), {
    ...shape,
    code: 'EEXIST',
    path,
    message: `mkfifo EEXIST ${path}: the name is taken: open what is there, or remove it`,
  });
  assert.throws(() => Fifo.make(folder.path('no/fifo')), {
    ...shape,
    code: 'ENOENT',
    message: /: its directory is missing$/,
  });
  assert.throws(() => Fifo.make(`${path}/fifo`), { ...shape, code: 'ENOTDIR' });
  const long = { ...shape, code: 'ENAMETOOLONG', message: /4095 bytes, each name in it 255$/ };
  assert.throws(() => Fifo.make(folder.path('x'.repeat(256))), long);
  assert.throws(() => Fifo.make(folder.path('x/'.repeat(2_048))), long);
  for (const wrong of [5, undefined, Buffer.from('x'), 'a\0b']) {
    assert.throws(() => Fifo.make(wrong as string), { name: 'TypeError', message: /^path must/ });
  }
  assert.throws(() => Fifo.make(path, { mode: 0o10000 }), RangeError);
  assert.throws(() => Fifo.make(path, { mode: '600' as unknown as number }), TypeError);
});

test('bytes go from the writer to the reader, then comes the end', () => {
  using fifo = makeFifo();
  using both = openBoth(fifo.path);
  const { reader, writer } = both;
  writer.writeAll(Buffer.from('hello'));
  writer.close();
  const buffer = Buffer.alloc(16);
  assert.equal(buffer.toString('utf8', 0, reader.read(buffer)), 'hello');
  assert.equal(reader.read(buffer), 0);
  assert.equal(reader.tryRead(buffer), 0);
  assert.ok(reader instanceof PipeReader);
  assert.equal(inspect(reader), `FifoReader{fd ${reader.fd} ${fifo.path} non-blocking}`);
});

test('a reader without any writer yet has nothing to read, which is not the end', () => {
  using fifo = makeFifo();
  using reader = Fifo.tryOpenReader(fifo.path);
  const buffer = Buffer.alloc(4);
  assert.equal(reader.tryRead(buffer), null);
  const nobody = { code: 'EAGAIN', message: 'read EAGAIN: no writer has come yet' };
  assert.throws(() => reader.read(buffer), nobody);
  reader.setTimeout(30);
  const started = performance.now();
  assert.throws(() => reader.read(buffer), { code: 'ETIMEDOUT', syscall: 'read' });
  assert.ok(performance.now() - started >= 30);
  const writer = Fifo.tryOpenWriter(fifo.path);
  assert.equal(reader.tryRead(buffer), null);
  writer?.close();
  assert.equal(reader.tryRead(buffer), 0);
  using _ = Fifo.tryOpenWriter(fifo.path) as FifoWriter;
  assert.equal(reader.tryRead(buffer), null);
});

test('tryOpenWriter() answers null while nobody reads', () => {
  using fifo = makeFifo();
  assert.equal(Fifo.tryOpenWriter(fifo.path), null);
  const reader = Fifo.tryOpenReader(fifo.path);
  const writer = Fifo.tryOpenWriter(fifo.path);
  assert.equal(writer?.blocking, false);
  writer?.close();
  reader.close();
  assert.equal(Fifo.tryOpenWriter(fifo.path), null);
});

test('an endless reader waits for nobody and outlives its writers', () => {
  using fifo = makeFifo();
  using reader = Fifo.openReader(fifo.path, { endless: true });
  reader.setBlocking(false);
  const buffer = Buffer.alloc(8);
  for (const word of ['one', 'two']) {
    using writer = Fifo.openWriter(fifo.path);
    writer.writeAll(Buffer.from(word));
    writer.close();
    assert.equal(buffer.toString('utf8', 0, reader.read(buffer)), word);
    assert.equal(reader.tryRead(buffer), null);
  }
});

test('a writer whose reader leaves gets EPIPE', () => {
  using fifo = makeFifo();
  using both = openBoth(fifo.path);
  const { reader, writer } = both;
  assert.equal(writer.tryWrite(Buffer.from('lost')), 4);
  reader.close();
  const left = {
    name: 'SystemError',
    code: 'EPIPE',
    syscall: 'write',
    message: 'write EPIPE: every reader has left the FIFO',
  };
  assert.throws(() => writer.write(Buffer.from('x')), left);
  assert.throws(() => writer.tryWrite(Buffer.from('x')), left);
  assert.throws(() => writer.writeAll(Buffer.from('x')), {
    message: 'write EPIPE: 0 of 1 bytes were taken',
  });
});

test('opening what is no FIFO is refused and leaves nothing open', async () => {
  using folder = socketFolder();
  const [file, directory, socket] = ['file', 'directory', 'socket'].map(folder.path) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, '');
  mkdirSync(directory);
  const server = createServer().listen(socket);
  await new Promise((listening) => server.once('listening', listening));
  const opens = [Fifo.openReader, Fifo.openWriter, Fifo.tryOpenReader, Fifo.tryOpenWriter];
  for (const open of opens) {
    for (const [path, kind] of [
      [file, 'regular file'],
      [directory, 'directory'],
      [socket, 'socket'],
      ['/dev/null', 'character device'],
    ] as const) {
      const message = new RegExp(`^${path} is a ${kind}, not a FIFO: `);
      assert.throws(() => open(path), { name: 'TypeError', message });
    }
    assert.throws(() => open(folder.path('missing')), {
      name: 'SystemError',
      code: 'ENOENT',
      syscall: 'open',
      message: `open ENOENT ${folder.path('missing')}: make it first with Fifo.make`,
    });
  }
  await new Promise((closed) => server.close(closed));
});

test('a time limit of an open has to be more than nothing', () => {
  using fifo = makeFifo();
  assert.throws(() => Fifo.openReader(fifo.path, { timeoutMs: 0 }), RangeError);
  assert.throws(() => Fifo.openWriter(fifo.path, { timeoutMs: Number.NaN }), RangeError);
});

for (const call of ['openReader', 'openWriter'] as const) {
  const other = (path: string): Disposable =>
    call === 'openReader' ? (Fifo.tryOpenWriter(path) as FifoWriter) : Fifo.tryOpenReader(path);
  const opened = call === 'openReader' ? 'opened FifoReader' : 'opened FifoWriter';

  test(`${call}() sleeps in the kernel until the other side comes, signals do not show`, async () => {
    using fifo = makeFifo();
    const thread = await startCall({ call, fd: -1, size: 1, path: fifo.path });
    await thread.asleepIn('openat');
    await thread.storm(50);
    await thread.asleepIn('openat');
    using _ = other(fifo.path);
    const { error, value } = await thread.outcome;
    assert.equal(error, undefined);
    assert.equal(value, opened);
  });

  test(
    `${call}() with a time limit ends when the other side comes`,
    async () => {
      using fifo = makeFifo();
      const order = { call, fd: -1, size: 1, path: fifo.path, timeoutMs: 15_000 } as const;
      const thread = await startCall(order);
      await thread.asleepIn('openat');
      using _ = other(fifo.path);
      assert.equal((await thread.outcome).value, opened);
    },
    {
      skip: !HAS_PROC && 'no file tells here when the thread sleeps, and who comes before is gone',
    },
  );

  test(`signals do not shorten the time limit of ${call}()`, async () => {
    using fifo = makeFifo();
    const order = { call, fd: -1, size: 1, path: fifo.path, timeoutMs: 150 } as const;
    const thread = await startCall(order);
    await thread.storm(50);
    const { error, elapsedMs } = await thread.outcome;
    assert.equal(error?.code, 'ETIMEDOUT');
    assert.equal(error?.syscall, 'open');
    const whom = call === 'openReader' ? 'writer' : 'reader';
    assert.equal(error?.message, `open ETIMEDOUT ${fifo.path}: no ${whom} came in time`);
    assert.ok(elapsedMs >= 150, `${elapsedMs} ms`);
  });

  test(`interrupt() ends ${call}()`, async () => {
    using fifo = makeFifo();
    const thread = await startCall({ call, fd: -1, size: 1, path: fifo.path });
    await thread.asleepIn('openat');
    assert.equal(await interrupt(thread.worker), true);
    assert.equal((await thread.outcome).error?.code, 'ERR_POLYIO_INTERRUPTED');
  });
}

test('a reader that waits in read() for the first writer is woken by its bytes', async () => {
  using fifo = makeFifo();
  using reader = Fifo.tryOpenReader(fifo.path);
  reader.setTimeout(15_000);
  const echo = runCommand('sh', ['-c', 'echo hello > "$0"', fifo.path]);
  const buffer = Buffer.alloc(16);
  assert.equal(buffer.toString('utf8', 0, reader.read(buffer)), 'hello\n');
  assert.equal(reader.read(buffer), 0);
  assert.equal((await echo).code, 0);
});

for (const model of MODELS) {
  test(`a FIFO under ${model}: not ready before a writer, nor by its coming, but by its bytes and leaving`, () => {
    using fifo = makeFifo();
    using selector = openSelector(model);
    using reader = Fifo.tryOpenReader(fifo.path);
    selector.register(reader, READABLE, 0);
    const hint = model === 'select' ? 0 : HANGUP;
    const ready = () => (selector.wait(0) === 0 ? 0 : selector.readyEvents(0));
    assert.equal(ready(), 0);
    const first = Fifo.tryOpenWriter(fifo.path) as FifoWriter;
    assert.equal(ready(), 0);
    first.write(Buffer.from('x'));
    assert.equal(ready(), READABLE);
    first.close();
    assert.equal(ready(), READABLE | hint);
    reader.read(new Uint8Array(4));
    assert.equal(ready(), READABLE | hint);
    assert.equal(reader.read(new Uint8Array(4)), 0);
    const second = Fifo.tryOpenWriter(fifo.path) as FifoWriter;
    assert.equal(ready(), 0);
    second.close();
    assert.equal(ready(), READABLE | hint);
  });

  test(`the writer of a FIFO under ${model}: ready with an error once its reader has left`, () => {
    using fifo = makeFifo();
    using selector = openSelector(model);
    using both = openBoth(fifo.path);
    const { reader, writer } = both;
    while (writer.tryWrite(new Uint8Array(4_096)) !== null);
    selector.register(writer, WRITABLE, 0);
    assert.equal(selector.wait(0), 0);
    reader.close();
    assert.equal(selector.wait(0), 1);
    assert.equal(selector.readyEvents(0), WRITABLE | (model === 'select' ? 0 : ERROR));
  });
}

test(`${ROUNDS} opened and closed FIFOs leave nothing open`, () => {
  using fifo = makeFifo();
  for (let round = 0; round < ROUNDS; round++) {
    using both = openBoth(fifo.path);
    assert.ok(both.reader.fd < 512);
    if (round % 10 === 0) {
      // The blocking opens too, which find the other side there.
      using reader = Fifo.openReader(fifo.path, { timeoutMs: 10_000 });
      using writer = Fifo.openWriter(fifo.path);
      assert.ok(reader.fd >= 0 && writer.fd >= 0);
    }
  }
});

test('a FIFO that was removed while it is open goes on', () => {
  using fifo = makeFifo();
  using both = openBoth(fifo.path);
  rmSync(fifo.path);
  both.writer.writeAll(Buffer.from('still'));
  assert.equal(both.reader.read(new Uint8Array(16)), 5);
  assert.throws(() => Fifo.tryOpenReader(fifo.path), { code: 'ENOENT' });
});

test(
  'a FIFO that this user may not open is EACCES',
  async () => {
    using fifo = makeFifo();
    const { stdout } = await asNobody(
      'Fifo, SystemError',
      `try { Fifo.tryOpenReader(${JSON.stringify(fifo.path)}) } catch (e) { console.log(e.message) }`,
    );
    assert.match(stdout, /^open EACCES .*: this user may not: look at its mode/);
  },
  { skip: notRoot },
);

test('64 FIFOs that wait for a writer leave files and names alone, and exit is at once', async (context) => {
  const program = new URL('../fixtures/waiting-fifos.js', import.meta.url).pathname;
  const { code, stdout } = await runCommand(process.execPath, [program], { limitMs: 30_000 });
  assert.equal(code, 7, stdout);
  const { waiting, readMs, lookupMs, exitAt } = JSON.parse(stdout);
  assert.equal(waiting, 64);
  context.diagnostic(
    `64 waiting: readFile ${readMs} ms, dns.lookup ${lookupMs} ms, exit ${Date.now() - exitAt} ms`,
  );
});
