import assert from 'node:assert/strict';
import { connect as nodeConnect } from 'node:net';
import { type InternetAddress, Socket } from '../../src/io.ts';
import { POLL } from '../../src/sys/abi.ts';
import { interrupt } from '../../src/sys/interrupt.ts';
import { pollFd } from '../../src/sys/poll.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { listenOnLoopback, refusingAddress, socketFolder } from './loopback.ts';

function refused({ port }: InternetAddress) {
  return {
    name: 'SystemError',
    message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    code: 'ECONNREFUSED',
    errno: -111,
    syscall: 'connect',
    address: '127.0.0.1',
    port,
  };
}

test('a refused connect() throws what Node would', async () => {
  const { holder, address } = refusingAddress();
  using _ = holder;
  using socket = Socket.open('ipv4', 'stream');
  const expected = refused(address);
  assert.throws(() => socket.connect(address), expected);
  const { name, ...fields } = expected;
  const error = await new Promise((resolve) =>
    nodeConnect(address.port, address.host).on('error', resolve),
  );
  assert.deepEqual({ ...(error as object), message: (error as Error).message }, fields, name);
});

test('a refused connect() with a timeout throws the same', () => {
  const { holder, address } = refusingAddress();
  using _ = holder;
  using socket = Socket.open('ipv4', 'stream');
  socket.setTimeout(5_000);
  assert.throws(() => socket.connect(address), refused(address));
});

test('a refused startConnect() throws the same from finishConnect()', () => {
  const { holder, address } = refusingAddress();
  using _ = holder;
  using socket = Socket.open('ipv4', 'stream');
  socket.setBlocking(false);
  assert.equal(socket.startConnect(address), false);
  assert.ok(pollFd(socket.fd, POLL.POLLOUT, 5_000) > 0);
  assert.throws(() => socket.finishConnect(), refused(address));
  assert.throws(() => socket.finishConnect(), { code: 'ENOTCONN', syscall: 'connect' });
});

test('a Unix connect() to nobody throws ENOENT or ECONNREFUSED with the path', () => {
  using folder = socketFolder();
  const path = folder.path('nobody');
  using socket = Socket.open('unix', 'stream');
  const message = `connect ENOENT ${path}`;
  assert.throws(() => socket.connect({ path }), { code: 'ENOENT', address: path, message });
  assert.throws(() => socket.connect({ abstract: `polyio-nobody-${process.pid}` }), {
    code: 'ECONNREFUSED',
    address: `@polyio-nobody-${process.pid}`,
  });
});

test('startConnect() and finishConnect() connect without waiting', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  using socket = Socket.open('ipv4', 'stream');
  socket.setBlocking(false);
  const isDone = socket.startConnect(address);
  if (!isDone) assert.ok(pollFd(socket.fd, POLL.POLLOUT, 5_000) > 0);
  assert.equal(socket.finishConnect(), true);
  assert.equal(socket.finishConnect(), true);
  assert.deepEqual(socket.remoteAddress, address);
});

test('startConnect() of a Unix socket is done at once', () => {
  using listener = Socket.open('unix', 'stream');
  const address = { abstract: `polyio-start-${process.pid}` };
  listener.bind(address);
  listener.listen();
  using socket = Socket.open('unix', 'stream');
  socket.setBlocking(false);
  assert.equal(socket.startConnect(address), true);
  assert.equal(socket.finishConnect(), true);
});

test('startConnect() refuses a blocking socket, finishConnect() one that never started', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.startConnect(address), {
    name: 'TypeError',
    message: 'Socket.startConnect: the Socket is blocking; call setBlocking(false) first',
  });
  assert.throws(() => socket.finishConnect(), { code: 'ENOTCONN' });
});

test('connect() on a connected socket throws EISCONN', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  using socket = Socket.open('ipv4', 'stream');
  socket.connect(address);
  assert.throws(() => socket.connect(address), { code: 'EISCONN', port: address.port });
});

