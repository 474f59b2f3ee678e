import assert from 'node:assert/strict';
import { type Message, type SendMessageOptions, Socket, socketPair } from '../../src/io.ts';
import { runSource } from '../harness/child.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { datagramPair } from './datagrams.ts';
import { connectedPair, fillSocket, socketFolder } from './loopback.ts';

const io = new URL('../../src/io.js', import.meta.url).href;

const NOTHING = {
  descriptors: [],
  credentials: null,
  packetInfo: null,
  timestamp: null,
  tos: null,
  ecn: null,
  ttl: null,
  segmentSize: null,
  others: [],
  truncated: false,
  controlTruncated: false,
};

test('a datagram comes with its sender and nothing that was not asked for', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  assert.equal(left.sendMessage(Buffer.from('hello'), { address }), 5);
  const buffer = Buffer.alloc(16);
  const message = right.recvMessage(buffer);
  const expected = { bytes: 5, length: 5, address: left.localAddress, ...NOTHING };
  assert.deepEqual(message, expected);
  assert.equal(buffer.toString('utf8', 0, message.bytes), 'hello');
});

test('a message on a stream has no sender, and 0 bytes are its end', () => {
  const [client, server] = connectedPair();
  using _ = server;
  assert.equal(client.sendMessage([Buffer.from('ab'), Buffer.from('c')]), 3);
  client.close();
  const buffer = Buffer.alloc(2);
  assert.deepEqual(server.recvMessage(buffer), {
    bytes: 2,
    length: 2,
    address: { unnamed: true },
    ...NOTHING,
  });
  assert.equal(server.recvMessage(buffer).bytes, 1);
  assert.equal(server.recvMessage(buffer).bytes, 0);
});

test('a datagram larger than the buffer is truncated and tells its size', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  left.sendMessage(Buffer.from('0123456789'), { address });
  left.sendMessage(Buffer.from('next'), { address });
  const buffer = Buffer.alloc(6, '.');
  const { bytes, length, truncated } = right.recvMessage(buffer.subarray(0, 4));
  assert.deepEqual([bytes, length, truncated], [4, 10, true]);
  assert.equal(buffer.toString(), '0123..');
  const next = right.recvMessage(buffer);
  assert.deepEqual([next.bytes, next.length, next.truncated], [4, 4, false]);
});

test('several buffers are filled in turn, and no byte beside them is touched', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  const parts = Array.from({ length: 1_024 }, (_, index) => Uint8Array.of(index, index >> 8));
  assert.equal(left.sendMessage(parts, { address }), 2_048);
  const memory = new Uint8Array(8_192).fill(0xaa);
  const room = parts.map((_, index) => memory.subarray(index * 8 + 3, index * 8 + 5));
  assert.equal(right.recvMessage(room).bytes, 2_048);
  for (let index = 0; index < 1_024; index++) {
    const slot = [...memory.subarray(index * 8, index * 8 + 8)];
    assert.deepEqual(slot, [170, 170, 170, index & 255, index >> 8, 170, 170, 170]);
  }
  left.sendMessage([new DataView(Uint8Array.of(1, 2, 3).buffer, 1, 2), new Uint8Array(0)], {
    address,
  });
  const shared = new Uint16Array(new SharedArrayBuffer(8), 2, 1);
  assert.equal(right.recvMessage([shared]).bytes, 2);
  assert.deepEqual([...new Uint8Array(shared.buffer)], [0, 0, 2, 3, 0, 0, 0, 0]);
});

/** Collections under way are what takes the time. */
const HELD_ROUNDS = EMULATOR === undefined ? 60 : 3;

test('buffers that nobody else holds survive collections during the call', async () => {
  // Small arrays lie in the collector's own memory until somebody asks where they are.
  const run = await runSource(
    `
    import { socketPair } from '${io}';
    const [left, right] = socketPair('seqpacket');
    for (let round = 0; round < ${HELD_ROUNDS}; round++) {
      const numbers = Array.from({ length: 200 }, (_, index) => (round + index) & 255);
      left.sendMessage(numbers.map((number) => new Uint8Array(8).fill(number)));
      const room = numbers.map(() => new Uint8Array(8));
      right.recvMessage(room);
      for (const [index, bytes] of room.entries()) {
        if (bytes.some((byte) => byte !== numbers[index])) throw new Error(round + ': ' + index);
      }
    }
    console.log('same');
  `,
    { nodeArgs: ['--gc-interval=150', '--stress-scavenge=10'] },
  );
  assert.equal(run.stdout, 'same\n', run.stderr);
});

