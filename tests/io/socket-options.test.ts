import assert from 'node:assert/strict';
import { SOCKET_OPTIONS } from '../../src/io/socket-options.ts';
import { Socket, type SocketOption, type SocketOptionValue, socketPair } from '../../src/io.ts';
import { ERRNO, POLL, SOCKET, TCP } from '../../src/sys/posix/abi.ts';
import { pollFd } from '../../src/sys/posix/poll.ts';
import { test } from '../harness/test.ts';
import { connectedPair, refusingAddress } from './loopback.ts';

/** A value to set, and what reading gives afterwards when that is something else. */
type Sample<Name extends SocketOption> = readonly [
  value: SocketOptionValue<Name>,
  expected?: (value: SocketOptionValue<Name>) => boolean,
];

/** What the kernel says where privileges or the option's own rules forbid it. */
const REFUSALS = ['EPERM', 'ENOPROTOOPT', 'ENOTSUP', 'EINVAL', 'ENODEV'];

const SAMPLES: { readonly [Name in SocketOption]: Sample<Name> | 'read-only' } = {
  SO_ACCEPTCONN: 'read-only',
  SO_BINDTODEVICE: ['lo'],
  SO_BROADCAST: [true],
  SO_BUSY_POLL: [50],
  SO_DEBUG: [true],
  SO_DOMAIN: 'read-only',
  SO_DONTROUTE: [true],
  SO_ERROR: 'read-only',
  SO_INCOMING_CPU: [0],
  SO_KEEPALIVE: [true],
  SO_LINGER: [{ on: true, seconds: 5 }],
  SO_MARK: [7],
  SO_OOBINLINE: [true],
  SO_PASSCRED: [true],
  SO_PRIORITY: [5],
  SO_PROTOCOL: 'read-only',
  SO_RCVBUF: [20_000, (value) => value === 40_000],
  SO_RCVBUFFORCE: [20_000],
  SO_RCVLOWAT: [3],
  SO_RCVTIMEO: [2_000],
  SO_REUSEADDR: [true],
  SO_REUSEPORT: [true],
  SO_SNDBUF: [20_000, (value) => value === 40_000],
  SO_SNDBUFFORCE: [20_000],
  SO_SNDLOWAT: [3],
  SO_SNDTIMEO: [1_000.5, (value) => value >= 1_000.5 && value <= 1_020],
  SO_TIMESTAMP: [true],
  SO_TYPE: 'read-only',
  SO_ZEROCOPY: [true],
  IP_BIND_ADDRESS_NO_PORT: [true],
  IP_FREEBIND: [true],
  IP_MTU_DISCOVER: [2],
  IP_TOS: [0x10],
  IP_TRANSPARENT: [true],
  IP_TTL: [7],
  IPV6_TCLASS: [0x20],
  IPV6_UNICAST_HOPS: [9],
  IPV6_V6ONLY: [true],
  TCP_CONGESTION: ['reno'],
  TCP_CORK: [true],
  TCP_DEFER_ACCEPT: [3, (value) => value >= 3],
  TCP_FASTOPEN: [5],
  TCP_FASTOPEN_CONNECT: [true],
  TCP_KEEPCNT: [4],
  TCP_KEEPIDLE: [30],
  TCP_KEEPINTVL: [10],
  TCP_LINGER2: [20],
  TCP_MAXSEG: [1_000],
  TCP_NODELAY: [true],
  TCP_NOTSENT_LOWAT: [16_384],
  TCP_QUICKACK: [false],
  TCP_SYNCNT: [4],
  TCP_USER_TIMEOUT: [10_000],
  TCP_WINDOW_CLAMP: [30_000],
};

function familyFor(name: SocketOption): 'ipv4' | 'ipv6' | 'unix' {
  if (name === 'SO_PASSCRED') return 'unix';
  return name.startsWith('IPV6_') ? 'ipv6' : 'ipv4';
}

