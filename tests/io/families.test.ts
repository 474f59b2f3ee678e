import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  decodeCanFrame,
  encodeCanFrame,
  type InternetAddress,
  Netlink,
  type PacketAddress,
  Socket,
  type SocketFamily,
  type SocketType,
  VSOCK_ADDRESS,
  vsockCid,
} from '../../src/io.ts';
import { runSource } from '../harness/child.ts';
import { UNTRANSLATED } from '../harness/emulator.ts';
import { asNobody } from '../harness/nobody.ts';
import { openDescriptors, test } from '../harness/test.ts';
import { noIpv6 } from './loopback.ts';

/** What a kernel without the family, the protocol, the device or our privilege answers. */
const MISSING = ['EAFNOSUPPORT', 'EPROTONOSUPPORT', 'EPERM', 'ENODEV', ...UNTRANSLATED];
const UDP = 17;
const ETHERTYPE_LOCAL_EXPERIMENT = 0x88b5;
const ETHERTYPE_IP = 0x0800;
const LIMIT_MS = 15_000;

const io = new URL('../../src/io.js', import.meta.url).href;

function open(family: SocketFamily, type: SocketType, protocol?: number | string): Socket {
  const socket = Socket.open(family, type, protocol === undefined ? {} : { protocol });
  socket.setTimeout(LIMIT_MS);
  return socket;
}

function netlinkLists(): void {
  using netlink = Netlink.open();
  assert.ok(netlink.links().length > 0);
}

function usersock(type: 'raw' | 'datagram'): void {
  using left = open('netlink', type, 'usersock');
  using right = open('netlink', type, 'usersock');
  left.bind({ portId: 0 });
  right.bind({ portId: 0 });
  left.sendTo(Buffer.from('x'), right.localAddress);
  const { bytes, address } = right.recvFrom(Buffer.alloc(8));
  assert.equal(bytes, 1);
  assert.deepEqual(address, left.localAddress);
}

/** The machine's own address, or null for those who may not ask for it. */
function ownCid(): number | null {
  try {
    return vsockCid();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw error;
  }
}

function vsockEcho(type: 'stream' | 'seqpacket'): string | undefined {
  using listener = open('vsock', type);
  listener.bind({ cid: VSOCK_ADDRESS.anyCid, port: VSOCK_ADDRESS.anyPort });
  listener.listen();
  const { port } = listener.localAddress as { port: number };
  const cid = ownCid();
  if (cid === null) return 'as far as listen(): /dev/vsock is not ours to read';
  using client = open('vsock', type);
  // Without the loopback transport the machine does not reach itself: ENODEV.
  client.connect({ cid, port });
  const { socket: server } = listener.accept();
  using _ = server;
  client.sendAll(Buffer.from('ping'));
  assert.equal(server.recv(Buffer.alloc(8)), 4);
  return undefined;
}

/** Link-layer messages over the loopback interface. */
function packetDatagrams(): void {
  using receiver = open('packet', 'datagram', ETHERTYPE_LOCAL_EXPERIMENT);
  receiver.bind({ link: 'lo', protocol: ETHERTYPE_LOCAL_EXPERIMENT });
  receiver.setOption('PACKET_IGNORE_OUTGOING', true);
  using sender = open('packet', 'datagram');
  const hardwareAddress = '00:00:00:00:00:00';
  const to = { link: 'lo', protocol: ETHERTYPE_LOCAL_EXPERIMENT, hardwareAddress };
  sender.sendTo(Buffer.from('frame'), to);
  const { bytes, address } = receiver.recvFrom(Buffer.alloc(64));
  assert.equal(bytes, 5);
  const { link, protocol, packetType } = address as PacketAddress;
  assert.deepEqual([link, protocol, packetType], [1, ETHERTYPE_LOCAL_EXPERIMENT, 'host']);
}

/** Passes IPv4 packets over UDP to one port, counted from the Ethernet header. */
function filterForPort(port: number) {
  return [
    [0x28, 0, 0, 12],
    [0x15, 0, 5, ETHERTYPE_IP],
    [0x30, 0, 0, 23],
    [0x15, 0, 3, UDP],
    [0x28, 0, 0, 36],
    [0x15, 0, 1, port],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
  ] as const;
}

/** Watches the loopback interface through a filter: of two datagrams it sees one. */
function packetFilter(): void {
  using first = open('ipv4', 'datagram');
  using second = open('ipv4', 'datagram');
  for (const socket of [first, second]) socket.bind({ host: '127.0.0.1', port: 0 });
  const { port } = second.localAddress as InternetAddress;
  using watcher = open('packet', 'raw');
  watcher.setOption('SO_ATTACH_FILTER', filterForPort(port));
  watcher.setOption('PACKET_IGNORE_OUTGOING', true);
  watcher.bind({ link: 'lo', protocol: ETHERTYPE_IP });
  first.sendTo(Buffer.from('not this'), first.localAddress);
  first.sendTo(Buffer.from('but this'), second.localAddress);
  const frame = Buffer.alloc(128);
  const { bytes } = watcher.recvFrom(frame);
  assert.equal(frame.toString('utf8', bytes - 8, bytes), 'but this');
  assert.equal(watcher.tryRecv(frame), null);
  assert.ok(watcher.getOption('PACKET_STATISTICS').packets >= 1);
}