test('tryRecvMessage() and trySendMessage() never wait, on a blocking socket either', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  assert.equal(right.tryRecvMessage(Buffer.alloc(1)), null);
  assert.ok(fillSocket(left) > 0);
  assert.equal(left.trySendMessage(Buffer.alloc(1)), null);
  assert.equal(left.blocking, true);
  assert.equal(right.tryRecvMessage(Buffer.alloc(1))?.truncated, true);
});

test('a non-blocking socket throws EAGAIN, one with a timeout ETIMEDOUT', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  left.setBlocking(false);
  const room = Buffer.alloc(1);
  assert.throws(() => left.recvMessage(room), { message: 'recvmsg EAGAIN', syscall: 'recvmsg' });
  fillSocket(left);
  assert.throws(() => left.sendMessage(room), { message: 'sendmsg EAGAIN', syscall: 'sendmsg' });
  left.setTimeout(20);
  assert.throws(() => left.recvMessage(room), { code: 'ETIMEDOUT', syscall: 'recvmsg' });
  assert.throws(() => left.sendMessage(room), { code: 'ETIMEDOUT', syscall: 'sendmsg' });
});

test('a thread asleep in recvMessage() hears signals without harm and gets its message', async () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  const call = await startCall({ call: 'recvMessage', fd: right.fd, size: 16 });
  await call.asleepIn('recvmsg');
  await call.storm(20);
  left.sendMessage(Buffer.from('late'));
  assert.equal((await call.outcome).value, 4);
});

test('a closed socket throws ERR_POLYIO_CLOSED that names the call', () => {
  const [left, right] = socketPair('datagram');
  left.close();
  right.close();
  const calls: readonly (readonly [string, () => unknown])[] = [
    ['recvMessage', () => left.recvMessage(Buffer.alloc(1))],
    ['tryRecvMessage', () => left.tryRecvMessage(Buffer.alloc(1))],
    ['sendMessage', () => left.sendMessage(Buffer.alloc(1))],
    ['trySendMessage', () => left.trySendMessage(Buffer.alloc(1))],
  ];
  for (const [name, call] of calls) {
    assert.throws(call, {
      code: 'ERR_POLYIO_CLOSED',
      message: `Socket.${name}: the Socket is closed`,
    });
  }
});

test('a bad address is refused before the call, one without a listener by the kernel', () => {
  using socket = Socket.open('unix', 'datagram');
  const send = (address: unknown) => () =>
    socket.sendMessage(Buffer.from('x'), { address } as SendMessageOptions);
  assert.throws(send({ host: '127.0.0.1', port: 1 }), /an address of an unix socket is/);
  assert.throws(send({ path: 'x'.repeat(108) }), /path must be at most 107 bytes, got 108/);
  assert.throws(send('somewhere'), TypeError);
  const message = 'sendmsg ECONNREFUSED @polyio-nobody';
  assert.throws(send({ abstract: 'polyio-nobody' }), { message, address: '@polyio-nobody' });
  assert.throws(() => socket.sendMessage(Buffer.from('x')), { code: 'ENOTCONN' });
  using udp = Socket.open('ipv4', 'datagram');
  assert.throws(() => udp.sendMessage(Buffer.from('x')), { code: 'EDESTADDRREQ' });
});

test('a datagram that is too large is EMSGSIZE, with the reason', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  assert.throws(() => left.sendMessage(Buffer.alloc(65_508), { address }), {
    code: 'EMSGSIZE',
    message: /^sendmsg EMSGSIZE 127\.0\.0\.1:\d+: 65508 bytes are more than one/,
  });
});

