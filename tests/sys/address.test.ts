import assert from 'node:assert/strict';
import { isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import {
  type Address,
  addressDetails,
  addressScratch,
  decodeAddress,
  decodeHost,
  encodeAddress,
  encodeHost,
  formatAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../../src/sys/address.ts';
import { SOCKET } from '../../src/sys/posix/abi.ts';
import { bindAddress, getsockname, openSocket } from '../../src/sys/posix/socket.ts';
import { close } from '../../src/sys/posix/unistd.ts';
import { test } from '../harness/test.ts';

const PATH_MAX = 107;

/** Into the kernel's form and back. */
function roundTrip(address: Address): Address {
  const { bytes, size } = encodeAddress(address);
  return decodeAddress(bytes, size);
}

/** What Node makes of the same text. */
function nodesForm(host: string): string {
  return new SocketAddress({ address: host, family: isIPv6(host) ? 'ipv6' : 'ipv4' }).address;
}

const port = fc.nat(65_535);

/** Eight words in which zeros, and runs of them, are common: the interesting part of the form. */
const words = fc.array(fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff)), {
  minLength: 8,
  maxLength: 8,
});

test('address: every IPv4 address comes back as it went in, and as Node writes it', () => {
  fc.assert(
    fc.property(fc.ipV4(), port, (host, port) => {
      assert.deepEqual(roundTrip({ host, port }), { host: nodesForm(host), port });
    }),
  );
});

test('address: every text of an IPv6 address is read and written as Node does', () => {
  fc.assert(
    fc.property(fc.ipV6(), port, (host, port) => {
      assert.deepEqual(roundTrip({ host, port }), { host: nodesForm(host), port });
    }),
    { numRuns: 1_000 },
  );
});

test('address: runs of zeros and embedded IPv4 addresses are written as Node does', () => {
  fc.assert(
    fc.property(words, (words) => {
      const host = words.map((word) => word.toString(16)).join(':');
      assert.deepEqual(roundTrip({ host, port: 1 }), { host: nodesForm(host), port: 1 });
    }),
    { numRuns: 2_000 },
  );
  const known = ['::', '::1', '1::', '::ffff:127.0.0.1', '::1.2.3.4', '1:0:0:2::3', '::FFFF:0:0'];
  for (const host of known) {
    assert.deepEqual(roundTrip({ host, port: 0 }), { host: nodesForm(host), port: 0 });
  }
});

test('address: the form that comes out goes in again', () => {
  fc.assert(
    fc.property(words, (words) => {
      const host = words.map((word) => word.toString(16)).join(':');
      const { bytes, size } = encodeAddress({ host, port: 80 });
      const again = encodeAddress(decodeAddress(bytes, size));
      assert.deepEqual(again.bytes, bytes);
    }),
  );
});

test('address: the kernel reads and writes them the same way', () => {
  const inUse: readonly [number, Address][] = [
    [SOCKET.AF_INET, { host: '127.0.0.1', port: 0 }],
    [SOCKET.AF_INET6, { host: '::1', port: 0 }],
    [SOCKET.AF_UNIX, { abstract: `polyio-test-${process.pid}` }],
  ];
  for (const [family, address] of inUse) {
    const fd = openSocket(family, SOCKET.SOCK_STREAM, 0);
    const { bytes, size } = encodeAddress(address);
    assert.equal(bindAddress(fd, bytes, size), 0);
    resetScratch();
    assert.equal(getsockname(fd, addressScratch, sizeScratch), 0);
    const bound = scratchAddress();
    close(fd);
    if ('port' in bound) assert.ok(bound.port > 0);
    assert.deepEqual('port' in bound ? { ...bound, port: 0 } : bound, address);
  }
});

test('address: the scope of a link-local address is kept, 0 is left out', () => {
  assert.deepEqual(roundTrip({ host: 'fe80::1', port: 9, scope: 2 }), {
    host: 'fe80::1',
    port: 9,
    scope: 2,
  });
  assert.deepEqual(roundTrip({ host: 'fe80::1', port: 9, scope: 0 }), { host: 'fe80::1', port: 9 });
  assert.throws(() => roundTrip({ host: 'fe80::1', port: 9, scope: 2 ** 32 }), RangeError);
  assert.throws(() => roundTrip({ host: 'fe80::1', port: 9, scope: -1 }), RangeError);
});