function checksum(packet: Buffer): number {
  let sum = 0;
  for (let at = 0; at < packet.length; at += 2) sum += packet.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~(sum + (sum >>> 16)) & 0xffff;
}

function rawEcho(): void {
  using socket = open('ipv4', 'raw', 'icmp');
  // All but the answer to an echo request, which is type 0, are filtered out.
  socket.setOption('ICMP_FILTER', 2 ** 32 - 2);
  const request = Buffer.from([8, 0, 0, 0, process.pid & 0xff, 7, 0, 1]);
  request.writeUInt16BE(checksum(request), 2);
  socket.sendTo(request, { host: '127.0.0.1', port: 0 });
  const answer = Buffer.alloc(64);
  for (;;) {
    const { bytes, address } = socket.recvFrom(answer);
    // Behind the IP header, which comes along; answers to others come too.
    if (answer.readUInt8(24) !== (process.pid & 0xff)) continue;
    assert.deepEqual([bytes, address], [28, { host: '127.0.0.1', port: 0 }]);
    return;
  }
}

function rawIpv6(): void {
  using socket = open('ipv6', 'raw', UDP);
  socket.setOption('IPV6_CHECKSUM', 6);
  using receiver = open('ipv6', 'datagram');
  receiver.bind({ host: '::1', port: 0 });
  const { port } = receiver.localAddress as InternetAddress;
  const datagram = Buffer.alloc(11, 'raw');
  datagram.writeUInt16BE(9, 0);
  datagram.writeUInt16BE(port, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.writeUInt16BE(0, 6);
  socket.sendTo(datagram, { host: '::1', port: 0 });
  assert.equal(receiver.recv(Buffer.alloc(8)), 3);
}

function canFrames(): void {
  using sender = open('can', 'raw');
  using receiver = open('can', 'raw');
  for (const socket of [sender, receiver]) socket.bind({ can: 'vcan0' });
  sender.send(encodeCanFrame({ id: 0x123, data: Uint8Array.of(1, 2, 3) }));
  const buffer = Buffer.alloc(16);
  assert.equal(receiver.recv(buffer), 16);
  assert.deepEqual([...decodeCanFrame(buffer).data], [1, 2, 3]);
}

function ping(family: 'ipv4' | 'ipv6'): void {
  using socket = open(family, 'datagram', 'icmp');
  const type = family === 'ipv4' ? 8 : 128;
  socket.sendTo(Buffer.from([type, 0, 0, 0, 0, 0, 0, 1]), {
    host: family === 'ipv4' ? '127.0.0.1' : '::1',
    port: 0,
  });
  assert.equal(socket.recvFrom(Buffer.alloc(64)).bytes, 8);
}

/** What each does; a text it returns tells how far it came. */
const TRIES: Readonly<Record<string, () => unknown>> = {
  'vsock stream': () => vsockEcho('stream'),
  'netlink raw, the lists of the kernel': netlinkLists,
  'netlink raw, between programs': () => usersock('raw'),
  'netlink datagram, between programs': () => usersock('datagram'),
  'packet datagram': packetDatagrams,
  'packet raw with a filter': packetFilter,
  'ipv4 raw': rawEcho,
  ...(noIpv6() === false && { 'ipv6 raw': rawIpv6 }),
  'can raw': canFrames,
  'can datagram': () => open('can', 'datagram', 'bcm').close(),
};

for (const [name, attempt] of Object.entries(TRIES)) {
  test(`families: ${name} runs, or the kernel says what is missing`, (context) => {
    try {
      context.diagnostic(`${name}: ran ${attempt() ?? ''}`.trim());
    } catch (error) {
      const { name: kind, code, syscall } = error as NodeJS.ErrnoException;
      if (kind !== 'SystemError') throw error;
      context.diagnostic(`${name}: ${syscall} ${code}`);
      assert.ok(MISSING.includes(code as string), `${error}`);
    }
  });
}

test('families: vsock seqpacket runs, or the transport of this machine has none', (context) => {
  try {
    context.diagnostic(`vsock seqpacket: ran ${vsockEcho('seqpacket') ?? ''}`.trim());
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    context.diagnostic(`vsock seqpacket: ${syscall} ${code}`);
    assert.ok([...MISSING, 'ESOCKTNOSUPPORT'].includes(code as string), `${error}`);
  }
});

for (const family of ['ipv4', 'ipv6'] as const) {
  test(`families: ${family} datagram with icmp pings, or tells which groups may`, (context) => {
    try {
      ping(family);
      context.diagnostic(`${family} icmp: ran`);
    } catch (error) {
      const { code, syscall, message } = error as NodeJS.ErrnoException;
      context.diagnostic(`${family} icmp: ${message}`);
      assert.deepEqual([code, syscall], ['EACCES', 'socket']);
      assert.match(message, /net\.ipv4\.ping_group_range is "\d+ \d+" and leaves out every group/);
      assert.match(message, /sysctl -w net\.ipv4\.ping_group_range=/);
    }
  });
}

test('families: without privileges packet and raw sockets name the capability', async () => {
  const { stdout, stderr } = await asNobody(
    'Socket',
    `for (const [family, type] of [['packet', 'raw'], ['packet', 'datagram'], ['ipv4', 'raw']]) {
        const protocol = family === 'ipv4' ? 'icmp' : 'all';
        try { Socket.open(family, type, { protocol }).close(); }
        catch ({ message }) { console.log(message); }
      }`,
  );
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trim().split('\n'), [
    'socket EPERM: packet sockets of type raw need the capability CAP_NET_RAW',
    'socket EPERM: packet sockets of type datagram need the capability CAP_NET_RAW',
    'socket EPERM: ipv4 sockets of type raw need the capability CAP_NET_RAW',
  ]);
});

