import assert from 'node:assert/strict';
import fc from 'fast-check';
import { asFd, fdOf, type Handle } from '../../src/platform/fd.ts';
import { test } from '../harness/test.ts';

const FD_MAX = 2 ** 31 - 1;

/** Numbers that C would turn into another, real descriptor (NaN and -0.5 into 0, 2^32 into 0). */
const OUT_OF_RANGE = [
  Number.NaN,
  -1,
  1.5,
  -0.5,
  2 ** 31,
  2 ** 32,
  -(2 ** 31),
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
];

const NO_NUMBERS: readonly unknown[] = ['3', 3n, null, undefined, true, Symbol('fd'), [], {}];

test('asFd takes every integer from 0 to 2^31-1', () => {
  for (const fd of [0, 1, 1023, 1024, FD_MAX]) assert.equal(asFd(fd), fd);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: FD_MAX }), (fd) => {
      assert.equal(asFd(fd), fd);
      assert.equal(fdOf({ fd }), fd);
    }),
  );
});

test('asFd refuses other numbers with a RangeError that shows the value', () => {
  for (const value of OUT_OF_RANGE) {
    const message = `fd must be an integer from 0 to ${FD_MAX}, got ${value}`;
    assert.throws(
      () => asFd(value),
      (error: Error) => error instanceof RangeError && error.message.startsWith(message),
      String(value),
    );
  }
});

test('asFd says of -1 what it means, and names the parameter it was given for', () => {
  assert.throws(() => asFd(-1), /the descriptor is closed or detached/);
  assert.throws(() => asFd(1.5, 'listenerFd'), /^RangeError: listenerFd must be/);
  assert.throws(() => asFd('3', 'listenerFd'), /^TypeError: listenerFd must be a number, got '3'/);
});

test('asFd refuses what is no number with a TypeError', () => {
  for (const value of NO_NUMBERS) assert.throws(() => asFd(value), TypeError, typeof value);
});

test('asFd: whatever comes in, a descriptor or a typed refusal comes out', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const isFd = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= FD_MAX;
      if (typeof value === 'number' && isFd) assert.equal(asFd(value), value);
      else assert.throws(() => asFd(value), typeof value === 'number' ? RangeError : TypeError);
    }),
  );
});

test('fdOf takes a number or any object with fd', () => {
  assert.equal(fdOf(3), 3);
  assert.equal(fdOf({ fd: 4 }), 4);
  const getter = new (class {
    get fd(): number {
      return 5;
    }
  })();
  assert.equal(fdOf(getter), 5);
});

test('fdOf refuses null, text, functions and objects without fd, and says what a handle is', () => {
  const wrong: unknown[] = [null, undefined, '3', 3n, true, {}, [], () => 3];
  for (const value of wrong) {
    assert.throws(() => fdOf(value as Handle), {
      name: 'TypeError',
      message: /^a handle is a descriptor number or an object with fd, got /,
    });
  }
});

test('fdOf checks the number inside the object as well', () => {
  for (const fd of OUT_OF_RANGE) assert.throws(() => fdOf({ fd }), RangeError, String(fd));
  for (const fd of NO_NUMBERS) assert.throws(() => fdOf({ fd } as Handle), TypeError, typeof fd);
});
