import assert from 'node:assert/strict';
import {
  commonVariance,
  figureOf,
  intervalOf,
  isNoisy,
  median,
  overlap,
  type Range,
} from '../../src/bench/spread.ts';
import { random } from '../cases/random.ts';
import { test } from '../harness/test.ts';

const SEED = 0x5eed;
const RUNS = 4_000;

test('median: the middle one, or between the two in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('figureOf: the median with the rounds around it, and nothing of nothing', () => {
  const figure = figureOf([100, null, 110, 90, 105, Number.NaN]);
  assert.equal(figure?.median, 102.5);
  assert.deepEqual(figure?.spread, [90, 110]);
  assert.equal(figureOf([null]), null);
  assert.equal(figureOf([7, 7])?.interval, null, 'two rounds say nothing of a third');
});

/** A round of a server whose rate errs by about 15 %: the sum of uniform numbers is nearly normal. */
function rounds(next: () => number, count: number): number[] {
  return Array.from({ length: count }, () => {
    const sum = Array.from({ length: 12 }, next).reduce((total, one) => total + one, -6);
    return 100_000 * Math.exp(sum * 0.15);
  });
}

for (const count of [3, 5, 9]) {
  test(`intervalOf ${count} rounds: 19 of 20 repeats have their median inside`, (context) => {
    const next = random(SEED + count);
    let inside = 0;
    for (let run = 0; run < RUNS; run++) {
      const [least, most] = intervalOf(rounds(next, count)) as Range;
      const repeat = median(rounds(next, count));
      if (least <= repeat && repeat <= most) inside++;
    }
    context.diagnostic(`seed ${SEED + count}: ${inside} of ${RUNS}`);
    assert.ok(inside / RUNS > 0.93 && inside / RUNS < 0.995, `${inside} of ${RUNS}`);
  });
}

for (const count of [2, 3, 5]) {
  test(`intervalOf ${count} rounds and the other models': as sure, and narrower than alone`, (context) => {
    const next = random(SEED * count);
    let inside = 0;
    let narrower = 0;
    for (let run = 0; run < RUNS; run++) {
      const models = Array.from({ length: 8 }, () => rounds(next, count));
      const own = models[0] as number[];
      const [least, most] = intervalOf(own, commonVariance(models)) as Range;
      const alone = intervalOf(own);
      if (alone === null || most / least < alone[1] / alone[0]) narrower++;
      const repeat = median(rounds(next, count));
      if (least <= repeat && repeat <= most) inside++;
    }
    context.diagnostic(`seed ${SEED * count}: ${inside} of ${RUNS} inside, ${narrower} narrower`);
    assert.ok(inside / RUNS > 0.93 && inside / RUNS < 0.995, `${inside} of ${RUNS}`);
    assert.ok(narrower / RUNS > 0.5, `${narrower} of ${RUNS} are narrower`);
  });
}

test('commonVariance: of those that have rounds, on logarithms', () => {
  const variance = commonVariance([[1, Math.E], [5], [null, 7, 7], []]);
  assert.ok(Math.abs((variance ?? 0) - 0.25) < 1e-12, `0.5 and 0: ${variance}`);
  assert.equal(commonVariance([[1], []]), null);
});

test('isNoisy: rounds that differ by more than a quarter of their median', () => {
  assert.equal(isNoisy({ median: 100, spread: [90, 114], interval: null }), false);
  assert.equal(isNoisy({ median: 100, spread: [90, 116], interval: null }), true);
});

test('overlap: a common point, and an unknown interval may be anywhere', () => {
  assert.equal(overlap([1, 2], [2, 3]), true);
  assert.equal(overlap([1, 2], [2.1, 3]), false);
  assert.equal(overlap([5, 6], [1, 2]), false);
  assert.equal(overlap(null, [1, 2]), true);
});
