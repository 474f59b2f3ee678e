import assert from 'node:assert/strict';
import { Pipe, Socket, socketPair } from '../../src/io.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { setNonBlocking } from '../../src/sys/descriptor.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { test } from '../harness/test.ts';
import { type BlockedCall, startCall } from './blocked-call.ts';
import { fillSocket, listenOnLoopback } from './loopback.ts';

interface Subject extends Disposable {
  readonly fd: number;
  /** Ends the wait from the other side. */
  readonly feed: () => void;
}

type WaitingCall = keyof typeof KERNEL_CALLS;

const KERNEL_CALLS = {
  accept: 'accept',
  recv: 'recv',
  sendAll: 'send',
  read: 'read',
  writeAll: 'write',
} as const;

/** A descriptor in which that call sleeps. */
function subjectOf(call: WaitingCall): Subject {
  if (call === 'accept') {
    const { listener, address } = listenOnLoopback();
    const client = Socket.open('ipv4', 'stream');
    const dispose = () => {
      client.close();
      listener.close();
    };
    return { fd: listener.fd, feed: () => client.connect(address), [Symbol.dispose]: dispose };
  }
  if (call === 'recv' || call === 'sendAll') {
    const [left, right] = socketPair();
    const room = new Uint8Array(2 ** 20);
    if (call === 'sendAll') fillSocket(left);
    const feed = call === 'recv' ? () => right.sendAll(Uint8Array.of(1)) : () => drain(right, room);
    const dispose = () => {
      left.close();
      right.close();
    };
    return { fd: left.fd, feed, [Symbol.dispose]: dispose };
  }
  const pipe = Pipe.open();
  const { reader, writer } = pipe;
  const dispose = () => pipe.close();
  if (call === 'read') {
    const feed = () => writer.writeAll(Uint8Array.of(1));
    return { fd: reader.fd, feed, [Symbol.dispose]: dispose };
  }
  writer.setBlocking(false);
  while (writer.tryWrite(new Uint8Array(4_096)) !== null);
  writer.setBlocking(true);
  const feed = () => void reader.read(new Uint8Array(2 ** 20));
  return { fd: writer.fd, feed, [Symbol.dispose]: dispose };
}

function drain(socket: Socket, room: Uint8Array): void {
  while (socket.tryRecv(room) !== null);
}

function start(call: WaitingCall, fd: number, timeoutMs?: number): Promise<BlockedCall> {
  return startCall({ call, fd, size: 1, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

for (const call of ['accept', 'recv', 'sendAll', 'read', 'writeAll'] as const) {
  const kernelCall = KERNEL_CALLS[call];

  test(`a blocking ${call}() sleeps in the kernel, and signals at 1 kHz do not show`, async () => {
    using subject = subjectOf(call);
    const thread = await start(call, subject.fd);
    await thread.asleepIn(kernelCall);
    await thread.storm(150);
    await thread.asleepIn(kernelCall);
    subject.feed();
    const { error, value } = await thread.outcome;
    assert.equal(error, undefined);
    assert.equal(value, call === 'accept' ? 'accepted' : 1);
  });

  test(`signals do not shorten the timeout of ${call}()`, async () => {
    using subject = subjectOf(call);
    const thread = await start(call, subject.fd, 250);
    await thread.storm(100);
    const { error, elapsedMs } = await thread.outcome;
    assert.equal(error?.code, 'ETIMEDOUT');
    assert.equal(error?.syscall, kernelCall);
    assert.ok(elapsedMs >= 250, `${elapsedMs} ms`);
  });

  test(`${call}() with a timeout ends when it can`, async () => {
    using subject = subjectOf(call);
    const thread = await start(call, subject.fd, 15_000);
    await thread.asleepIn('poll');
    subject.feed();
    assert.equal((await thread.outcome).error, undefined);
  });

  test(`interrupt() ends a blocking ${call}()`, async () => {
    using subject = subjectOf(call);
    const thread = await start(call, subject.fd);
    await thread.asleepIn(kernelCall);
    assert.equal(await interrupt(thread.worker), true);
    assert.equal((await thread.outcome).error?.code, 'ERR_POLYIO_INTERRUPTED');
  });
}

test('interrupt() ends a wait with a timeout', async () => {
  using subject = subjectOf('recv');
  const thread = await start('recv', subject.fd, 15_000);
  await thread.asleepIn('poll');
  assert.equal(await interrupt(thread.worker), true);
  assert.equal((await thread.outcome).error?.code, 'ERR_POLYIO_INTERRUPTED');
});

test('accept(), recv() and send() throw ETIMEDOUT, not before the time', () => {
  const { listener } = listenOnLoopback();
  using _ = listener;
  const [left, right] = socketPair();
  using __ = left;
  using ___ = right;
  fillSocket(left);
  const cases: [Socket, string, () => unknown][] = [
    [listener, 'accept', () => listener.accept()],
    [left, 'recv', () => left.recv(new Uint8Array(1))],
    [left, 'send', () => left.send(new Uint8Array(1))],
  ];
  for (const [socket, syscall, call] of cases) {
    socket.setTimeout(30.2);
    assert.equal(socket.timeout, 31);
    const started = performance.now();
    assert.throws(call, {
      name: 'SystemError',
      message: `${syscall} ETIMEDOUT`,
      code: 'ETIMEDOUT',
      errno: -ERRNO.ETIMEDOUT,
      syscall,
    });
    assert.ok(performance.now() - started >= 31);
  }
});

test('one deadline counts for the whole of sendAll()', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  left.setTimeout(40);
  const started = performance.now();
  assert.throws(() => left.sendAll(new Uint8Array(2 ** 23)), {
    code: 'ETIMEDOUT',
    message: /^send ETIMEDOUT: [1-9]\d* of 8388608 bytes were taken$/,
  });
  assert.ok(performance.now() - started >= 40);
});

test('with a timeout the try family works and does not wait', () => {
  const { listener } = listenOnLoopback();
  using _ = listener;
  listener.setTimeout(60_000);
  assert.equal(listener.tryAccept(), null);
  const [left, right] = socketPair();
  using __ = left;
  using ___ = right;
  left.setTimeout(60_000);
  assert.equal(left.tryRecv(new Uint8Array(1)), null);
});

test('tryAccept() on a blocking socket throws a TypeError that says what to do', () => {
  const { listener } = listenOnLoopback();
  using _ = listener;
  assert.throws(() => listener.tryAccept(), {
    name: 'TypeError',
    message: 'Socket.tryAccept: the Socket is blocking; call setBlocking(false) first',
  });
});

test('a blocking call on a description that somebody else made non-blocking throws EAGAIN', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.equal(setNonBlocking(left.fd, true), 0);
  assert.throws(() => left.recv(new Uint8Array(1)), { code: 'EAGAIN' });
});
