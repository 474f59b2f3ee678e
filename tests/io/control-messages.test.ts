import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeControl } from '../../src/io/control-messages.ts';
import { ControlWriter } from '../../src/io/control-writer.ts';
import { type InternetAddress, Socket, socketPair } from '../../src/io.ts';
import { INET, MESSAGE, SOCKET } from '../../src/sys/abi.ts';
import { runSource } from '../harness/child.ts';
import { emulatorLacks } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';
import { datagramPair, hasIpv6 } from './datagrams.ts';

const io = new URL('../../src/io.js', import.meta.url).href;
const room = Buffer.alloc(64);

test('a server on every address answers from the one that was asked', () => {
  using server = Socket.open('ipv4', 'datagram');
  server.bind({ host: '0.0.0.0', port: 0 });
  server.setOption('IP_PKTINFO', true);
  const { port } = server.localAddress as InternetAddress;
  for (const host of ['127.0.0.1', '127.0.0.2', '127.99.1.7']) {
    using client = Socket.open('ipv4', 'datagram');
    client.bind({ host: '127.0.0.1', port: 0 });
    client.sendMessage(Buffer.from('who?'), { address: { host, port } });
    const { address, packetInfo } = server.recvMessage(room);
    assert.equal(packetInfo?.host, host);
    assert.equal(packetInfo?.destination, host);
    assert.ok((packetInfo?.interface ?? 0) > 0);
    assert.ok(packetInfo !== null);
    server.sendMessage(Buffer.from('me'), { address, packetInfo });
    assert.deepEqual(client.recvMessage(room).address, { host, port });
    server.sendMessage(Buffer.from('me'), { address, packetInfo: { host } });
    assert.deepEqual(client.recvMessage(room).address, { host, port });
  }
});

test('an answer from an address of another machine is refused by the kernel', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  const packetInfo = { host: '192.0.2.1' };
  // Which of the two depends on whether there is a route to other machines.
  assert.throws(() => left.sendMessage(Buffer.from('x'), { address, packetInfo }), {
    message: /^sendmsg (EINVAL|ENETUNREACH) 127\.0\.0\.1:/,
  });
});

test(
  'IPv6: packet info, traffic class and hop limit',
  () => {
    using server = Socket.open('ipv6', 'datagram');
    server.bind({ host: '::', port: 0 });
    server.setOption('IPV6_RECVPKTINFO', true);
    server.setOption('IPV6_RECVTCLASS', true);
    server.setOption('IPV6_RECVHOPLIMIT', true);
    const { port } = server.localAddress as InternetAddress;
    using client = Socket.open('ipv6', 'datagram');
    client.sendMessage(Buffer.from('x'), { address: { host: '::1', port }, tos: 0xba, ttl: 7 });
    const { address, packetInfo, tos, ecn, ttl } = server.recvMessage(room);
    assert.deepEqual([tos, ecn, ttl], [0xba, 2, 7]);
    assert.deepEqual([packetInfo?.host, packetInfo?.destination], ['::1', '::1']);
    assert.ok(packetInfo !== null);
    server.sendMessage(Buffer.from('y'), { address, packetInfo });
    assert.deepEqual(client.recvMessage(room).address, { host: '::1', port });
  },
  { skip: !hasIpv6() && 'no IPv6 loopback' },
);

test(
  'an IPv6 socket that takes IPv4 too sends and receives with the fields of IPv4',
  () => {
    using server = Socket.open('ipv6', 'datagram');
    server.bind({ host: '::', port: 0 });
    server.setOption('IPV6_RECVPKTINFO', true);
    const { port } = server.localAddress as InternetAddress;
    using client = Socket.open('ipv4', 'datagram');
    client.setOption('IP_RECVTOS', true);
    client.sendMessage(Buffer.from('x'), { address: { host: '127.0.0.2', port } });
    const { address, packetInfo } = server.recvMessage(room);
    assert.equal(packetInfo?.host, '::ffff:127.0.0.2');
    server.sendMessage(Buffer.from('y'), {
      address,
      packetInfo: { host: packetInfo.host },
      tos: 9,
    });
    const answer = client.recvMessage(room);
    assert.deepEqual([answer.address, answer.tos], [{ host: '127.0.0.2', port }, 9]);
    client.setOption('IP_RECVTTL', true);
    server.connect(address);
    server.sendMessage(Buffer.from('z'), { tos: 10, ttl: 7 });
    const { tos, ttl } = client.recvMessage(room);
    assert.deepEqual([tos, ttl], [10, 7]);
  },
  { skip: !hasIpv6() && 'no IPv6 loopback' },
);

test('type of service, congestion mark and time to live arrive as they were sent', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  right.setOption('IP_RECVTOS', true);
  right.setOption('IP_RECVTTL', true);
  for (let ecn = 0; ecn <= 3; ecn++) {
    left.sendMessage(Buffer.from('x'), { address, tos: 0xb8 | ecn, ttl: 100 + ecn });
    const message = right.recvMessage(room);
    assert.deepEqual([message.tos, message.ecn, message.ttl], [0xb8 | ecn, ecn, 100 + ecn]);
  }
});

/** qemu's user mode answers it with the flags that the kernel gave before it converted the list. */
const noTruncation = emulatorLacks('never says MSG_CTRUNC');
const noNanoseconds = emulatorLacks('answers ENOPROTOOPT');

