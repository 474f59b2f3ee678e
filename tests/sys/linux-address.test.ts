import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type Address,
  addressDetails,
  addressScratch,
  decodeAddress,
  encodeAddress,
  formatAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../../src/sys/address.ts';
import { FAMILY } from '../../src/sys/linux/abi.ts';
import { interfaceIndex } from '../../src/sys/linux/interface.ts';
import { SOCKET } from '../../src/sys/posix/abi.ts';
import { bindAddress, getsockname, openSocket } from '../../src/sys/posix/socket.ts';
import { close } from '../../src/sys/posix/unistd.ts';
import { test } from '../harness/test.ts';

const uint32 = fc.nat(2 ** 32 - 1);

function roundTrip(address: Address): Address {
  const { bytes, size } = encodeAddress(address);
  return decodeAddress(bytes, size);
}

test('linux address: vsock, netlink and CAN addresses come back as they went in', () => {
  fc.assert(
    fc.property(uint32, uint32, fc.nat(2 ** 31 - 1), (a, b, index) => {
      assert.deepEqual(roundTrip({ cid: a, port: b }), { cid: a, port: b });
      assert.deepEqual(roundTrip({ portId: a, groups: b }), { portId: a, groups: b });
      const can = a === 0 && b === 0 ? { can: index } : { can: index, rxId: a, txId: b };
      assert.deepEqual(roundTrip(can), can);
    }),
  );
  assert.deepEqual(roundTrip({ portId: 7 }), { portId: 7, groups: 0 });
  assert.deepEqual(roundTrip({ can: 0 }), { can: 0 });
});

test('linux address: a packet address keeps its protocol and its hardware address', () => {
  const hardware = fc.uint8Array({ minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), fc.nat(65_535), hardware, (link, protocol, bytes) => {
      const hardwareAddress = Buffer.from(bytes)
        .toString('hex')
        .replace(/..(?!$)/g, '$&:');
      const rest = { packetType: 'host', hardwareType: 0 } as const;
      const address = { link, protocol, hardwareAddress };
      assert.deepEqual(roundTrip(address), { ...address, ...rest });
    }),
  );
  assert.deepEqual(roundTrip({ link: 3 }), {
    link: 3,
    protocol: 0,
    packetType: 'host',
    hardwareType: 0,
  });
});

test('linux address: a packet type without a name stays a number', () => {
  const { bytes, size } = encodeAddress({ link: 1 });
  bytes[10] = 4;
  assert.equal((decodeAddress(bytes, size) as { packetType: unknown }).packetType, 'outgoing');
  bytes[10] = 9;
  assert.equal((decodeAddress(bytes, size) as { packetType: unknown }).packetType, 9);
});

test('linux address: the kernel reads and writes netlink addresses the same way', () => {
  const fd = openSocket(FAMILY.AF_NETLINK, SOCKET.SOCK_RAW, 0);
  const { bytes, size } = encodeAddress({ portId: 0, groups: 1 });
  assert.equal(bindAddress(fd, bytes, size), 0);
  resetScratch();
  assert.equal(getsockname(fd, addressScratch, sizeScratch), 0);
  close(fd);
  const bound = scratchAddress();
  assert.ok('portId' in bound && bound.portId > 0 && bound.groups === 1);
});

test('linux address: interfaces go by name too, and a missing one is ENODEV with its name', () => {
  assert.equal(interfaceIndex('lo'), 1);
  assert.equal(interfaceIndex(7), 7);
  assert.deepEqual(encodeAddress({ link: 'lo' }), encodeAddress({ link: 1 }));
  assert.deepEqual(encodeAddress({ can: 'lo' }), encodeAddress({ can: 1 }));
  assert.throws(() => encodeAddress({ link: 'nowhere0' }), {
    name: 'SystemError',
    code: 'ENODEV',
    message: /^if_nametoindex ENODEV nowhere0: there is no network interface of that name$/,
  });
});

test('linux address: what the kernel would cut or misread is refused by name', () => {
  const wrong: readonly [Address, RegExp][] = [
    [{ cid: -1, port: 1 }, /^RangeError: cid must be an integer from 0/],
    [{ cid: 1, port: 2 ** 32 }, /^RangeError: port must be/],
    [{ cid: 1, port: '1' as unknown as number }, /^TypeError: port must be a number/],
    [{ portId: Number.NaN }, /^RangeError: portId must be/],
    [{ portId: 0, groups: 1.5 }, /^RangeError: groups must be/],
    [{ link: -1 }, /^RangeError: link must be/],
    [{ link: '' }, /^RangeError: link must have 1 to 15 bytes/],
    [{ link: 'sixteen-bytes-xx' }, /^RangeError: link must have 1 to 15 bytes/],
    [{ link: null as unknown as string }, /^TypeError: link must be an interface's name/],
    [{ link: 1, protocol: 65_536 }, /^RangeError: protocol must be/],
    [{ link: 1, hardwareAddress: '1:2' }, /^TypeError: hardwareAddress must be 1 to 8 bytes/],
    [{ link: 1, hardwareAddress: `${'00:'.repeat(8)}00` }, /^TypeError: hardwareAddress must be/],
    [{ can: 1, rxId: -1 }, /^RangeError: rxId must be/],
  ];
  for (const [address, message] of wrong) assert.throws(() => encodeAddress(address), message);
});

test('linux address: for people and for errors', () => {
  const shown: readonly [Address, string][] = [
    [{ cid: 2, port: 80 }, 'vsock 2:80'],
    [{ portId: 0 }, 'netlink 0'],
    [{ portId: 9, groups: 17 }, 'netlink 9 groups 0x11'],
    [{ link: 'lo', protocol: 0x800 }, 'link lo 0x0800'],
    [{ link: 2, hardwareAddress: '02:00:00:00:00:01' }, 'link 2 0x0000 02:00:00:00:00:01'],
    [{ can: 'vcan0' }, 'can vcan0'],
  ];
  for (const [address, text] of shown) assert.equal(formatAddress(address), text);
  assert.deepEqual(addressDetails({ cid: 2, port: 80 }), { address: 'vsock 2', port: 80 });
  assert.deepEqual(addressDetails({ portId: 3 }), { address: 'netlink 3' });
});
