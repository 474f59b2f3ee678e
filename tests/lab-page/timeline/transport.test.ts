import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tickLabel, ticksOf } from '../../../lab-page/src/timeline/axis.ts';
import {
  advance,
  clampRange,
  followRange,
  nextSpeed,
  panRange,
  pleasantSpeed,
  SPEEDS,
  zoomRange,
} from '../../../lab-page/src/timeline/transport.ts';
import { test } from '../../harness/test.ts';

const SEED = 20_261_125;
const DURATION = 80_000_000;
const AT = fc.double({ min: 0, max: DURATION, noNaN: true });
const RANGE = fc
  .tuple(AT, AT)
  .map(([a, b]) => clampRange([Math.min(a, b), Math.max(a, b)], DURATION));

test('timeline transport: speeds go from real time to a ten thousandth, each to the next', () => {
  assert.equal(SPEEDS[0], 1);
  assert.equal(SPEEDS.at(-1), 10_000);
  const upward = [1];
  while (upward.at(-1) !== 10_000) upward.push(nextSpeed(upward.at(-1) as number, 1));
  assert.deepEqual(upward, [...SPEEDS]);
  const downward = [10_000];
  while (downward.at(-1) !== 1) downward.push(nextSpeed(downward.at(-1) as number, -1));
  assert.deepEqual(downward.reverse(), [...SPEEDS]);
  assert.equal(nextSpeed(10_000, 1), 10_000);
  assert.equal(nextSpeed(1, -1), 1);
  assert.equal(nextSpeed(30, 1), 50);
});

test('timeline transport: a replay takes about twenty seconds whatever the length of the run', () => {
  assert.equal(pleasantSpeed(80e6), 200);
  assert.equal(pleasantSpeed(60e9), 1);
  assert.equal(pleasantSpeed(1), 10_000);
});

test('timeline transport: a second of watching is a second divided by the speed', () => {
  assert.equal(advance(500, 1_000, 1), 1_000_000_500);
  assert.equal(advance(500, 1_000, 10_000), 100_500);
});

test('timeline transport: ranges stay within the run, however they are zoomed and moved', () => {
  const steps = fc.integer({ min: -30, max: 30 });
  const property = fc.property(RANGE, AT, steps, (range, around, amount) => {
    for (const [from, to] of [
      zoomRange(range, DURATION, around, amount),
      panRange(range, DURATION, amount / 10),
      followRange(range, DURATION, around),
    ]) {
      assert.ok(from >= 0 && to <= DURATION + 1e-6, `${from} to ${to}`);
      assert.ok(to - from >= 199.9, `${from} to ${to}`);
    }
  });
  fc.assert(property, { seed: SEED });
});

test('timeline transport: the instant under the pointer stays there while the range is zoomed', () => {
  const range = [20e6, 40e6] as const;
  const [from, to] = zoomRange(range, DURATION, 25e6, 1);
  assert.ok(to - from < 20e6);
  assert.ok(Math.abs((25e6 - from) / (to - from) - 0.25) < 1e-9);
});

test('timeline transport: a position is always in the range that follows it', () => {
  const property = fc.property(RANGE, AT, (range, position) => {
    const [from, to] = followRange(range, DURATION, position);
    assert.ok(position >= from - 1e-6 && position <= to + 1e-6, `${position} in ${from}..${to}`);
  });
  fc.assert(property, { seed: SEED });
});

test('timeline axis: ticks are round, in the range, and no closer than there is room for', () => {
  const width = fc.integer({ min: 200, max: 3_000 });
  const property = fc.property(RANGE, width, (range, pixels) => {
    const ticks = ticksOf(range, pixels);
    assert.ok(ticks.length <= pixels / 90 + 1, `${ticks.length} ticks in ${pixels} pixels`);
    for (const tick of ticks) assert.ok(tick >= range[0] - 1e-6 && tick <= range[1] + 1e-6);
    const steps = ticks.slice(1).map((tick, at) => tick - (ticks[at] as number));
    for (const step of steps) {
      const digits = Number((step / 10 ** Math.floor(Math.log10(step) + 1e-9)).toFixed(6));
      assert.ok([1, 2, 5, 10].includes(digits), `steps of ${step}`);
    }
  });
  fc.assert(property, { seed: SEED });
});

test('timeline axis: all ticks of an axis have the unit of its end', () => {
  assert.equal(tickLabel(0, [0, 80e6]), '0 ms');
  assert.equal(tickLabel(12.5e6, [0, 80e6]), '12.5 ms');
  assert.equal(tickLabel(1_000, [0, 1_500]), '1000 ns');
  assert.equal(tickLabel(5_000, [0, 9_000]), '5 µs');
  assert.equal(tickLabel(3e9, [0, 4e9]), '3 s');
  assert.equal(tickLabel(50e6 + 200, [50e6, 50e6 + 900]), '50.0002 ms');
});