test('families: what no family has is refused with the reason', () => {
  const refused: [SocketFamily, SocketType, string | number | undefined, string, RegExp][] = [
    ['ipv4', 'seqpacket', undefined, 'ESOCKTNOSUPPORT', /ipv4 has no sockets of type seqpacket$/],
    ['netlink', 'stream', 'route', 'ESOCKTNOSUPPORT', /netlink has no sockets of type stream$/],
    ['ipv4', 'raw', undefined, 'EPROTONOSUPPORT', /no sockets of type raw without a protocol$/],
    ['netlink', 'raw', 200, 'EPROTONOSUPPORT', /no sockets of type raw with protocol 200$/],
  ];
  for (const [family, type, protocol, code, message] of refused) {
    assert.throws(() => open(family, type, protocol), { code, syscall: 'socket', message });
  }
  assert.throws(() => open('ipv4', 'datagram', 'icpm'), {
    name: 'TypeError',
    message:
      "the protocol of a socket of this family (ipv4) is a number or one of tcp, udp, udplite, sctp, mptcp, raw, icmp, igmp; got 'icpm'",
  });
  assert.throws(() => open('unix', 'datagram', 'udp'), /is a number; got 'udp'$/);
  assert.throws(() => open('packet', 'raw', 65_536), /^RangeError: protocol must be an integer/);
  assert.throws(() => open('ipv4', 'stream', null as never), TypeError);
});

test('families: bind() to an interface that is not there is ENODEV', () => {
  using socket = Socket.open('netlink', 'raw', { protocol: 'route' });
  assert.throws(() => socket.bind({ link: 'lo' }), /a netlink socket is \{ portId, groups \}/);
  assert.throws(() => socket.bind({ link: 'nowhere0' }), {
    code: 'ENODEV',
    syscall: 'if_nametoindex',
    address: 'nowhere0',
  });
});

const noPrlimit = spawnSync('prlimit', ['--version']).error?.message;

test(
  'families: an interface cannot be looked for without a descriptor, which is not its absence',
  async () => {
    const { stdout, stderr } = await runSource(`
      import { execFileSync } from 'node:child_process';
      import { openSync } from 'node:fs';
      import { interfaceIndex } from '${io}';
      console.log(interfaceIndex('lo'));
      execFileSync('prlimit', ['--nofile=60:60', '--pid', String(process.pid)]);
      try { for (;;) openSync('/', 'r'); } catch {}
      try { interfaceIndex('lo'); }
      catch ({ message }) { console.log(message); }
    `);
    assert.equal(stderr, '');
    const [index, message] = stdout.trim().split('\n');
    assert.equal(index, '1');
    assert.match(message ?? '', /^if_nametoindex EMFILE lo: no descriptor is left to ask/);
  },
  { skip: noPrlimit !== undefined && `prlimit does not run here: ${noPrlimit}` },
);

const isFull = process.env['POLYIO_TEST_FULL'] === '1';
const ROUNDS = isFull ? 10_000 : 500;
/** The kernel waits 12 ms for all its readers before it lets go of a packet socket. */
const PACKET_ROUNDS = isFull ? 10_000 : 50;

test(
  `families: ${ROUNDS} sockets of each kind are opened and closed, and none is left`,
  (context) => {
    const kinds: [SocketFamily, SocketType, string | undefined][] = [
      ['ipv4', 'datagram', undefined],
      ['ipv6', 'datagram', undefined],
      ['unix', 'datagram', undefined],
      ['unix', 'seqpacket', undefined],
      ['vsock', 'stream', undefined],
      ['netlink', 'raw', 'route'],
      ['packet', 'datagram', undefined],
      ['ipv4', 'raw', 'icmp'],
      ['can', 'raw', undefined],
    ];
    const before = openDescriptors().size;
    for (const [family, type, protocol] of kinds) {
      const rounds = family === 'packet' ? PACKET_ROUNDS : ROUNDS;
      try {
        for (let count = 0; count < rounds; count++) open(family, type, protocol).close();
        context.diagnostic(`${family} ${type}: ${rounds}`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        assert.ok(MISSING.includes(code as string), `${family} ${type}: ${error}`);
        context.diagnostic(`${family} ${type}: ${code}`);
      }
    }
    assert.equal(openDescriptors().size, before);
  },
  { limitMs: isFull ? 600_000 : 20_000 },
);
