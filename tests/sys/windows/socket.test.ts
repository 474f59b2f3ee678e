// What the one Socket class does on Winsock. Elsewhere tests/io says it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket as NodeSocket } from 'node:net';
import { SystemError } from '../../../src/errors.ts';
import { type Address, type InternetAddress, Socket } from '../../../src/io.ts';
import { HOST } from '../../../src/platform/host.ts';
import { openSelector, WRITABLE } from '../../../src/readiness.ts';
import { Listener } from '../../../src/servers/listen.ts';
import { knownSockets } from '../../../src/sys/windows/socket-table.ts';
import { connectedPair } from '../../cases/selector-descriptors.ts';
import { test } from '../../harness/test.ts';

const skip = HOST !== 'win32' && 'this is not Windows';
const NOBODY: Address = { host: '127.0.0.1', port: 1 };
const REFUSED = {
  name: 'SystemError',
  code: 'ECONNREFUSED',
  errno: -4078,
  syscall: 'connect',
  message: 'connect ECONNREFUSED 127.0.0.1:1',
};

function on(name: string, body: () => void | Promise<void>): void {
  test(`winsock: ${name}`, body, { skip });
}

function listening(family: 'ipv4' | 'ipv6' = 'ipv4'): Socket {
  const listener = Socket.open(family, 'stream');
  listener.bind({ host: family === 'ipv4' ? '127.0.0.1' : '::1', port: 0 });
  listener.listen();
  return listener;
}

on('a refused connect says what Node says: blocking, with a timeout, started', () => {
  for (const timeout of [null, 5_000]) {
    using socket = Socket.open('ipv4', 'stream');
    socket.setTimeout(timeout);
    assert.throws(() => socket.connect(NOBODY), REFUSED);
  }
  using socket = Socket.open('ipv4', 'stream');
  socket.setBlocking(false);
  assert.equal(socket.startConnect(NOBODY), false);
  for (const model of ['poll', 'select'] as const) {
    using selector = openSelector(model);
    selector.register(socket, WRITABLE, 0);
    assert.equal(selector.wait(20_000), 1, `${model} sees the refusal`);
  }
  assert.throws(() => socket.finishConnect(), REFUSED);
});

on('a started connect is finished when the socket is writable', () => {
  using listener = listening();
  using socket = Socket.open('ipv4', 'stream');
  socket.setBlocking(false);
  socket.startConnect(listener.localAddress);
  using selector = openSelector('poll');
  selector.register(socket, WRITABLE, 0);
  selector.wait();
  assert.equal(socket.finishConnect(), true);
  assert.deepEqual(socket.remoteAddress, listener.localAddress);
  using accepted = listener.accept().socket;
  assert.deepEqual(accepted.remoteAddress, socket.localAddress);
});

on('a blocking socket waits, with a timeout it gives up, a non-blocking one never waits', () => {
  const [one, other] = connectedPair();
  using client = one;
  using server = other;
  const bytes = Buffer.alloc(8);
  assert.equal(client.tryRecv(bytes), null, 'tryRecv does not wait on a blocking socket either');
  client.setTimeout(30);
  const begun = performance.now();
  assert.throws(() => client.recv(bytes), { code: 'ETIMEDOUT', syscall: 'recv' });
  assert.ok(performance.now() - begun >= 29);
  client.setBlocking(false);
  assert.throws(() => client.recv(bytes), { code: 'EAGAIN', errno: -4088 });
  client.setBlocking(true);
  server.sendAll(Buffer.from('answer'));
  assert.equal(client.recv(bytes), 6);
  assert.equal(bytes.toString('utf8', 0, 6), 'answer');
});

on('SO_RCVTIMEO limits a blocking socket, and is read back in milliseconds', () => {
  const [one, other] = connectedPair();
  using client = one;
  using _ = other;
  client.setOption('SO_RCVTIMEO', 40);
  assert.equal(client.getOption('SO_RCVTIMEO'), 40);
  assert.throws(() => client.recv(Buffer.alloc(1)), { code: 'EAGAIN' });
});

on('a full socket: trySend() is null, send() waits until there is room', () => {
  const [one, other] = connectedPair();
  using client = one;
  using server = other;
  const chunk = Buffer.alloc(262_144, 'x');
  let sent = 0;
  for (let taken = client.trySend(chunk); taken !== null; taken = client.trySend(chunk))
    sent += taken;
  client.setTimeout(30);
  assert.throws(() => client.sendAll(chunk), { code: 'ETIMEDOUT', syscall: 'send' });
  assert.ok(sent > 0);
  server.setTimeout(20_000);
  const room = Buffer.alloc(1_048_576);
  for (let left = sent; left > 0; )
    left -= server.recv(room.subarray(0, Math.min(left, room.length)));
  client.setBlocking(true);
  assert.ok(client.send(Buffer.from('more')) > 0);
});

on('the end of the stream, a half-close, and sending after it', () => {
  const [one, other] = connectedPair();
  using client = one;
  using server = other;
  client.shutdown('write');
  assert.equal(server.recv(Buffer.alloc(4)), 0);
  assert.throws(() => client.send(Buffer.from('x')), { code: 'EPIPE' });
  server.sendAll(Buffer.from('bye'));
  server.close();
  assert.equal(client.recv(Buffer.alloc(8)), 3);
  assert.equal(client.recv(Buffer.alloc(8)), 0);
});

