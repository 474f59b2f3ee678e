import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BarList, firstAtLeast, visibleBars } from '../../../lab-page/src/timeline/bars.ts';
import { test } from '../../harness/test.ts';

const SEED = 20_261_125;
const INSTANT = fc.integer({ min: 0, max: 1_000 });

test('timeline bars: the search finds the first value that is large enough', () => {
  const property = fc.property(fc.array(INSTANT), INSTANT, (values, wanted) => {
    const rising = values.toSorted((a, b) => a - b);
    const found = rising.findIndex((value) => value >= wanted);
    assert.equal(firstAtLeast(rising, wanted), found < 0 ? rising.length : found);
  });
  fc.assert(property, { seed: SEED });
});

test('timeline bars: every bar in sight is visited, and the first and the last visited are in sight', () => {
  const bar = fc.tuple(INSTANT, fc.integer({ min: 0, max: 200 }));
  const property = fc.property(fc.array(bar), INSTANT, INSTANT, (drafts, one, other) => {
    const list = new BarList();
    for (const [start, length] of drafts) list.add(start, start + length);
    const bars = list.toBars();
    const range = [Math.min(one, other), Math.max(one, other)] as const;
    const inSight = Array.from(bars.starts.keys()).filter(
      (at) => (bars.ends[at] as number) >= range[0] && (bars.starts[at] as number) <= range[1],
    );
    const [first, end] = visibleBars(bars, range);
    if (inSight.length === 0) return;
    assert.equal(first, inSight[0]);
    assert.equal(end - 1, inSight.at(-1));
  });
  fc.assert(property, { seed: SEED });
});

test('timeline bars: they keep their names and amounts when they are put in order', () => {
  const list = new BarList();
  list.add(20, 30, 2, 5);
  list.add(10, 5, 1);
  const { starts, ends, names, amounts } = list.toBars();
  assert.deepEqual([...starts], [10, 20]);
  // An end before the start is none.
  assert.deepEqual([...ends], [10, 30]);
  assert.deepEqual([...names], [1, 2]);
  assert.deepEqual([...amounts], [1, 5]);
});