/** Sets and reads back one option: nothing may be accepted and then ignored. */
function roundTrip<Name extends SocketOption>(name: Name, sample: Sample<Name>): string {
  using socket = Socket.open(familyFor(name), 'stream');
  const [value, isExpected] = sample;
  try {
    socket.setOption(name, value);
    const read = socket.getOption(name);
    if (isExpected === undefined) assert.deepEqual(read, value, name);
    else assert.ok(isExpected(read), `${name} reads ${read}`);
    return 'kept';
  } catch (error) {
    if ((error as Error).name !== 'SystemError') throw error;
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    assert.ok(REFUSALS.includes(code as string), `${name}: ${message}`);
    assert.equal(message, `${syscall} ${code}: ${name}`);
    return code as string;
  }
}

test('every option reads back as it was set, or throws', (context) => {
  assert.deepEqual(Object.keys(SAMPLES).sort(), Object.keys(SOCKET_OPTIONS).sort());
  const results = new Map<string, string>();
  for (const name of Object.keys(SAMPLES) as SocketOption[]) {
    const sample = SAMPLES[name];
    if (sample === 'read-only') continue;
    results.set(name, roundTrip(name, sample as Sample<typeof name>));
  }
  const refused = [...results].filter(([, result]) => result !== 'kept');
  context.diagnostic(`refused here: ${refused.map((pair) => pair.join(' ')).join(', ') || 'none'}`);
  assert.ok(results.size - refused.length >= 35, `${refused}`);
});

test('options that can only be read throw a TypeError that says so', () => {
  using socket = Socket.open('ipv4', 'stream');
  for (const [name, sample] of Object.entries(SAMPLES)) {
    if (sample !== 'read-only') continue;
    assert.throws(() => socket.setOption(name as 'SO_TYPE', 1), {
      name: 'TypeError',
      message: `${name} can only be read`,
    });
  }
  assert.equal(socket.getOption('SO_TYPE'), SOCKET.SOCK_STREAM);
  assert.equal(socket.getOption('SO_DOMAIN'), SOCKET.AF_INET);
  assert.equal(socket.getOption('SO_ERROR'), 0);
  assert.equal(socket.getOption('SO_ACCEPTCONN'), false);
  socket.listen();
  assert.equal(socket.getOption('SO_ACCEPTCONN'), true);
});

test('a value of the wrong kind is refused by name', () => {
  using socket = Socket.open('ipv4', 'stream');
  const wrong: [SocketOption, unknown, string, RegExp][] = [
    ['SO_KEEPALIVE', 1, 'TypeError', /^SO_KEEPALIVE must be a boolean, got 1$/],
    ['SO_SNDBUF', true, 'TypeError', /^SO_SNDBUF must be a number, got true$/],
    ['SO_SNDBUF', 1.5, 'RangeError', /^SO_SNDBUF must be an integer/],
    ['SO_SNDBUF', 2 ** 31, 'RangeError', /^SO_SNDBUF must be an integer/],
    ['SO_LINGER', 5, 'TypeError', /^SO_LINGER must be \{ on, seconds \}, got 5$/],
    ['SO_LINGER', { on: 1, seconds: 0 }, 'TypeError', /^SO_LINGER.on must be a boolean/],
    ['SO_LINGER', { on: true, seconds: -1 }, 'RangeError', /^SO_LINGER.seconds must be/],
    ['SO_RCVTIMEO', '5', 'TypeError', /^SO_RCVTIMEO must be a number of milliseconds/],
    ['SO_RCVTIMEO', Number.NaN, 'RangeError', /^SO_RCVTIMEO must be 0 to/],
    ['TCP_CONGESTION', 5, 'TypeError', /^TCP_CONGESTION must be a string/],
    ['SO_BINDTODEVICE', 'a-name-of-16-byt', 'RangeError', /^SO_BINDTODEVICE must be at most 15/],
    ['SO_BINDTODEVICE', 'l\0o', 'RangeError', /none of them zero/],
    ['toString' as SocketOption, 1, 'TypeError', /^no socket option has the name 'toString'/],
  ];
  for (const [name, value, kind, message] of wrong) {
    assert.throws(() => socket.setOption(name, value as never), { name: kind, message });
  }
  assert.throws(() => socket.getOption('SO_NOTHING' as SocketOption), TypeError);
});

