/** From counts to percentiles, and to the encoded histogram that others can read. */
import hdr from 'hdr-histogram-js';
import { type SparseCounts, valueAt } from './latencies.ts';
import type { LatencySummary } from './report.ts';

const HIGHEST_NS = 2 ** 47;
const DIGITS = 3;
const NS_PER_US = 1_000;

/** What the counts say, in microseconds. */
export function summarize(counts: SparseCounts): LatencySummary {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_NS,
    numberOfSignificantValueDigits: DIGITS,
    bitBucketSize: 64,
  });
  for (let at = 0; at < counts.length; at += 2) {
    histogram.recordValueWithCount(valueAt(counts[at] as number), counts[at + 1] as number);
  }
  const count = histogram.totalCount;
  const at = (percentile: number): number =>
    count === 0 ? 0 : histogram.getValueAtPercentile(percentile) / NS_PER_US;
  return {
    count,
    mean: count === 0 ? 0 : histogram.mean / NS_PER_US,
    min: count === 0 ? 0 : histogram.minNonZeroValue / NS_PER_US,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: at(100),
    histogram: hdr.encodeIntoCompressedBase64(histogram),
  };
}