on('options have the form that they have everywhere', () => {
  using socket = Socket.open('ipv4', 'stream');
  socket.setOption('SO_LINGER', { on: true, seconds: 3 });
  assert.deepEqual(socket.getOption('SO_LINGER'), { on: true, seconds: 3 });
  for (const name of ['TCP_NODELAY', 'SO_KEEPALIVE'] as const) {
    assert.equal(socket.getOption(name), false);
    socket.setOption(name, true);
    assert.equal(socket.getOption(name), true, name);
  }
  socket.setOption('IP_TTL', 77);
  assert.equal(socket.getOption('IP_TTL'), 77);
  assert.ok(socket.getOption('SO_RCVBUF') > 0);
  assert.equal(socket.getOption('SO_TYPE'), 1);
  assert.equal(socket.getOption('SO_ERROR'), 0);
});

on('an option that only Linux has is refused by its name', () => {
  using socket = Socket.open('ipv4', 'stream');
  for (const name of [
    'SO_MARK',
    'TCP_CORK',
    'IP_PKTINFO',
    'SO_REUSEPORT',
    'SO_PEERCRED',
  ] as const) {
    assert.throws(
      () => socket.getOption(name),
      (error: Error) => error instanceof SystemError || error instanceof TypeError,
      name,
    );
  }
});

on('datagrams keep their bounds, name their sender, and tell how long they were', () => {
  using one = Socket.open('ipv4', 'datagram');
  using other = Socket.open('ipv4', 'datagram');
  one.bind({ host: '127.0.0.1', port: 0 });
  other.bind({ host: '127.0.0.1', port: 0 });
  assert.equal(other.sendTo(Buffer.from('0123456789'), one.localAddress), 10);
  assert.equal(other.sendTo(Buffer.alloc(0), one.localAddress), 0);
  assert.equal(other.sendTo(Buffer.from('last'), one.localAddress), 4);
  const bytes = Buffer.alloc(4);
  const address = other.localAddress;
  one.setTimeout(20_000);
  assert.deepEqual(one.recvFrom(bytes), { bytes: 4, length: 10, truncated: true, address });
  assert.equal(bytes.toString(), '0123');
  assert.deepEqual(one.recvFrom(bytes), { bytes: 0, length: 0, truncated: false, address });
  assert.equal(one.recv(bytes), 4);
  assert.equal(one.tryRecvFrom(bytes), null);
  other.sendTo(Buffer.alloc(100), one.localAddress);
  assert.throws(() => one.recv(bytes), { code: 'EMSGSIZE' });
});

on('IPv6 has its own numbers here', () => {
  using listener = listening('ipv6');
  using client = Socket.open('ipv6', 'stream');
  client.connect(listener.localAddress);
  const { socket, address } = listener.accept();
  assert.deepEqual(address, client.localAddress);
  assert.equal((address as InternetAddress).host, '::1');
  assert.equal(Socket.fromFd(socket.detach()).family, 'ipv6');
  for (const fd of knownSockets()) {
    if (fd !== listener.fd && fd !== client.fd) Socket.fromFd(fd).close();
  }
});

on('a socket without a name has the wildcard address and no peer', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.deepEqual(socket.localAddress, { host: '0.0.0.0', port: 0 });
  assert.equal(socket.remoteAddress, null);
});

on('what the system lacks is refused with its reason', () => {
  for (const family of ['unix', 'vsock', 'netlink', 'can'] as const) {
    assert.throws(() => Socket.open(family, 'raw'), {
      code: /^(EAFNOSUPPORT|ESOCKTNOSUPPORT|ERR_POLYIO_UNSUPPORTED)$/,
      message: new RegExp(family),
    });
  }
});

on('nobody can take the port of a server, and it is free again at once', () => {
  const options = { backlog: 10, isBlocking: false, descriptorsBelow: Number.POSITIVE_INFINITY };
  const first = new Listener({ where: { host: '127.0.0.1', port: 0 }, ...options });
  const { port } = first.address as InternetAddress;
  using thief = Socket.open('ipv4', 'stream');
  thief.setReuseAddress(true);
  assert.throws(() => thief.bind({ host: '127.0.0.1', port }), /EACCES|EADDRINUSE/);
  first.close();
  new Listener({ where: { host: '127.0.0.1', port }, ...options }).close();
});

on('Node and polyio speak to each other in one process', async () => {
  const server = createServer((socket: NodeSocket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  using client = Socket.open('ipv4', 'stream');
  client.setBlocking(false);
  client.startConnect({ host: '127.0.0.1', port });
  await once(server, 'connection');
  client.sendAll(Buffer.from('hello'));
  const bytes = Buffer.alloc(8);
  let got: number | null = null;
  for (let turn = 0; got === null && turn < 2_000; turn++) {
    await new Promise((next) => setTimeout(next, 5));
    got = client.tryRecv(bytes);
  }
  assert.equal(bytes.toString('utf8', 0, got ?? 0), 'hello');
  client.close();
  server.close();
});

on('a closed number is no socket, and is not taken for the next one', () => {
  const socket = Socket.open('ipv4', 'stream');
  const { fd } = socket;
  assert.ok(knownSockets().includes(fd));
  socket.close();
  assert.ok(!knownSockets().includes(fd));
  assert.throws(() => Socket.fromFd(fd), { code: /^(ENOTSOCK|EBADF)$/ });
  assert.throws(() => Socket.fromFd(1_000_000), { code: /^(ENOTSOCK|EBADF)$/ });
});
