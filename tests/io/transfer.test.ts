import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type Socket, socketPair } from '../../src/io.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { connectedPair, fillSocket } from './loopback.ts';

const MIB = 2 ** 20;

test('recv() answers 0 once the peer has closed, and again', () => {
  const [left, right] = socketPair();
  using _ = left;
  right.close();
  assert.equal(left.recv(Buffer.alloc(1)), 0);
  assert.equal(left.recv(Buffer.alloc(1)), 0);
  assert.equal(left.tryRecv(Buffer.alloc(1)), 0);
});

test('send() may take a part of the bytes, trySend() answers null when there is no room', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  left.setBlocking(false);
  const sent = left.send(new Uint8Array(64 * MIB));
  assert.ok(sent > 0 && sent < 64 * MIB, `${sent}`);
  const rest = fillSocket(left);
  assert.equal(left.trySend(new Uint8Array(1)), null);
  assert.throws(() => left.send(new Uint8Array(1)), {
    name: 'SystemError',
    message: 'send EAGAIN',
    code: 'EAGAIN',
    errno: -11,
  });
  const buffer = new Uint8Array(MIB);
  let got = 0;
  while (got < sent + rest) got += right.recv(buffer);
  assert.equal(got, sent + rest);
  assert.equal(left.trySend(new Uint8Array(1)), 1);
});

test('recv() on a non-blocking socket throws EAGAIN, tryRecv() answers null', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  left.setBlocking(false);
  assert.throws(() => left.recv(Buffer.alloc(1)), { message: 'recv EAGAIN', syscall: 'recv' });
  assert.equal(left.tryRecv(Buffer.alloc(1)), null);
});

test('tryRecv() and trySend() on a blocking socket do not wait', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.equal(left.tryRecv(Buffer.alloc(1)), null);
  assert.ok(fillSocket(left) > 0);
  assert.equal(left.trySend(Buffer.alloc(1)), null);
  assert.equal(left.blocking, true);
  assert.equal(right.tryRecv(Buffer.alloc(4)), 4);
});

test('sendAll() delivers 8 MiB to a reader in another thread', async () => {
  const [left, right] = connectedPair();
  using _ = right;
  const message = randomBytes(8 * MIB);
  const reader = await startCall({ call: 'digest', fd: right.fd, size: 1_000 });
  left.sendAll(message);
  left.close();
  const { value, error } = await reader.outcome;
  assert.equal(error, undefined);
  assert.equal(value, createHash('sha256').update(message).digest('hex'));
});

test('sendAll() with a timeout delivers 8 MiB too', async () => {
  const [left, right] = connectedPair();
  using _ = right;
  const message = randomBytes(8 * MIB);
  const reader = await startCall({ call: 'digest', fd: right.fd, size: 5_000 });
  left.setTimeout(15_000);
  left.sendAll(message);
  left.close();
  assert.equal((await reader.outcome).value, createHash('sha256').update(message).digest('hex'));
});

test('sendAll() on a non-blocking socket tells how many bytes were taken', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  left.setBlocking(false);
  assert.throws(() => left.sendAll(new Uint8Array(8 * MIB)), {
    code: 'EAGAIN',
    message: /^send EAGAIN: [1-9]\d* of 8388608 bytes were taken$/,
  });
});

test('sending nothing takes nothing', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  left.sendAll(new Uint8Array(0));
  assert.equal(left.send(new Uint8Array(0)), 0);
  assert.equal(right.tryRecv(new Uint8Array(1)), null);
});

test('every view of memory is a buffer, and only its own part of it is touched', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const memory = new ArrayBuffer(16);
  new Uint8Array(memory).fill(0xaa);
  left.sendAll(new DataView(Uint8Array.of(1, 2, 3, 4, 5, 6).buffer, 1, 4));
  assert.equal(right.recv(new Uint16Array(memory, 4, 2)), 4);
  const expected = [0xaa, 0xaa, 0xaa, 0xaa, 2, 3, 4, 5, 0xaa];
  assert.deepEqual([...new Uint8Array(memory, 0, 9)], expected);
  left.sendAll(new Uint8Array(new SharedArrayBuffer(2)));
  const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
  assert.equal(right.recv(shared), 2);
  assert.deepEqual([...shared], [0, 0, 7, 7, 7, 7, 7, 7]);
});

test('what is no buffer is refused', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  for (const wrong of ['text', 5, null, undefined, {}, [1], new ArrayBuffer(4)]) {
    for (const call of ['recv', 'tryRecv', 'send', 'trySend', 'sendAll'] as const) {
      assert.throws(() => left[call](wrong as Uint8Array), {
        name: 'TypeError',
        message: /^buffer must be a Uint8Array or another view of memory, got /,
      });
    }
  }
});

test('recv() refuses an empty buffer, whose 0 would mean the end of the stream', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.throws(() => left.recv(new Uint8Array(0)), RangeError);
  assert.throws(() => left.tryRecv(new Uint8Array(0)), RangeError);
});

test('a detached buffer is refused', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const buffer = new Uint8Array(8);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  for (const call of ['recv', 'tryRecv', 'send', 'trySend', 'sendAll'] as const) {
    assert.throws(() => left[call](buffer), { name: 'TypeError', message: /^buffer is detached/ });
  }
});

/**
 * Sends `message` in pieces and receives it in pieces of other sizes, neither side ever waiting.
 */
function exchange(left: Socket, right: Socket, message: Uint8Array, sizes: number[]): Buffer {
  const received = Buffer.alloc(message.length);
  let sent = 0;
  let got = 0;
  for (let turn = 0; got < message.length; turn++) {
    const size = sizes[turn % sizes.length] as number;
    if (sent < message.length) sent += left.trySend(message.subarray(sent, sent + size)) ?? 0;
    const room = sizes[(turn * 7 + 3) % sizes.length] as number;
    got += right.tryRecv(received.subarray(got, got + room)) ?? 0;
  }
  return received;
}

test('random sizes of sends and receives deliver the same bytes', (context) => {
  const seed = Number(process.env['POLYIO_SEED'] ?? Date.now() % 2 ** 31);
  context.diagnostic(`POLYIO_SEED=${seed}`);
  const message = fc.uint8Array({ minLength: 1, maxLength: 200_000, size: 'max' });
  const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(message, sizes, fc.boolean(), (bytes, pieces, blocking) => {
      const [left, right] = socketPair();
      using _ = left;
      using __ = right;
      left.setBlocking(blocking);
      right.setBlocking(!blocking);
      const pace = bytes.length > 20_000 ? pieces.map((size) => size + 1_000) : pieces;
      assert.equal(exchange(left, right, bytes, pace).compare(bytes), 0);
    }),
    { seed, numRuns: EMULATOR === undefined ? 60 : 3 },
  );
});
