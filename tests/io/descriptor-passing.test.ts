import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { DatagramBatch, Pipe, PipeReader, type Socket, socketPair } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { runCommand } from '../harness/child.ts';
import { emulatorLacks } from '../harness/emulator.ts';
import { openDescriptors, test } from '../harness/test.ts';

const io = new URL('../../src/io.js', import.meta.url).href;
const BYTE = Buffer.from('x');
/** qemu's user mode answers it with the flags that the kernel gave before it converted the list. */
const noTruncation = emulatorLacks('never says MSG_CTRUNC');

function closeAll(descriptors: readonly number[]): void {
  for (const fd of descriptors) closeSync(fd);
}

/** A generator of integers below `limit` that gives the same ones for the same seed. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

for (const type of ['stream', 'datagram', 'seqpacket'] as const) {
  test(`three descriptors and bytes pass both ways over a ${type} socket`, () => {
    const [left, right] = socketPair(type);
    using _ = left;
    using __ = right;
    const fd = openSync(process.execPath, 'r');
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      assert.equal(from.sendMessage(Buffer.from('three'), { descriptors: [fd, left, { fd }] }), 5);
      const buffer = Buffer.alloc(8);
      const { bytes, descriptors, controlTruncated } = to.recvMessage(buffer);
      assert.equal(buffer.toString('utf8', 0, bytes), 'three');
      assert.deepEqual([descriptors.length, controlTruncated], [3, false]);
      const [file = -1, socket = -1] = descriptors;
      assert.equal(fstatSync(file).ino, fstatSync(fd).ino);
      assert.equal(fstatSync(socket).ino, fstatSync(left.fd).ino);
      for (const received of descriptors) {
        assert.equal(fcntl(received, FCNTL.F_GETFD, 0), FCNTL.FD_CLOEXEC);
      }
      closeAll(descriptors);
    }
    closeSync(fd);
  });
}

/** Passes descriptors in messages of random numbers into rooms of random sizes. */
function passAtRandom(left: Socket, right: Socket, total: number, random: (n: number) => number) {
  let passed = 0;
  let received = 0;
  let truncated = 0;
  while (passed < total) {
    const count = Math.min(1 + random(253), total - passed);
    left.sendMessage(BYTE, { descriptors: new Array(count).fill(left.fd) });
    passed += count;
    const isTight = random(3) === 0;
    const options = isTight ? { controlSize: random(1_100), maxDescriptors: random(254) } : {};
    const message = right.recvMessage(Buffer.alloc(1), options);
    assert.equal(message.controlTruncated, message.descriptors.length < count);
    if (!isTight) assert.equal(message.descriptors.length, count);
    received += message.descriptors.length;
    truncated += Number(message.controlTruncated);
    closeAll(message.descriptors);
  }
  return { passed, received, truncated };
}

test(
  '100,000 passed descriptors, none leaked, whatever the room for them',
  (context) => {
    const seed = Number(process.env['POLYIO_SEED'] ?? Date.now() % 2 ** 31);
    context.diagnostic(`POLYIO_SEED=${seed}`);
    const [left, right] = socketPair('seqpacket');
    using _ = left;
    using __ = right;
    const before = openDescriptors();
    const total = 100_000;
    const counts = passAtRandom(left, right, total, randomFrom(seed));
    context.diagnostic(JSON.stringify(counts));
    assert.equal(counts.passed, total);
    assert.deepEqual([...openDescriptors().keys()], [...before.keys()]);
  },
  { skip: noTruncation },
);

test(
  'room for two of five descriptors installs two and loses none',
  () => {
    const [left, right] = socketPair('datagram');
    using _ = left;
    using __ = right;
    const pipes = Array.from({ length: 5 }, () => Pipe.open());
    left.sendMessage(BYTE, { descriptors: pipes.map(({ writer }) => writer) });
    for (const { writer } of pipes) writer.close();
    // A header of 16 bytes and two descriptors of 4.
    const message = right.recvMessage(Buffer.alloc(1), { controlSize: 24 });
    assert.deepEqual([message.descriptors.length, message.controlTruncated], [2, true]);
    closeAll(message.descriptors);
    // Every writer is closed now, those that did not fit too: each reader is at its end.
    for (const { reader } of pipes) {
      assert.equal(reader.read(Buffer.alloc(1)), 0);
      reader.close();
    }
  },
  { skip: noTruncation },
);

test('maxDescriptors closes what is too much, and 0 takes none', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  for (const maxDescriptors of [0, 1, 4]) {
    const pipe = Pipe.open();
    left.sendMessage(BYTE, { descriptors: new Array(4).fill(pipe.writer) });
    pipe.writer.close();
    const message = right.recvMessage(Buffer.alloc(1), { maxDescriptors });
    assert.equal(message.descriptors.length, maxDescriptors);
    assert.equal(message.controlTruncated, maxDescriptors < 4);
    closeAll(message.descriptors);
    assert.equal(pipe.reader.read(Buffer.alloc(1)), 0);
    pipe.close();
  }
});

