import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeCanFrame, encodeCanFrame } from '../../src/io.ts';
import { test } from '../harness/test.ts';

test('a CAN frame comes back as it went in', () => {
  const data = fc.uint8Array({ maxLength: 8 });
  fc.assert(
    fc.property(fc.nat(0x1fffffff), data, fc.boolean(), fc.boolean(), (id, data, remote, fd) => {
      const extended = id > 0x7ff;
      const frame = { id, data, extended, remote, fd };
      const bytes = encodeCanFrame(frame);
      assert.equal(bytes.length, fd ? 72 : 16);
      assert.deepEqual(decodeCanFrame(bytes), { ...frame, error: false });
    }),
  );
});

test('the bytes are those of struct can_frame', () => {
  const bytes = encodeCanFrame({ id: 0x1234567, data: Uint8Array.of(9, 8), extended: true });
  assert.equal(Buffer.from(bytes).toString('hex'), '67452381020000000908000000000000');
  const error = Buffer.from('04000020080000000000000000000000', 'hex');
  assert.equal(decodeCanFrame(error).error, true);
  const tooLong = Buffer.from('00000000ff0000000102030405060708', 'hex');
  assert.equal(decodeCanFrame(tooLong).data.length, 8);
});

test('frames that no bus carries are refused by name', () => {
  const data = new Uint8Array(8);
  assert.throws(() => encodeCanFrame({ id: 0x800, data }), /^RangeError: id must be an integer/);
  assert.throws(() => encodeCanFrame({ id: 2 ** 29, data, extended: true }), RangeError);
  assert.throws(() => encodeCanFrame({ id: 1, data: new Uint8Array(9) }), /0 to 8 bytes, got 9/);
  const long = new Uint8Array(13);
  assert.throws(() => encodeCanFrame({ id: 1, data: long, fd: true }), /0 to 8, 12, 16, .* got 13/);
  assert.throws(() => encodeCanFrame({ id: 1, data: 'x' as never }), /^TypeError: data must be/);
  assert.throws(() => decodeCanFrame(new Uint8Array(15)), /16 or 72 bytes, got 15/);
});
