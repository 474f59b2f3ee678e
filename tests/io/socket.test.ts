import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type Address, Socket, socketPair } from '../../src/io.ts';
import { HOST } from '../../src/platform/host.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { runSource } from '../harness/child.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { HAS_PROC } from '../harness/proc.ts';
import { test } from '../harness/test.ts';
import { connectedPair, listenOnLoopback, socketFolder } from './loopback.ts';

const io = new URL('../../src/io.js', import.meta.url).href;

/** Binds, listens, connects, accepts and sends one message each way. */
function converse(family: 'ipv4' | 'ipv6' | 'unix', address: Address): void {
  using listener = Socket.open(family, 'stream');
  listener.bind(address);
  listener.listen();
  using client = Socket.open(family, 'stream');
  client.connect(listener.localAddress);
  const { socket: server, address: peer } = listener.accept();
  using _ = server;
  assert.equal(server.family, family);
  assert.equal(server.type, 'stream');
  assert.deepEqual(peer, client.localAddress);
  assert.deepEqual(client.remoteAddress, listener.localAddress);
  assert.deepEqual(server.localAddress, listener.localAddress);
  const buffer = Buffer.alloc(16);
  assert.equal(client.send(Buffer.from('ping')), 4);
  assert.equal(buffer.toString('utf8', 0, server.recv(buffer)), 'ping');
  assert.equal(server.send(Buffer.from('pong!')), 5);
  assert.equal(buffer.toString('utf8', 0, client.recv(buffer)), 'pong!');
}

const hasIpv6 = (() => {
  try {
    return readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo');
  } catch {
    return false;
  }
})();

test('ipv4 sockets talk', () => converse('ipv4', { host: '127.0.0.1', port: 0 }));

test('ipv6 sockets talk', () => converse('ipv6', { host: '::1', port: 0 }), {
  skip: !hasIpv6 && 'no IPv6 loopback',
});

test('unix sockets with a path talk', () => {
  using folder = socketFolder();
  converse('unix', { path: folder.path('socket') });
});

test(
  'unix sockets with an abstract name talk',
  () => converse('unix', { abstract: `polyio-test-${process.pid}` }),
  { skip: HOST !== 'linux' && 'only Linux has names that are no files' },
);

test('a socket of a pair talks to the other and neither has a name', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.equal(left.send(Buffer.from('x')), 1);
  assert.equal(right.recv(Buffer.alloc(2)), 1);
  assert.deepEqual(left.localAddress, { unnamed: true });
  assert.deepEqual(left.remoteAddress, { unnamed: true });
});

test('open() refuses families and types it does not know, by name', () => {
  assert.throws(() => Socket.open('ipv5' as 'ipv4', 'stream'), {
    name: 'TypeError',
    message:
      "the family of a socket is one of ipv4, ipv6, unix, vsock, netlink, packet, can; got 'ipv5'",
  });
  assert.throws(() => Socket.open('ipv4', 'toString' as 'stream'), {
    name: 'TypeError',
    message: "the type of a socket is one of stream, datagram, seqpacket, raw; got 'toString'",
  });
  assert.throws(() => socketPair('raw' as 'stream'), TypeError);
});

test('open() passes the protocol on and throws what the kernel says', () => {
  using socket = Socket.open('ipv4', 'stream', { protocol: 6 });
  assert.equal(socket.getOption('SO_PROTOCOL'), 6);
  assert.throws(() => Socket.open('ipv4', 'stream', { protocol: 17 }), {
    name: 'SystemError',
    code: 'EPROTONOSUPPORT',
    syscall: 'socket',
  });
  assert.throws(() => Socket.open('ipv4', 'stream', { protocol: -1 }), RangeError);
});

test('an unbound socket has the wildcard address and no peer', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.deepEqual(socket.localAddress, { host: '0.0.0.0', port: 0 });
  assert.equal(socket.remoteAddress, null);
});

test('what was left out before accept() and recv() is said in their error', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.accept(), {
    code: 'EINVAL',
    message: 'accept EINVAL: it does not listen: call bind and listen first',
  });
  assert.throws(() => socket.recv(Buffer.alloc(1)), {
    code: 'ENOTCONN',
    message: /^recv ENOTCONN: it is not connected: call connect first/,
  });
});

test('bind() to a port in use throws EADDRINUSE with the address', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  using other = Socket.open('ipv4', 'stream');
  assert.throws(() => other.bind(address), {
    code: 'EADDRINUSE',
    syscall: 'bind',
    address: '127.0.0.1',
    port: address.port,
    message: `bind EADDRINUSE 127.0.0.1:${address.port}`,
  });
});

test('listen() on a port that another socket listens to throws EADDRINUSE with the address', () => {
  using first = Socket.open('ipv4', 'stream');
  using second = Socket.open('ipv4', 'stream');
  first.setReuseAddress(true);
  second.setReuseAddress(true);
  first.bind({ host: '127.0.0.1', port: 0 });
  const address = first.localAddress;
  second.bind(address);
  first.listen();
  assert.throws(() => second.listen(), {
    code: 'EADDRINUSE',
    syscall: 'listen',
    address: '127.0.0.1',
  });
});

test('bind() to a path in use throws EADDRINUSE with the path', () => {
  using folder = socketFolder();
  const path = folder.path('socket');
  using first = Socket.open('unix', 'stream');
  first.bind({ path });
  using second = Socket.open('unix', 'stream');
  assert.throws(() => second.bind({ path }), {
    code: 'EADDRINUSE',
    address: path,
    message: /: something of that name is there: remove it when nobody uses it$/,
  });
});