test('recv() and recvMany() drop descriptors instead of leaking them', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  using batch = DatagramBatch.allocate({ controlSize: 64 });
  for (const receive of [() => right.recv(Buffer.alloc(1)), () => right.recvMany(batch)]) {
    using pipe = Pipe.open();
    left.sendMessage(BYTE, { descriptors: [pipe.writer] });
    pipe.writer.close();
    assert.equal(receive(), 1);
    assert.equal(pipe.reader.read(Buffer.alloc(1)), 0);
  }
});

test('descriptors to a peer that died are EPIPE, and those under way are closed', () => {
  const [left, right] = socketPair('stream');
  using _ = left;
  const pipe = Pipe.open();
  using ___ = pipe.reader;
  left.sendMessage(BYTE, { descriptors: [pipe.writer] });
  right.close();
  assert.throws(() => left.sendMessage(BYTE, { descriptors: [pipe.writer] }), {
    message: 'sendmsg EPIPE',
    syscall: 'sendmsg',
  });
  pipe.writer.close();
  assert.equal(pipe.reader.read(Buffer.alloc(1)), 0);
});

test('what cannot be passed is refused with the reason', () => {
  const [left, right] = socketPair('stream');
  using _ = left;
  using __ = right;
  const send = (descriptors: unknown, bytes = BYTE) => {
    return () => left.sendMessage(bytes, { descriptors: descriptors as number[] });
  };
  const closed = openSync('/dev/null', 'r');
  closeSync(closed);
  assert.throws(send([closed]), { message: 'sendmsg EBADF: one of descriptors is not open' });
  assert.throws(send([-1]), /^RangeError: fd must be an integer from 0/);
  assert.throws(send([Number.NaN]), RangeError);
  assert.throws(send(['0']), TypeError);
  assert.throws(send(0), /descriptors must be an array, got 0/);
  assert.throws(send(new Array(254).fill(0)), /descriptors must be at most 253, got 254/);
  const empty = /a stream carries descriptors and credentials with a byte/;
  assert.throws(send([0], Buffer.alloc(0)), { name: 'RangeError', message: empty });
  assert.equal(right.tryRecvMessage(Buffer.alloc(1)), null);
});

test('a passed pipe works: what is written here is read through the received end', () => {
  const [left, right] = socketPair('stream');
  using _ = left;
  using __ = right;
  using pipe = Pipe.open();
  left.sendMessage(BYTE, { descriptors: [pipe.reader] });
  const [fd = -1] = right.recvMessage(Buffer.alloc(1)).descriptors;
  using received = PipeReader.fromFd(fd);
  pipe.writer.writeAll(Buffer.from('through'));
  const buffer = Buffer.alloc(16);
  assert.equal(received.read(buffer), 7);
  assert.equal(buffer.toString('utf8', 0, 7), 'through');
});

const noPrlimit = spawnSync('prlimit', ['--version']).error?.message;

test(
  'a receiver at its limit of open descriptors gets those that fit and is told so',
  async () => {
    const source = `
      import { openSync, closeSync } from 'node:fs';
      import { socketPair } from '${io}';
      const [left, right] = socketPair('datagram');
      left.sendMessage(Buffer.from('x'), { descriptors: [0, 1, 2, 0, 1] });
      const opened = [];
      try { for (;;) opened.push(openSync('/dev/null')); } catch ({ code }) { console.log(code); }
      for (const fd of opened.splice(-2)) closeSync(fd);
      const { descriptors, controlTruncated } = right.recvMessage(Buffer.alloc(1));
      console.log(descriptors.length, controlTruncated);
    `;
    const node = [process.execPath, '--input-type=module', '--eval', source];
    const run = await runCommand('prlimit', ['--nofile=100:100', ...node]);
    assert.equal(run.stdout, 'EMFILE\n2 true\n', run.stderr);
  },
  { skip: noPrlimit !== undefined && `prlimit does not run here: ${noPrlimit}` },
);

test(
  'too many descriptors under way are ETOOMANYREFS, with the reason',
  async () => {
    const source = `
      import { socketPair } from '${io}';
      const [left] = socketPair('datagram');
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      try { for (;;) left.sendMessage(Buffer.from('x'), { descriptors: new Array(253).fill(0) }); }
      catch ({ message }) { console.log(message); }
    `;
    const node = [process.execPath, '--input-type=module', '--eval', source];
    const run = await runCommand('prlimit', ['--nofile=300:300', ...node]);
    assert.match(run.stdout, /^sendmsg ETOOMANYREFS: too many passed descriptors wait/, run.stderr);
  },
  { skip: noPrlimit !== undefined && `prlimit does not run here: ${noPrlimit}` },
);

test('one file is read at one position by everybody who got it', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  const fd = openSync(new URL(import.meta.url), 'r');
  left.sendMessage(BYTE, { descriptors: [fd] });
  const { descriptors } = right.recvMessage(Buffer.alloc(1));
  const buffer = Buffer.alloc(4);
  readSync(fd, buffer, 0, 1, null);
  readSync(descriptors[0] as number, buffer, 1, 3, null);
  assert.equal(
    buffer.toString('latin1'),
    readFileSync(new URL(import.meta.url)).toString('latin1', 0, 4),
  );
  closeAll([fd, ...descriptors]);
});
