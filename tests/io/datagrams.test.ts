import assert from 'node:assert/strict';
import {
  type Address,
  type InternetAddress,
  Socket,
  type SocketType,
  socketPair,
} from '../../src/io.ts';
import { test } from '../harness/test.ts';
import { connectedPair, noIpv6, socketFolder } from './loopback.ts';

const EMPTY = new Uint8Array(0);
const room = () => Buffer.alloc(256);

function bound(family: 'ipv4' | 'ipv6' | 'unix', address: Address): Socket {
  const socket = Socket.open(family, 'datagram');
  try {
    socket.bind(address);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Messages there and back between two bound sockets: bounds, senders, an empty one. */
function converse(left: Socket, right: Socket): void {
  using _ = left;
  using __ = right;
  assert.equal(left.tryRecvFrom(room()), null);
  assert.equal(left.sendTo(Buffer.from('one'), right.localAddress), 3);
  assert.equal(left.sendTo(EMPTY, right.localAddress), 0);
  assert.equal(left.trySendTo(Buffer.from('three'), right.localAddress), 5);
  const buffer = room();
  const first = right.recvFrom(buffer);
  assert.equal(buffer.toString('utf8', 0, first.bytes), 'one');
  assert.deepEqual(first, { bytes: 3, length: 3, truncated: false, address: left.localAddress });
  assert.equal(right.recvFrom(buffer).bytes, 0);
  const third = right.tryRecvFrom(buffer);
  assert.equal(third?.bytes, 5);
  right.sendTo(Buffer.from('back'), first.address);
  assert.equal(left.recv(buffer), 4);
  assert.equal(right.tryRecvFrom(buffer), null);
  assert.equal(right.tryRecv(buffer), null);
}

test('ipv4 datagrams keep their bounds and name their sender', () => {
  const address = { host: '127.0.0.1', port: 0 };
  converse(bound('ipv4', address), bound('ipv4', address));
});

test(
  'ipv6 datagrams keep their bounds and name their sender',
  () => {
    const address = { host: '::1', port: 0 };
    converse(bound('ipv6', address), bound('ipv6', address));
  },
  { skip: noIpv6() },
);

test('unix datagrams by path keep their bounds and name their sender', () => {
  using folder = socketFolder();
  const [left, right] = [folder.path('left'), folder.path('right')];
  converse(bound('unix', { path: left }), bound('unix', { path: right }));
});

test('unix datagrams by abstract name keep their bounds and name their sender', () => {
  const name = `polyio-datagram-${process.pid}`;
  converse(bound('unix', { abstract: `${name}-l` }), bound('unix', { abstract: `${name}-r` }));
});

for (const type of ['datagram', 'seqpacket'] as const) {
  test(`a ${type} pair carries messages, one for each call`, () => {
    const [left, right] = socketPair(type);
    using _ = left;
    using __ = right;
    assert.equal(left.type, type);
    assert.equal(left.send(Buffer.from('ab')), 2);
    left.sendAll(Buffer.from('cde'));
    const buffer = room();
    assert.equal(right.recv(buffer), 2);
    assert.deepEqual(right.recvFrom(buffer), {
      bytes: 3,
      length: 3,
      truncated: false,
      address: { unnamed: true },
    });
  });

  test(`a message of a ${type} socket that is larger than the buffer`, () => {
    const [left, right] = socketPair(type);
    using _ = left;
    using __ = right;
    const small = Buffer.alloc(4);
    for (let count = 0; count < 3; count++) left.send(Buffer.from('0123456789'));
    left.send(Buffer.from('next'));
    const cut = right.recvFrom(small);
    assert.deepEqual([cut.bytes, cut.length, cut.truncated], [4, 10, true]);
    assert.equal(small.toString(), '0123');
    const refused = {
      name: 'SystemError',
      code: 'EMSGSIZE',
      syscall: 'recv',
      message:
        'recv EMSGSIZE: a message of 10 bytes came and the buffer has room for 4, the rest is lost; recvFrom tells that without an error',
    };
    assert.throws(() => right.recv(small), refused);
    assert.throws(() => right.tryRecv(small), refused);
    assert.equal(right.recv(small), 4, 'the message after the lost rest is whole');
  });
}

test('a unix seqpacket listener accepts connections that carry messages', () => {
  using listener = Socket.open('unix', 'seqpacket');
  listener.bind({ abstract: `polyio-seqpacket-${process.pid}` });
  listener.listen();
  using client = Socket.open('unix', 'seqpacket');
  client.connect(listener.localAddress);
  const { socket: server } = listener.accept();
  using _ = server;
  assert.equal(server.type, 'seqpacket');
  client.send(Buffer.from('hello'));
  client.send(Buffer.from('again'));
  const buffer = room();
  assert.equal(server.recv(buffer), 5);
  assert.equal(server.recv(buffer), 5);
  client.close();
  assert.equal(server.recv(buffer), 0);
});

test('a connected datagram socket hears its peer only, until it is dissolved', () => {
  const address = { host: '127.0.0.1', port: 0 };
  using socket = bound('ipv4', address);
  using peer = bound('ipv4', address);
  using stranger = bound('ipv4', address);
  socket.connect(peer.localAddress);
  assert.deepEqual(socket.remoteAddress, peer.localAddress);
  const here = socket.localAddress;
  stranger.sendTo(Buffer.from('no'), here);
  peer.sendTo(Buffer.from('yes'), here);
  const buffer = room();
  assert.equal(buffer.toString('utf8', 0, socket.recv(buffer)), 'yes');
  socket.send(Buffer.from('to the peer'));
  assert.equal(peer.recv(buffer), 11);
  socket.disconnect();
  assert.equal(socket.remoteAddress, null);
  const { port } = socket.localAddress as InternetAddress;
  assert.equal(port, 0, 'a port that the kernel chose is given up');
  assert.throws(() => socket.send(Buffer.from('x')), {
    code: 'EDESTADDRREQ',
    syscall: 'send',
    message: /: it is connected to nobody: connect it, or name the receiver with sendTo$/,
  });
  socket.sendTo(Buffer.from('here'), stranger.localAddress);
  stranger.sendTo(Buffer.from('now'), stranger.recvFrom(buffer).address);
  assert.equal(buffer.toString('utf8', 0, socket.recv(buffer)), 'now');
});

test('a unix datagram socket is connected and dissolved too', () => {
  const name = `polyio-dissolve-${process.pid}`;
  using server = bound('unix', { abstract: name });
  using client = Socket.open('unix', 'datagram');
  client.connect({ abstract: name });
  client.send(Buffer.from('x'));
  assert.deepEqual(server.recvFrom(room()).address, { unnamed: true });
  client.disconnect();
  assert.equal(client.remoteAddress, null);
  assert.throws(() => client.send(Buffer.from('x')), { code: 'ENOTCONN' });
});

test('sendTo() follows an address object that changes', () => {
  const address = { host: '127.0.0.1', port: 0 };
  using sender = Socket.open('ipv4', 'datagram');
  using first = bound('ipv4', address);
  using second = bound('ipv4', address);
  const ports = [first, second].map((socket) => (socket.localAddress as InternetAddress).port);
  const target = { host: '127.0.0.1', port: ports[0] as number };
  sender.sendTo(Buffer.from('a'), target);
  target.port = ports[1] as number;
  sender.sendTo(Buffer.from('bc'), target);
  assert.equal(first.recv(room()), 1);
  assert.equal(second.recv(room()), 2);
  assert.throws(() => sender.sendTo(EMPTY, { ...target, path: '/x', host: 'x' }), TypeError);
  assert.throws(() => sender.sendTo(EMPTY, null as never), TypeError);
});

test('a sender that comes again is the same address, another one is not', () => {
  using receiver = bound('ipv4', { host: '127.0.0.1', port: 0 });
  using one = bound('ipv4', { host: '127.0.0.1', port: 0 });
  using two = bound('ipv4', { host: '127.0.0.1', port: 0 });
  for (const socket of [one, one, two, one]) socket.sendTo(Buffer.from('x'), receiver.localAddress);
  const senders = [0, 1, 2, 3].map(() => receiver.recvFrom(room()).address);
  const expected = [one, one, two, one].map((socket) => socket.localAddress);
  assert.deepEqual(senders, expected);
});

test('sendTo() where nobody is names the address', () => {
  using folder = socketFolder();
  using socket = Socket.open('unix', 'datagram');
  const path = folder.path('nobody');
  assert.throws(() => socket.sendTo(Buffer.from('x'), { path }), {
    code: 'ENOENT',
    syscall: 'sendto',
    address: path,
    message: `sendto ENOENT ${path}`,
  });
  bound('unix', { path }).close();
  assert.throws(() => socket.trySendTo(Buffer.from('x'), { path }), {
    code: 'ECONNREFUSED',
    message: `sendto ECONNREFUSED ${path}`,
  });
});

test('a connected UDP socket hears that nobody listens, with the next call', () => {
  using gone = bound('ipv4', { host: '127.0.0.1', port: 0 });
  using socket = Socket.open('ipv4', 'datagram');
  socket.connect(gone.localAddress);
  gone.close();
  socket.send(Buffer.from('x'));
  socket.setTimeout(15_000);
  assert.throws(() => socket.recv(room()), { code: 'ECONNREFUSED', syscall: 'recv' });
});

test('a message that is too large is EMSGSIZE, by every way of sending', () => {
  using udp = bound('ipv4', { host: '127.0.0.1', port: 0 });
  const address = udp.localAddress;
  udp.connect(address);
  const large = new Uint8Array(65_508);
  const ways: Record<string, [string, () => unknown]> = {
    send: ['send', () => udp.send(large)],
    trySend: ['send', () => udp.trySend(large)],
    sendAll: ['send', () => udp.sendAll(large)],
    sendTo: ['sendto', () => udp.sendTo(large, address)],
    trySendTo: ['sendto', () => udp.trySendTo(large, address)],
  };
  for (const [syscall, call] of Object.values(ways)) {
    assert.throws(call, {
      name: 'SystemError',
      code: 'EMSGSIZE',
      syscall,
      message:
        /EMSGSIZE.*: 65508 bytes are more than one message of this socket can carry; send less at once$/,
    });
  }
  assert.equal(udp.send(large.subarray(1)), 65_507);
  assert.equal(udp.recv(new Uint8Array(65_507)), 65_507);
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  assert.throws(() => left.send(new Uint8Array(2 ** 22)), { code: 'EMSGSIZE', syscall: 'send' });
});

test('a full unix datagram receiver: trySendTo() is null, sendTo() keeps its timeout', () => {
  const name = `polyio-full-${process.pid}`;
  using server = bound('unix', { abstract: name });
  using client = Socket.open('unix', 'datagram');
  let sent = 0;
  while (client.trySendTo(Buffer.from('x'), { abstract: name }) !== null) sent++;
  assert.ok(sent > 0);
  client.setTimeout(30);
  const started = performance.now();
  assert.throws(() => client.sendTo(Buffer.from('x'), { abstract: name }), {
    code: 'ETIMEDOUT',
    syscall: 'sendto',
    message: `sendto ETIMEDOUT @${name}`,
  });
  assert.ok(performance.now() - started >= 30);
  client.setBlocking(false);
  assert.throws(() => client.sendTo(EMPTY, { abstract: name }), { code: 'EAGAIN' });
  for (let got = 0; got < sent; got++) assert.equal(server.recv(room()), 1);
});

test('recvFrom() keeps its timeout, and EAGAIN on a non-blocking socket', () => {
  using socket = bound('ipv4', { host: '127.0.0.1', port: 0 });
  socket.setTimeout(20);
  const started = performance.now();
  assert.throws(() => socket.recvFrom(room()), { code: 'ETIMEDOUT', syscall: 'recvfrom' });
  assert.ok(performance.now() - started >= 20);
  socket.setBlocking(false);
  assert.throws(() => socket.recvFrom(room()), { code: 'EAGAIN', syscall: 'recvfrom' });
});

test('recvFrom() on a stream takes bytes and leaves those that do not fit', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  left.sendAll(Buffer.from('stream'));
  const small = Buffer.alloc(4);
  const { bytes, truncated, address } = right.recvFrom(small);
  assert.deepEqual([bytes, truncated, address], [4, false, { unnamed: true }]);
  assert.equal(right.recv(small), 2);
});

test('what cannot be an address or a buffer is refused before the kernel sees it', () => {
  using socket = Socket.open('ipv4', 'datagram');
  using unix = Socket.open('unix', 'datagram');
  const one = Buffer.alloc(1);
  const path = 'p'.repeat(108);
  assert.throws(() => socket.sendTo(one, { path: '/x' }), /^TypeError: an address of an ipv4 soc/);
  assert.throws(() => unix.bind({ path }), /^RangeError: path must be at most 107 bytes, got 108/);
  assert.throws(() => unix.sendTo(one, { path }), RangeError);
  assert.throws(() => unix.connect({ abstract: path }), RangeError);
  assert.throws(() => socket.sendTo('x' as never, { host: '::1', port: 1 }), TypeError);
  assert.throws(() => socket.recvFrom(new Uint8Array(0)), RangeError);
  socket.close();
  const closed = { code: 'ERR_POLYIO_CLOSED' };
  assert.throws(() => socket.sendTo(one, { host: '127.0.0.1', port: 1 }), closed);
  assert.throws(() => socket.trySendTo(one, { host: '127.0.0.1', port: 1 }), closed);
  assert.throws(() => socket.recvFrom(one), closed);
  assert.throws(() => socket.tryRecvFrom(one), closed);
  assert.throws(() => socket.disconnect(), closed);
  assert.throws(() => socket.multicast, closed);
});

test('fromFd() knows the type of what it adopts', () => {
  for (const type of ['datagram', 'seqpacket'] as const satisfies SocketType[]) {
    const [left, right] = socketPair(type);
    using _ = right;
    using adopted = Socket.fromFd(left.detach());
    assert.deepEqual([adopted.family, adopted.type], ['unix', type]);
  }
});
