import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { inspect } from 'node:util';
import { type InternetAddress, Pipe, PipeReader, Socket, socketPair } from '../../src/io.ts';
import { FCNTL } from '../../src/sys/abi.ts';
import { isNonBlocking, isOpen } from '../../src/sys/descriptor.ts';
import { fcntl } from '../../src/sys/posix/fcntl.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { connectedPair, listenOnLoopback } from './loopback.ts';

test('fromFd() refuses what can be no descriptor', () => {
  for (const wrong of [Number.NaN, -1, 1.5, 2 ** 31, Number.POSITIVE_INFINITY]) {
    assert.throws(() => Socket.fromFd(wrong), { name: 'RangeError', message: /^fd must be an / });
  }
  for (const wrong of ['3', null, undefined, 3n]) {
    assert.throws(() => Socket.fromFd(wrong as unknown as number), { name: 'TypeError' });
  }
});

test('fromFd() refuses what is no socket', () => {
  const file = openSync('/dev/null', 'r');
  assert.throws(() => Socket.fromFd(file), { code: 'ENOTSOCK', syscall: 'getsockopt' });
  closeSync(file);
  assert.throws(() => Socket.fromFd(file), { code: 'EBADF', syscall: 'getsockopt' });
});

test('a closed socket says so in every call', () => {
  const socket = Socket.open('ipv4', 'stream');
  assert.equal(socket.closed, false);
  const { fd } = socket;
  assert.ok(isOpen(fd));
  socket.close();
  socket.close();
  assert.equal(socket.fd, -1);
  assert.equal(socket.closed, true);
  assert.equal(isOpen(fd), false);
  const bytes = new Uint8Array(1);
  const address = { host: '127.0.0.1', port: 1 };
  const calls: Record<string, () => unknown> = {
    bind: () => socket.bind(address),
    listen: () => socket.listen(),
    accept: () => socket.accept(),
    tryAccept: () => socket.tryAccept(),
    connect: () => socket.connect(address),
    startConnect: () => socket.startConnect(address),
    finishConnect: () => socket.finishConnect(),
    recv: () => socket.recv(bytes),
    tryRecv: () => socket.tryRecv(bytes),
    send: () => socket.send(bytes),
    trySend: () => socket.trySend(bytes),
    sendAll: () => socket.sendAll(bytes),
    shutdown: () => socket.shutdown('both'),
    localAddress: () => socket.localAddress,
    remoteAddress: () => socket.remoteAddress,
    setOption: () => socket.setOption('SO_KEEPALIVE', true),
    getOption: () => socket.getOption('SO_KEEPALIVE'),
    setRawOption: () => socket.setRawOption(1, 9, bytes),
    getRawOption: () => socket.getRawOption(1, 9, 4),
    setTimeout: () => socket.setTimeout(5),
    detach: () => socket.detach(),
  };
  for (const [name, call] of Object.entries(calls)) {
    assert.throws(call, {
      name: 'PolyioError',
      code: 'ERR_POLYIO_CLOSED',
      message: `Socket.${name}: the Socket is closed`,
    });
  }
});

test('close() of a number that somebody else has closed throws EBADF, once', () => {
  const socket = Socket.open('ipv4', 'stream');
  closeSync(socket.fd);
  assert.throws(() => socket.close(), { code: 'EBADF', syscall: 'close' });
  socket.close();
});

test('using closes', () => {
  let fd = -1;
  {
    using socket = Socket.open('unix', 'stream');
    using pipe = Pipe.open();
    fd = socket.fd;
    assert.ok(isOpen(fd) && isOpen(pipe.reader.fd));
  }
  assert.equal(isOpen(fd), false);
});

test('detach() gives the number up, fromFd() takes it over as it is', () => {
  const [left, right] = connectedPair();
  using _ = right;
  const local = left.localAddress;
  left.setTimeout(500);
  const fd = left.detach();
  assert.equal(left.fd, -1);
  assert.equal(isNonBlocking(fd), 1);
  left.close();
  assert.ok(isOpen(fd));
  assert.throws(() => left.recv(new Uint8Array(1)), {
    message: 'Socket.recv: the Socket is detached',
  });
  using adopted = Socket.fromFd(fd);
  assert.equal(adopted.family, 'ipv4');
  assert.equal(adopted.type, 'stream');
  assert.equal(adopted.blocking, false);
  assert.equal(adopted.timeout, 0);
  assert.deepEqual(adopted.localAddress, local);
  adopted.setBlocking(true);
  adopted.sendAll(Buffer.from('hi'));
  assert.equal(right.recv(new Uint8Array(8)), 2);
});

