import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { REFUSED_OPTIONS, SOCKET_OPTIONS } from '../../src/io/options/table.ts';
import { Socket, type SocketOption, type SocketOptionInput, socketPair } from '../../src/io.ts';
import { ERRNO, POLL, SOCKET, TCP } from '../../src/sys/abi.ts';
import { pollFd } from '../../src/sys/poll.ts';
import { test } from '../harness/test.ts';
import { connectedPair, listenOnLoopback, noIpv6, refusingAddress } from './loopback.ts';
import { CASES, type Case, MANUAL, type Opening, usualOpening } from './option-cases.ts';

const CAP_NET_ADMIN = 12n;

/** What root may do depends on where it runs. */
const isPrivileged = (() => {
  const [, set = '0'] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return ((BigInt(`0x${set}`) >> CAP_NET_ADMIN) & 1n) === 1n;
})();

const MISSING = ['EAFNOSUPPORT', 'EPROTONOSUPPORT', 'EPERM'];

function codeOf(call: () => void, name: string): string {
  try {
    call();
    return 'done';
  } catch (error) {
    const { code, message, syscall } = error as NodeJS.ErrnoException;
    if ((error as Error).name !== 'SystemError') throw error;
    assert.equal(message, `${syscall} ${code}: ${name}`);
    return code as string;
  }
}

/** Opens the socket of a case, or gives the error of the kernel that has none. */
function openFor([family, type, protocol]: Opening): Socket | string {
  try {
    return Socket.open(family, type, protocol === undefined ? {} : { protocol });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    assert.ok(MISSING.includes(code as string), `${family} ${type}: ${error}`);
    return code as string;
  }
}

/** Sets and reads back one option: nothing may be accepted and then ignored. */
function tryOption<Name extends SocketOption>(name: Name, given: Case<Name>): string {
  const socket = openFor(given.on ?? usualOpening(name));
  if (typeof socket === 'string') return `no socket: ${socket}`;
  using _ = socket;
  const { access } = SOCKET_OPTIONS[name];
  let isSet = false;
  if (given.after !== undefined) {
    const [first, firstValue] = given.after;
    const code = codeOf(() => socket.setOption(first, firstValue as never), first);
    if (code === 'EPERM' && !isPrivileged) return 'EPERM';
    assert.equal(code, 'done', `setting ${first} before ${name}`);
  }
  if (access !== 'read') {
    const value = given.set as SocketOptionInput<Name>;
    const code = codeOf(() => socket.setOption(name, value), name);
    const expected = given.setFails ?? 'done';
    const refusal = given.privileged === true ? 'EPERM' : given.privileged;
    if (code === refusal && !isPrivileged) return refusal;
    assert.equal(code, expected, `setting ${name}`);
    isSet = code === 'done';
  }
  if (access === 'write') return isSet ? 'set' : String(given.setFails);
  let read: unknown;
  const code = codeOf(() => {
    read = socket.getOption(name);
  }, name);
  assert.equal(code, given.readFails ?? 'done', `reading ${name}`);
  if (code !== 'done') return code;
  const wanted: unknown = given.reads ?? given.set;
  if (typeof wanted === 'function') assert.ok(wanted(read), `${name} reads ${read}`);
  else assert.deepEqual(read, wanted, name);
  return isSet ? 'kept' : (given.setFails ?? 'read');
}

test('every option reads back as it was set, or throws exactly what the kernel says', (context) => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(SOCKET_OPTIONS).sort());
  const byResult = new Map<string, string[]>();
  for (const name of Object.keys(CASES) as SocketOption[]) {
    const result = tryOption(name, CASES[name] as Case<typeof name>);
    byResult.set(result, [...(byResult.get(result) ?? []), name]);
  }
  for (const [result, names] of byResult) {
    const list = ['kept', 'read', 'set'].includes(result) ? '' : `: ${names.join(' ')}`;
    context.diagnostic(`${result} ${names.length}${list}`);
  }
  assert.ok((byResult.get('kept') ?? []).length >= 70);
});

test('every option of the manual pages has a name here, or is refused with a reason', (context) => {
  for (const [page, text] of Object.entries(MANUAL)) {
    const names = text.split(/\s+/);
    const refused = names.filter((name) => Object.hasOwn(REFUSED_OPTIONS, name));
    for (const name of names) {
      const isThere = Object.hasOwn(SOCKET_OPTIONS, name) || refused.includes(name);
      assert.ok(isThere, `${name} of ${page}`);
    }
    const without = refused.length === 0 ? '' : `, refused: ${refused.join(' ')}`;
    context.diagnostic(`${page}: ${names.length} options${without}`);
  }
  using socket = Socket.open('ipv4', 'stream');
  for (const [name, reason] of Object.entries(REFUSED_OPTIONS)) {
    const message = `${name} is no option that can be set or read: ${reason}`;
    assert.throws(() => socket.setOption(name as 'SO_DEBUG', true), { name: 'TypeError', message });
    assert.throws(() => socket.getOption(name as 'SO_DEBUG'), { name: 'TypeError', message });
  }
});

test('an option on the wrong kind of socket is a TypeError that names the right kind', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  using internet = Socket.open('ipv4', 'stream');
  let refused = 0;
  for (const name of Object.keys(SOCKET_OPTIONS) as SocketOption[]) {
    const { scope } = SOCKET_OPTIONS[name];
    const wrong = [left, internet].find((socket) => !scope.has(socket));
    if (wrong === undefined) continue;
    const kind = `${wrong.family} of type stream`;
    const message = `${name} is an option of ${scope.words}; this one is ${kind}`;
    assert.throws(() => wrong.getOption(name), { name: 'TypeError', message });
    const given = CASES[name].set as never;
    assert.throws(() => wrong.setOption(name, given), { name: 'TypeError', message });
    refused++;
  }
  assert.ok(refused > 100, `${refused}`);
});

