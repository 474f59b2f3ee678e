import assert from 'node:assert/strict';
import hdr from 'hdr-histogram-js';
import { Latencies, valueAt } from '../../../src/bench/load/latencies.ts';
import { summarize } from '../../../src/bench/load/summary.ts';
import { random } from '../../cases/random.ts';
import { test } from '../../harness/test.ts';

const NS_PER_MS = 1_000_000;

test('Latencies: percentiles are those of an HdrHistogram that recorded the same', () => {
  const next = random(20_261);
  const latencies = new Latencies();
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 47,
    numberOfSignificantValueDigits: 3,
  });
  for (let i = 0; i < 20_000; i++) {
    const ns = Math.floor(2 ** (next() * 44));
    latencies.record(ns / NS_PER_MS);
    // The milliseconds of a whole number of nanoseconds are no exact number.
    histogram.recordValue(Math.floor((ns / NS_PER_MS) * NS_PER_MS));
  }
  const summary = summarize(latencies.sparse());
  assert.equal(summary.count, 20_000);
  const us = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  const { p50, p90, p99, p999, max } = summary;
  assert.deepEqual([p50, p90, p99, p999, max], [us(50), us(90), us(99), us(99.9), us(100)]);
  const decoded = hdr.decodeFromCompressedBase64(summary.histogram);
  assert.equal(decoded.totalCount, 20_000);
  assert.equal(decoded.getValueAtPercentile(99), histogram.getValueAtPercentile(99));
});

test('Latencies: every count stands for values within a thousandth of its own', () => {
  for (let ns = 1; ns < 2 ** 46; ns = Math.ceil(ns * 1.37)) {
    const latencies = new Latencies();
    latencies.record(ns / NS_PER_MS);
    const [index, count] = latencies.sparse();
    const value = valueAt(index as number);
    assert.equal(count, 1);
    assert.ok(value <= ns && ns - value <= Math.max(1, ns / 1_000), `${ns} became ${value}`);
  }
});

test('Latencies: a time below zero counts as none, one of days as the longest', () => {
  const latencies = new Latencies();
  latencies.record(-1);
  latencies.record(10 * 86_400_000);
  const [first, , last] = latencies.sparse();
  assert.equal(first, 0);
  assert.ok(valueAt(last as number) > 86_400_000 * NS_PER_MS);
});

test('summarize: nothing measured is all zeros', () => {
  const { count, mean, min, p50, max } = summarize([]);
  assert.deepEqual([count, mean, min, p50, max], [0, 0, 0, 0, 0]);
});