test('close() gives an inherited description its O_NONBLOCK back', () => {
  for (const nonBlocking of [false, true]) {
    using pipe = Pipe.open();
    // Two numbers of one description: what happens to it through one is seen through the other.
    const inherited = fcntl(pipe.reader.fd, FCNTL.F_DUPFD_CLOEXEC, 0);
    pipe.reader.setBlocking(!nonBlocking);
    const reader = PipeReader.fromFd(inherited);
    assert.equal(reader.blocking, !nonBlocking);
    reader.setBlocking(nonBlocking);
    assert.equal(isNonBlocking(pipe.reader.fd), Number(!nonBlocking));
    reader.close();
    assert.equal(isNonBlocking(pipe.reader.fd), Number(nonBlocking));
  }
});

test('setTimeout() and setBlocking() are one setting, seen in the kernel', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const state = () => [left.blocking, left.timeout, isNonBlocking(left.fd)];
  assert.deepEqual(state(), [true, null, 0]);
  left.setTimeout(0.4);
  assert.deepEqual(state(), [true, 1, 1]);
  left.setBlocking(false);
  assert.deepEqual(state(), [false, 0, 1]);
  left.setTimeout(null);
  assert.deepEqual(state(), [true, null, 0]);
  left.setTimeout(0);
  assert.deepEqual(state(), [false, 0, 1]);
  left.setTimeout(Number.POSITIVE_INFINITY);
  assert.deepEqual(state(), [true, null, 0]);
});

test('setTimeout() and setBlocking() check their values', () => {
  using socket = Socket.open('ipv4', 'stream');
  for (const wrong of [Number.NaN, -1, 2 ** 31]) {
    assert.throws(() => socket.setTimeout(wrong), RangeError);
  }
  assert.throws(() => socket.setTimeout('5' as unknown as number), TypeError);
  assert.throws(() => socket.setTimeout(undefined as unknown as number), TypeError);
  assert.throws(() => socket.setBlocking(0 as unknown as boolean), TypeError);
  assert.equal(socket.timeout, null);
});

test('inspecting a descriptor shows what it is, in one line', () => {
  const { listener, address } = listenOnLoopback();
  const client = Socket.open('ipv4', 'stream');
  client.connect(address);
  const { socket: server } = listener.accept();
  server.setBlocking(false);
  listener.setTimeout(1_500);
  const local = client.localAddress as InternetAddress;
  const [near, far] = [`127.0.0.1:${address.port}`, `127.0.0.1:${local.port}`];
  assert.equal(
    inspect(server),
    `Socket{fd ${server.fd} ipv4 stream ${near} <- ${far} non-blocking}`,
  );
  assert.equal(
    inspect(listener),
    `Socket{fd ${listener.fd} ipv4 stream ${near} listening timeout 1500 ms}`,
  );
  assert.equal(inspect(client), `Socket{fd ${client.fd} ipv4 stream ${far} <- ${near} blocking}`);
  server.close();
  client.close();
  closeSync(listener.detach());
  assert.equal(inspect(server), 'Socket{closed}');
  assert.equal(inspect(listener), 'Socket{detached}');
  using pipe = Pipe.open();
  assert.equal(inspect(pipe.reader), `PipeReader{fd ${pipe.reader.fd} blocking}`);
});

test('a child process inherits none of our descriptors', async () => {
  const inherited = async () => (await runCommand('ls', ['/proc/self/fd'])).stdout;
  const before = await inherited();
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  using client = Socket.open('ipv4', 'stream');
  client.connect(address);
  using server = listener.accept().socket;
  const [left, right] = socketPair();
  using __ = left;
  using ___ = right;
  using pipe = Pipe.open();
  assert.equal(await inherited(), before);
  assert.ok(server.fd > 0 && pipe.writer.fd > 0);
});
