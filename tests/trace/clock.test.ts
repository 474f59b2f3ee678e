import assert from 'node:assert/strict';
import { keptTogether, movedNs, readTogether } from '../../src/trace.ts';
import { test } from '../harness/test.ts';

/** A clock that gives these times, and the wall clock so far ahead. */
function clockOf(times: readonly bigint[], ahead: bigint) {
  const left = [...times];
  return (clock: 'monotonic' | 'wall'): bigint => {
    const time = left.shift() as bigint;
    return clock === 'wall' ? time + ahead : time;
  };
}

test('clock: of several readings the closest pair is kept', () => {
  const read = clockOf([0n, 500n, 1_000n, 2_000n, 2_010n, 2_020n, 3_000n, 3_100n, 3_200n], 7_000n);
  const reading = readTogether(read, 3);
  assert.deepEqual(reading, { monotonic: 2_010n, wall: 9_010n, errorNs: 10 });
  assert.throws(() => readTogether(read, 0), /times must be 1 or more, got 0/);
});

test('clock: two readings tell by how much the wall clock was set', () => {
  const first = { monotonic: 1_000n, wall: 1_700_000_000_000_000_000n, errorNs: 50 };
  const after = (ns: bigint, by: bigint) => ({
    monotonic: first.monotonic + ns,
    wall: first.wall + ns + by,
    errorNs: 50,
  });
  assert.equal(movedNs(first, after(5_000_000n, 0n)), 0);
  assert.equal(movedNs(first, after(5_000_000n, -2_000_000_000n)), -2_000_000_000);
  assert.equal(keptTogether(first, after(9n, 20_100n)), true);
  assert.equal(keptTogether(first, after(9n, 20_101n)), false);
  assert.equal(keptTogether(first, after(9n, -1_000_000n)), false);
});