/** Connects until the listener takes no more: the kernel then drops what asks for a connection. */
function fillBacklog(address: InternetAddress): { clients: Socket[]; waiting: Socket } {
  const clients: Socket[] = [];
  for (;;) {
    const socket = Socket.open('ipv4', 'stream');
    socket.setTimeout(200);
    try {
      socket.connect(address);
      clients.push(socket);
    } catch (error) {
      socket.close();
      assert.equal((error as NodeJS.ErrnoException).code, 'ETIMEDOUT');
      const waiting = Socket.open('ipv4', 'stream');
      return { clients, waiting };
    }
  }
}

test('connect() to a full backlog: ETIMEDOUT, EINPROGRESS, then still under way', () => {
  const { listener, address } = listenOnLoopback(0);
  using _ = listener;
  const { clients, waiting } = fillBacklog(address);
  using __ = waiting;
  const started = performance.now();
  waiting.setTimeout(50);
  assert.throws(() => waiting.connect(address), {
    message: `connect ETIMEDOUT 127.0.0.1:${address.port}`,
    code: 'ETIMEDOUT',
    errno: -110,
    syscall: 'connect',
  });
  assert.ok(performance.now() - started >= 50);
  assert.equal(waiting.finishConnect(), false);
  assert.throws(() => waiting.startConnect(address), { code: 'EALREADY' });
  using other = Socket.open('ipv4', 'stream');
  other.setBlocking(false);
  assert.throws(() => other.connect(address), { code: 'EINPROGRESS', syscall: 'connect' });
  for (const client of clients) client.close();
});

test('connect() to a full Unix backlog: EAGAIN without waiting, ETIMEDOUT with a timeout', () => {
  using listener = Socket.open('unix', 'stream');
  const address = { abstract: `polyio-full-${process.pid}` };
  listener.bind(address);
  listener.listen(0);
  using first = Socket.open('unix', 'stream');
  first.connect(address);
  using second = Socket.open('unix', 'stream');
  second.setBlocking(false);
  assert.throws(() => second.startConnect(address), { code: 'EAGAIN', syscall: 'connect' });
  second.setTimeout(50);
  second.setOption('SO_SNDTIMEO', 7_000);
  const started = performance.now();
  assert.throws(() => second.connect(address), { code: 'ETIMEDOUT', syscall: 'connect' });
  assert.ok(performance.now() - started >= 50);
  assert.equal(second.getOption('SO_SNDTIMEO'), 7_000);
  assert.equal(second.timeout, 50);
  listener.accept().socket.close();
  second.connect(address);
  assert.deepEqual(second.remoteAddress, address);
});

test('signals do not end a blocking connect(), which is not called again', async () => {
  const { listener, address } = listenOnLoopback(0);
  using _ = listener;
  const { clients, waiting } = fillBacklog(address);
  using __ = waiting;
  const thread = await startCall({ call: 'connect', fd: waiting.fd, size: 0, address });
  await thread.asleepIn('connect');
  await thread.storm(30);
  await thread.asleepIn('poll');
  await thread.storm(30);
  for (const client of clients) {
    listener.accept().socket.close();
    client.close();
  }
  assert.deepEqual(
    { ...(await thread.outcome), elapsedMs: 0 },
    { value: 'connected', elapsedMs: 0 },
  );
  assert.deepEqual(waiting.remoteAddress, address);
});

test('signals do not end a blocking connect() to a full Unix backlog; interrupt() does', async () => {
  using listener = Socket.open('unix', 'stream');
  const address = { abstract: `polyio-signals-${process.pid}` };
  listener.bind(address);
  listener.listen(0);
  using first = Socket.open('unix', 'stream');
  first.connect(address);
  using second = Socket.open('unix', 'stream');
  const thread = await startCall({ call: 'connect', fd: second.fd, size: 0, address });
  await thread.asleepIn('connect');
  await thread.storm(50);
  await thread.asleepIn('connect');
  listener.accept().socket.close();
  assert.equal((await thread.outcome).value, 'connected');
  assert.deepEqual(second.remoteAddress, address);
  using third = Socket.open('unix', 'stream');
  const other = await startCall({ call: 'connect', fd: third.fd, size: 0, address });
  await other.asleepIn('connect');
  assert.equal(await interrupt(other.worker), true);
  assert.equal((await other.outcome).error?.code, 'ERR_POLYIO_INTERRUPTED');
});