test('an option of another kind of socket is what the kernel says', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.throws(() => left.setOption('TCP_NODELAY', true), {
    code: 'ENOTSUP',
    syscall: 'setsockopt',
    message: 'setsockopt ENOTSUP: TCP_NODELAY',
  });
});

test('SO_REUSEADDR, SO_REUSEPORT and IP_FREEBIND act when set before bind()', () => {
  using first = Socket.open('ipv4', 'stream');
  using second = Socket.open('ipv4', 'stream');
  for (const socket of [first, second]) socket.setOption('SO_REUSEPORT', true);
  first.bind({ host: '127.0.0.1', port: 0 });
  first.listen();
  second.bind(first.localAddress);
  second.listen();
  using third = Socket.open('ipv4', 'stream');
  assert.throws(() => third.bind({ host: '192.0.2.1', port: 0 }), { code: 'EADDRNOTAVAIL' });
  third.setOption('IP_FREEBIND', true);
  third.bind({ host: '192.0.2.1', port: 0 });
  third.setReuseAddress(true);
  assert.equal(third.getOption('SO_REUSEADDR'), true);
  third.setReuseAddress(false);
  assert.equal(third.getOption('SO_REUSEADDR'), false);
});

test('TCP_USER_TIMEOUT and SO_LINGER read back on a connection', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  left.setOption('TCP_USER_TIMEOUT', 10_000);
  assert.equal(left.getOption('TCP_USER_TIMEOUT'), 10_000);
  assert.deepEqual(left.getOption('SO_LINGER'), { on: false, seconds: 0 });
});

test('SO_ERROR gives the pending error and takes it away', () => {
  const { holder, address } = refusingAddress();
  using _ = holder;
  using socket = Socket.open('ipv4', 'stream');
  socket.setBlocking(false);
  assert.equal(socket.startConnect(address), false);
  assert.ok(pollFd(socket.fd, POLL.POLLOUT, 5_000) > 0);
  assert.equal(socket.getOption('SO_ERROR'), ERRNO.ECONNREFUSED);
  assert.equal(socket.getOption('SO_ERROR'), 0);
});

test('raw options take any number', () => {
  using socket = Socket.open('ipv4', 'stream');
  const { SOL_SOCKET, SO_KEEPALIVE } = SOCKET;
  socket.setRawOption(SOL_SOCKET, SO_KEEPALIVE, Uint8Array.of(1, 0, 0, 0));
  assert.equal(socket.getOption('SO_KEEPALIVE'), true);
  assert.deepEqual([...socket.getRawOption(SOL_SOCKET, SO_KEEPALIVE, 4)], [1, 0, 0, 0]);
  assert.equal(socket.getRawOption(SOL_SOCKET, SO_KEEPALIVE, 64).length, 4);
  const start = Buffer.from(socket.getRawOption(6, TCP.TCP_CONGESTION, 2)).toString();
  assert.equal(start, socket.getOption('TCP_CONGESTION').slice(0, 2));
});

test('raw options check their arguments and throw what the kernel says', () => {
  using socket = Socket.open('ipv4', 'stream');
  assert.throws(() => socket.setRawOption(1, 9_999, new Uint8Array(4)), {
    code: 'ENOPROTOOPT',
    message: 'setsockopt ENOPROTOOPT: 1/9999',
  });
  assert.throws(() => socket.getRawOption(1, 9_999, 4), { syscall: 'getsockopt' });
  assert.throws(() => socket.getRawOption(1, 9, -1), RangeError);
  assert.throws(() => socket.getRawOption(Number.NaN, 9, 4), RangeError);
  assert.throws(() => socket.setRawOption(1, 9, 'x' as unknown as Uint8Array), TypeError);
});