for (const option of ['SO_TIMESTAMPNS', 'SO_TIMESTAMP'] as const) {
  const body = () => {
    const { left, right, address } = datagramPair();
    using _ = left;
    using __ = right;
    right.setOption(option, true);
    // The socket is stamped from its first datagram on, a little after the option was set.
    const before = BigInt(Date.now() - 1) * 1_000_000n;
    left.sendMessage(Buffer.from('x'), { address });
    const { timestamp } = right.recvMessage(room);
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    assert.ok(timestamp !== null && timestamp >= before && timestamp <= after, `${timestamp}`);
  };
  const skip = option === 'SO_TIMESTAMPNS' && noNanoseconds;
  test(`${option} tells when the kernel received the datagram`, body, { skip });
}

test('credentials are the sender itself, and root may claim to be another', () => {
  const [left, right] = socketPair('datagram');
  using _ = left;
  using __ = right;
  right.setOption('SO_PASSCRED', true);
  const own = { pid: process.pid, uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
  left.sendMessage(Buffer.from('x'));
  assert.deepEqual(right.recvMessage(room).credentials, own);
  left.sendMessage(Buffer.from('x'), { credentials: own });
  assert.deepEqual(right.recvMessage(room).credentials, own);
  assert.throws(() => left.sendMessage(room, { credentials: { ...own, uid: -1 } }), RangeError);
  if (own.uid !== 0) return;
  const other = { ...own, uid: 12_345, gid: 2 ** 32 - 2 };
  left.sendMessage(Buffer.from('x'), { credentials: other });
  assert.deepEqual(right.recvMessage(room).credentials, other);
});

test('credentials that are not the sender’s own are EPERM without privileges', async () => {
  const { stdout, stderr } = await runSource(`
    import { socketPair } from '${io}';
    const [left, right] = socketPair('datagram');
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    const credentials = { pid: process.pid, uid: 0, gid: 0 };
    try { left.sendMessage(Buffer.from('x'), { credentials }); }
    catch ({ message }) { console.log(message); }
  `);
  const expected = 'sendmsg EPERM: only root may send credentials that are not its own\n';
  assert.equal(stdout, expected, stderr);
});

test('a control message without a field of its own comes as it is', () => {
  const view = new DataView(new ArrayBuffer(64));
  const writer = new ControlWriter(view);
  writer.appendRaw({ level: 99, type: -5, data: Uint8Array.of(1, 2, 3) });
  writer.appendInteger(INET.IPPROTO_IP, INET.IP_TTL, 12);
  const { others, ttl } = decodeControl(view, writer.size);
  assert.deepEqual(others, [{ level: 99, type: -5, data: Uint8Array.of(1, 2, 3) }]);
  assert.equal(ttl, 12);
});

test('a control message that was sent raw does what its field would', () => {
  const { left, right, address } = datagramPair();
  using _ = left;
  using __ = right;
  right.setOption('IP_RECVTTL', true);
  const data = new Uint8Array(Int32Array.of(77).buffer);
  const others = [{ level: INET.IPPROTO_IP, type: INET.IP_TTL, data }];
  left.sendMessage(Buffer.from('x'), { address, others });
  assert.equal(right.recvMessage(room).ttl, 77);
});

test(
  'room for a part of the control data is reported, and the part is right',
  () => {
    const { left, right, address } = datagramPair();
    using _ = left;
    using __ = right;
    right.setOption('IP_PKTINFO', true);
    right.setOption('IP_RECVTTL', true);
    for (let controlSize = 0; controlSize <= 64; controlSize += 4) {
      left.sendMessage(Buffer.from('x'), { address });
      const { packetInfo, ttl, controlTruncated } = right.recvMessage(room, { controlSize });
      const isWhole = packetInfo !== null && ttl !== null;
      assert.equal(controlTruncated, !isWhole, `${controlSize} bytes`);
      if (packetInfo !== null) assert.equal(packetInfo.host, '127.0.0.1');
      if (ttl !== null) assert.equal(ttl, 64);
    }
  },
  { skip: noTruncation },
);

test('a list cut at any byte is read without harm, and its descriptors are kept', () => {
  const view = new DataView(new ArrayBuffer(128));
  const writer = new ControlWriter(view);
  writer.appendDescriptors([11, 12, 13]);
  writer.appendCredentials({ pid: 7, uid: 8, gid: 9 });
  for (let length = 0; length <= writer.size; length++) {
    const { descriptors, credentials } = decodeControl(view, length);
    const whole = Math.max(0, Math.min(3, Math.floor((length - 16) / 4)));
    assert.deepEqual(descriptors, [11, 12, 13].slice(0, whole));
    const isThere = length >= 32 + 16 + 12;
    assert.deepEqual(credentials, isThere ? { pid: 7, uid: 8, gid: 9 } : null);
  }
  // A length that is less than its own header would go round for ever.
  view.setUint32(0, 3, true);
  assert.deepEqual(decodeControl(view, writer.size).descriptors, []);
  const { SCM_RIGHTS } = MESSAGE;
  assert.equal(view.getInt32(8, true) === SOCKET.SOL_SOCKET && view.getInt32(12, true), SCM_RIGHTS);
});

test('any bytes are read without harm, as no more than they can hold', (context) => {
  const seed = Number(process.env['POLYIO_SEED'] ?? Date.now() % 2 ** 31);
  context.diagnostic(`POLYIO_SEED=${seed}`);
  // Small words, so that many of them are lengths, levels and types that mean something.
  const words = fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer()), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(words, fc.nat(160), (list, length) => {
      const memory = new Int32Array(40);
      memory.set(list);
      const { descriptors, others } = decodeControl(new DataView(memory.buffer), length);
      const bytes = others.reduce((sum, { data }) => sum + data.length, descriptors.length * 4);
      assert.ok(bytes <= length, `${bytes} of ${length}`);
    }),
    { seed, numRuns: 2_000 },
  );
});