test('bind() and connect() refuse an address of another family', () => {
  using socket = Socket.open('ipv6', 'stream');
  const message = /an address of an ipv6 socket is \{ host, port \} with an IPv6 host/;
  assert.throws(() => socket.bind({ host: '127.0.0.1', port: 0 }), { name: 'TypeError', message });
  assert.throws(() => socket.connect({ path: '/tmp/x' }), { name: 'TypeError', message });
  assert.throws(() => socket.connect({ unnamed: true }), TypeError);
});

const portStart = HAS_PROC
  ? Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  : 1_024;

test(
  'bind() to a privileged port throws EACCES',
  async () => {
    const { stdout, stderr } = await runSource(`
      import { Socket } from '${io}';
      const socket = Socket.open('ipv4', 'stream');
      if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
      try { socket.bind({ host: '127.0.0.1', port: 81 }); }
      catch ({ code, syscall, port }) { console.log(code, syscall, port); }
    `);
    assert.equal(stdout, 'EACCES bind 81\n', stderr);
  },
  { skip: portStart <= 81 && 'every port is free to all here' },
);

test('listen() checks its backlog', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.listen(-1), RangeError);
  assert.throws(() => socket.listen(1.5), RangeError);
  assert.throws(() => socket.listen('5' as unknown as number), TypeError);
});

test('accept() gives a socket that waits for ever, whatever the listener does', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  listener.setTimeout(1_000);
  using client = Socket.open('ipv4', 'stream');
  client.connect(address);
  using accepted = listener.accept().socket;
  assert.equal(accepted.timeout, null);
  assert.equal(accepted.blocking, true);
});

test('tryAccept() answers null until a connection is there', () => {
  const { listener, address } = listenOnLoopback();
  using _ = listener;
  listener.setBlocking(false);
  assert.equal(listener.tryAccept(), null);
  assert.throws(() => listener.accept(), { code: 'EAGAIN', syscall: 'accept' });
  using client = Socket.open('ipv4', 'stream');
  client.connect(address);
  const accepted = listener.tryAccept();
  assert.deepEqual(accepted?.address, client.localAddress);
  accepted?.socket.close();
});

test('accept() on a socket that does not listen throws EINVAL', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.accept(), { code: 'EINVAL', errno: -ERRNO.EINVAL, syscall: 'accept' });
});

test('shutdown("write") ends the stream for the peer and leaves the other way open', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  const buffer = Buffer.alloc(8);
  client.sendAll(Buffer.from('last'));
  client.shutdown('write');
  assert.equal(server.recv(buffer), 4);
  assert.equal(server.recv(buffer), 0);
  server.sendAll(Buffer.from('reply'));
  server.shutdown('write');
  assert.equal(client.recv(buffer), 5);
  assert.equal(client.recv(buffer), 0);
  assert.throws(() => client.send(buffer), { code: 'EPIPE', syscall: 'send' });
});

test('shutdown("read") ends our own reading, shutdown("both") both ways', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  left.shutdown('read');
  assert.equal(left.recv(Buffer.alloc(1)), 0);
  assert.throws(() => right.send(Buffer.alloc(1)), { code: 'EPIPE' });
  assert.equal(left.send(Buffer.alloc(3)), 3);
  assert.equal(right.recv(Buffer.alloc(8)), 3);
  right.shutdown('both');
  assert.equal(right.recv(Buffer.alloc(8)), 0);
});

test('shutdown() checks its direction and throws ENOTCONN when not connected', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.shutdown('write'), { code: 'ENOTCONN', syscall: 'shutdown' });
  assert.throws(() => socket.shutdown('valueOf' as 'read'), {
    name: 'TypeError',
    message: "direction must be read, write or both, got 'valueOf'",
  });
});

test('a reset from the peer is ECONNRESET', () => {
  const [client, server] = connectedPair();
  using _ = client;
  server.setOption('SO_LINGER', { on: true, seconds: 0 });
  server.close();
  assert.throws(() => client.recv(Buffer.alloc(1)), {
    name: 'SystemError',
    message: 'recv ECONNRESET',
    code: 'ECONNRESET',
    errno: -ERRNO.ECONNRESET,
    syscall: 'recv',
  });
});

test(
  'sending to a closed peer is EPIPE and no SIGPIPE, even where that signal kills',
  async () => {
    const { stdout, code, signal } = await runSource(`
      import { readFileSync } from 'node:fs';
      import { Pipe, socketPair } from '${io}';
      const sigpipe = (field) =>
        (BigInt('0x' + readFileSync('/proc/self/status', 'utf8').match(field + ':\\\\t(.*)')[1]) >> 12n) & 1n;
      process.on('SIGPIPE', () => {});
      process.removeAllListeners('SIGPIPE');
      console.log(sigpipe('SigIgn'), sigpipe('SigCgt'));
      const [left, right] = socketPair();
      right.close();
      const { reader, writer } = Pipe.open();
      reader.close();
      const calls = {
        send: () => left.send(Buffer.alloc(1)),
        trySend: () => left.trySend(Buffer.alloc(1)),
        sendAll: () => left.sendAll(Buffer.alloc(1)),
        write: () => writer.write(Buffer.alloc(1)),
        writeAll: () => writer.writeAll(Buffer.alloc(1)),
      };
      for (const [name, call] of Object.entries(calls)) {
        try { call(); } catch (error) { console.log(name, error.message); }
      }
    `);
    assert.equal(signal, null);
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split('\n'), [
      // An emulator catches signals itself and passes on those that its program wants.
      EMULATOR === undefined ? '0n 0n' : '0n 1n',
      'send send EPIPE',
      'trySend send EPIPE',
      'sendAll send EPIPE: 0 of 1 bytes were taken',
      'write write EPIPE',
      'writeAll write EPIPE: 0 of 1 bytes were taken',
    ]);
  },
  { skip: !HAS_PROC && 'no file tells here what a signal does' },
);