test('options that a socket would ignore are refused', () => {
  const { left: udp, right, address } = datagramPair();
  using _ = udp;
  using __ = right;
  const [unix, peer] = socketPair('stream');
  using ___ = unix;
  using ____ = peer;
  const [packets, other] = socketPair('seqpacket');
  using _____ = packets;
  using ______ = other;
  const own = { pid: process.pid, uid: 0, gid: 0 };
  const wrong: readonly (readonly [Socket, SendMessageOptions, RegExp])[] = [
    [
      udp,
      { address, descriptors: [0] },
      /^descriptors needs a unix socket; this one is ipv4 datagram/,
    ],
    [udp, { address, credentials: own }, /^credentials needs a unix or netlink socket/],
    [unix, { address: { abstract: 'x' } }, /^address needs a socket of datagrams/],
    [unix, { tos: 4 }, /^tos needs an ipv4 or ipv6 socket of datagrams; this one is unix stream/],
    [unix, { ttl: 4 }, /^ttl needs/],
    [unix, { packetInfo: { host: '127.0.0.1' } }, /^packetInfo needs/],
    [unix, { segmentSize: 4 }, /^segmentSize needs a UDP socket/],
    [packets, { address: { abstract: 'x' } }, /^address needs a socket of datagrams/],
  ];
  for (const [socket, options, message] of wrong) {
    const send = () => socket.sendMessage(Buffer.from('x'), options);
    assert.throws(send, { name: 'TypeError', message });
  }
});

test('values out of range are refused, and name the option', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  const options: readonly (readonly [SendMessageOptions, RegExp])[] = [
    [{ tos: 256 }, /^tos must be an integer from 0 to 255, got 256/],
    [{ ttl: 0 }, /^ttl must be/],
    [{ ttl: Number.NaN }, /^ttl must be an integer from 1 to 255, got NaN/],
    [{ segmentSize: 0 }, /^segmentSize must be/],
    [{ packetInfo: { interface: -1 } }, /^packetInfo.interface must be/],
    [{ packetInfo: { host: '::1' } }, /^packetInfo.host must be an IPv4 address, got '::1'/],
    [{ others: [{ level: 1, type: 1.5, data: new Uint8Array(0) }] }, /^type must be/],
    [{ others: [{ level: 1, type: 1, data: new Uint8Array(70_000) }] }, /control messages take/],
  ];
  for (const [wrong, message] of options) {
    assert.throws(() => left.sendMessage(Buffer.from('x'), { address, ...wrong }), { message });
  }
  const room = Buffer.alloc(1);
  for (const controlSize of [-1, 65_537, 1.5]) {
    assert.throws(() => right.recvMessage(room, { controlSize }), /^RangeError: controlSize must/);
  }
  assert.throws(() => right.recvMessage(room, { maxDescriptors: 254 }), RangeError);
  assert.throws(() => right.recvMessage([]), /a message has 1 to 1024 buffers, got 0/);
  assert.throws(() => right.recvMessage(new Array(1_025).fill(room)), /got 1025/);
  assert.throws(() => right.recvMessage([room, Buffer.alloc(0)]), RangeError);
  assert.throws(() => right.recvMessage('text' as unknown as Buffer), TypeError);
  assert.equal(right.tryRecvMessage(room), null, 'nothing was sent');
});

test('a detached buffer is refused, alone and in a list', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  for (const buffer of [gone, [new Uint8Array(4), gone]]) {
    const message = /^buffer is detached/;
    assert.throws(() => left.sendMessage(buffer, { address }), { name: 'TypeError', message });
    assert.throws(() => right.recvMessage(buffer), { name: 'TypeError', message });
  }
});

test('a Unix datagram goes to an address and tells the one it came from', () => {
  using folder = socketFolder();
  using server = Socket.open('unix', 'datagram');
  server.bind({ path: folder.path('server') });
  using client = Socket.open('unix', 'datagram');
  const address = server.localAddress;
  client.sendMessage(Buffer.from('x'), { address });
  const room = Buffer.alloc(4);
  assert.deepEqual(server.recvMessage(room).address, { unnamed: true });
  client.bind({ abstract: `polyio-message-${process.pid}` });
  client.sendMessage(Buffer.from('x'), { address });
  const { address: sender } = server.recvMessage(room);
  assert.deepEqual(sender, client.localAddress);
  server.sendMessage(Buffer.from('back'), { address: sender });
  assert.deepEqual(client.recvMessage(room).address, address);
});

test('an empty datagram arrives as one of 0 bytes', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  assert.equal(left.sendMessage(Buffer.alloc(0), { address }), 0);
  const message = right.tryRecvMessage(Buffer.alloc(4)) as Message;
  assert.deepEqual([message.bytes, message.address], [0, left.localAddress]);
});