test('options that can only be read, or only set, throw a TypeError that says so', () => {
  for (const name of Object.keys(SOCKET_OPTIONS) as SocketOption[]) {
    const { access } = SOCKET_OPTIONS[name];
    const socket = access === 'both' ? '' : openFor(CASES[name].on ?? usualOpening(name));
    if (typeof socket === 'string') continue;
    using _ = socket;
    const call = () =>
      access === 'read' ? socket.setOption(name, 1 as never) : socket.getOption(name);
    const message = `${name} can only be ${access === 'read' ? 'read' : 'set'}`;
    assert.throws(call, { name: 'TypeError', message });
  }
  using socket = Socket.open('ipv4', 'stream');
  assert.equal(socket.getOption('SO_TYPE'), SOCKET.SOCK_STREAM);
  socket.listen();
  assert.equal(socket.getOption('SO_ACCEPTCONN'), true);
});

test('options that need a connection', () => {
  using udp = Socket.open('ipv4', 'datagram');
  udp.connect({ host: '127.0.0.1', port: 9 });
  assert.ok(udp.getOption('IP_MTU') > 1_000);
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  const { pid, uid, gid } = left.getOption('SO_PEERCRED');
  assert.deepEqual([pid, uid, gid], [process.pid, process.geteuid?.(), process.getegid?.()]);
  assert.deepEqual([...left.getOption('SO_PEERGROUPS')].sort(), [...groups()].sort());
  if (noIpv6() !== false) return;
  using udp6 = Socket.open('ipv6', 'datagram');
  udp6.connect({ host: '::1', port: 9 });
  assert.ok(udp6.getOption('IPV6_MTU') >= 1_280);
  const { listener, address } = listenOnLoopback();
  using ___ = listener;
  using mapped = Socket.open('ipv6', 'stream');
  mapped.connect({ host: `::ffff:${address.host}`, port: address.port });
  mapped.setOption('IPV6_ADDRFORM', SOCKET.AF_INET);
  assert.equal(mapped.getOption('SO_DOMAIN'), SOCKET.AF_INET);
});

/** The supplementary groups of this process, as the kernel lists them. */
function groups(): number[] {
  const [, list = ''] = /^Groups:(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.trim() === '' ? [] : list.trim().split(/\s+/).map(Number);
}

test('options that are only set act', () => {
  using socket = Socket.open('ipv4', 'datagram');
  socket.setOption('IP_ADD_MEMBERSHIP', { group: '239.255.3.4', interface: 'lo' });
  const memberships = () => readFileSync('/proc/net/igmp', 'utf8').includes('0403FFEF');
  assert.equal(memberships(), true);
  socket.setOption('IP_DROP_MEMBERSHIP', { group: '239.255.3.4', interface: 'lo' });
  assert.equal(memberships(), false);
  const group = { group: '239.255.3.5', address: '127.0.0.1' };
  socket.setOption('IP_ADD_MEMBERSHIP', group);
  socket.setOption('IP_MSFILTER', { ...group, mode: 'exclude', sources: ['127.0.0.2'] });
  assert.match(readFileSync('/proc/net/mcfilter', 'utf8'), /0xefff0305 0x7f000002 +0 +1/);
  // Some kernels want a privilege for it.
  if (!isPrivileged) return;
  socket.setOption('SO_ATTACH_FILTER', [[0x06, 0, 0, 0]]);
  assert.deepEqual(socket.getOption('SO_ATTACH_FILTER'), [[0x06, 0, 0, 0]]);
  socket.setOption('SO_DETACH_FILTER', true);
  assert.deepEqual(socket.getOption('SO_ATTACH_FILTER'), []);
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
    ['SO_MARK', -1, 'RangeError', /^SO_MARK must be an integer from 0 to 4294967295/],
    ['SO_MAX_PACING_RATE', -1, 'RangeError', /^SO_MAX_PACING_RATE must be an integer from 0/],
    ['SO_DETACH_FILTER', false, 'TypeError', /^SO_DETACH_FILTER must be true, got false$/],
    ['SO_ATTACH_FILTER', [], 'RangeError', /^the length of SO_ATTACH_FILTER must be/],
    ['SO_ATTACH_FILTER', [[1, 2, 3]], 'TypeError', /^SO_ATTACH_FILTER\[0\] must be \[code, jt/],
    ['SO_ATTACH_FILTER', [[6, 0, 256, 0]], 'RangeError', /^SO_ATTACH_FILTER\[0\]\[2\] must be/],
    ['IP_OPTIONS', [1], 'TypeError', /^IP_OPTIONS must be a Uint8Array/],
    ['IP_ADD_MEMBERSHIP', 'x', 'TypeError', /^IP_ADD_MEMBERSHIP must be \{ group, interface \}/],
    ['IP_ADD_MEMBERSHIP', { group: '::1' }, 'TypeError', /^IP_ADD_MEMBERSHIP.group must be a num/],
    ['IP_MULTICAST_IF', { interface: 'none0' }, 'SystemError', /^if_nametoindex ENODEV none0/],
    ['toString' as SocketOption, 1, 'TypeError', /^no socket option has the name 'toString'/],
  ];
  for (const [name, value, kind, message] of wrong) {
    assert.throws(() => socket.setOption(name, value as never), { name: kind, message });
  }
  assert.throws(() => socket.getOption('SO_NOTHING' as SocketOption), TypeError);
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