test('address: a host that is no numeric address is refused by name', () => {
  const hosts: unknown[] = [
    ...['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '127.0.0.1 ', '1.2.3.4:80'],
    ...['[::1]', '::g', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'fe80::1%lo', '::1.2.3'],
    ...[null, undefined, 3, {}, [], ['127.0.0.1'], { toString: () => '127.0.0.1' }],
  ];
  for (const host of hosts) {
    assert.throws(() => encodeAddress({ host: host as string, port: 80 }), {
      name: 'TypeError',
      message:
        /^host must be a numeric IPv4 or IPv6 address, got .*; resolve names with dns.lookup/,
    });
  }
});

test('address: a port is an integer from 0 to 65535', () => {
  for (const port of [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => encodeAddress({ host: '::1', port }), /^RangeError: port must be/);
  }
  for (const port of ['80', null, undefined, 80n]) {
    const address = { host: '::1', port: port as unknown as number };
    assert.throws(() => encodeAddress(address), /^TypeError: port must be/);
  }
});

test('address: paths and abstract names of up to 107 bytes come back as they went in', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: PATH_MAX });
  fc.assert(
    fc.property(name, (name) => {
      fc.pre(Buffer.byteLength(name) <= PATH_MAX);
      assert.deepEqual(roundTrip({ abstract: name }), { abstract: name });
      if (!name.includes('\0')) assert.deepEqual(roundTrip({ path: name }), { path: name });
    }),
  );
  const longest = 'p'.repeat(PATH_MAX);
  assert.deepEqual(roundTrip({ path: longest }), { path: longest });
  assert.deepEqual(roundTrip({ abstract: longest }), { abstract: longest });
  assert.deepEqual(roundTrip({ abstract: 'a\0b' }), { abstract: 'a\0b' });
});

test('address: the size counts the closing zero of a path and the leading one of a name', () => {
  assert.equal(encodeAddress({ path: 'abc' }).size, 2 + 3 + 1);
  assert.equal(encodeAddress({ abstract: 'abc' }).size, 2 + 1 + 3);
  assert.equal(encodeAddress({ path: 'p'.repeat(PATH_MAX) }).size, 110);
});

test('address: 108 bytes, an empty name, a zero byte in a path, and no text are refused', () => {
  const long = 'p'.repeat(PATH_MAX + 1);
  assert.throws(
    () => encodeAddress({ path: long }),
    /^RangeError: path must be at most 107 bytes, got 108/,
  );
  assert.throws(() => encodeAddress({ abstract: long }), /^RangeError: abstract must be at most/);
  assert.throws(() => encodeAddress({ path: 'é'.repeat(54) }), /got 108/, 'bytes, not characters');
  assert.throws(() => encodeAddress({ path: '' }), /^RangeError: path must not be empty/);
  assert.throws(() => encodeAddress({ abstract: '' }), /^RangeError: abstract must not be empty/);
  assert.throws(() => encodeAddress({ path: 'a\0b' }), /^RangeError: path must not contain a zero/);
  for (const path of [3, null, undefined, ['a'], new Uint8Array(2)]) {
    const address = { path: path as unknown as string };
    assert.throws(() => encodeAddress(address), /^TypeError: path must be a string, got/);
  }
});

test('address: what is none is refused with the forms that there are', () => {
  for (const wrong of [
    null,
    undefined,
    80,
    '127.0.0.1:80',
    {},
    [],
    { port: 80 },
    { unnamed: true },
  ]) {
    assert.throws(() => encodeAddress(wrong as Address), {
      name: 'TypeError',
      message: /^an address is { host, port }, { path }, { abstract }, .* or { can }, got /,
    });
  }
});

test('address: an unnamed socket, and an answer shorter than a family', () => {
  const bytes = new Uint8Array(128);
  bytes[0] = SOCKET.AF_UNIX;
  assert.deepEqual(decodeAddress(bytes, 2), { unnamed: true });
  assert.deepEqual(decodeAddress(bytes, 0), { unnamed: true });
});

test('address: hosts alone, as bytes and back', () => {
  for (const host of ['0.0.0.0', '192.0.2.1', '::', '2001:db8::1', '::ffff:1.2.3.4']) {
    assert.equal(decodeHost(encodeHost(host, 'group')), nodesForm(host));
  }
  for (const host of ['', 'localhost', 'fe80::1%lo', 5, null, ['1.2.3.4']]) {
    assert.throws(() => encodeHost(host, 'group'), /^TypeError: group must be a numeric IPv4 or/);
  }
});

test('address: for people and for errors', () => {
  const shown: readonly [Address, string][] = [
    [{ host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
    [{ host: '::1', port: 80 }, '[::1]:80'],
    [{ path: '/run/a' }, '/run/a'],
    [{ abstract: 'a' }, '@a'],
    [{ unnamed: true }, '(unnamed)'],
  ];
  for (const [address, text] of shown) assert.equal(formatAddress(address), text);
  assert.deepEqual(addressDetails({ host: '::1', port: 80 }), { address: '::1', port: 80 });
  assert.deepEqual(addressDetails({ path: '/run/a' }), { address: '/run/a' });
});
