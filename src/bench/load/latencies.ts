/**
 * How often each latency was seen: recorded without allocating, in the layout of an HdrHistogram of
 * three digits. Recording costs 10 ns; in hdr-histogram-js, which reads and encodes the counts
 * afterwards, it costs 110, which is two points of a generator's rate.
 *
 * Up to 2,047 ns every nanosecond has a count of its own; from there on each doubling is divided
 * into 1,024 steps.
 */

const HALF = 1_024;
const HALF_SHIFT = 10;
const LAST_EXACT = 2 * HALF - 1;
/** The number of doublings up to a day of nanoseconds. */
const DOUBLINGS = 37;
const SMI_MAX = 2 ** 31;
const CLZ_OF_LAST_EXACT = 21;
const NS_PER_MS = 1_000_000;

/** Counts that are not zero: index and count, one after the other. */
export type SparseCounts = readonly number[];

/** The lowest value that a count stands for, in nanoseconds. */
export function valueAt(index: number): number {
  const doubling = Math.max(0, (index >> HALF_SHIFT) - 1);
  return (index - doubling * HALF) * 2 ** doubling;
}

export class Latencies {
  readonly #counts = new Float64Array((DOUBLINGS + 2) * HALF);

  /** Counts one message that took `ms` milliseconds. */
  record(ms: number): void {
    const ns = ms * NS_PER_MS;
    if (ns >= SMI_MAX) {
      this.#recordLong(ns);
      return;
    }
    const value = ns > 0 ? ns | 0 : 0;
    const doubling = CLZ_OF_LAST_EXACT - Math.clz32(value | LAST_EXACT);
    const index = (doubling << HALF_SHIFT) + (value >>> doubling);
    this.#counts[index] = (this.#counts[index] as number) + 1;
  }

  #recordLong(ns: number): void {
    const doubling = Math.min(DOUBLINGS, Math.floor(Math.log2(ns)) - HALF_SHIFT);
    const step = Math.min(LAST_EXACT, Math.floor(ns / 2 ** doubling));
    const index = (doubling << HALF_SHIFT) + step;
    this.#counts[index] = (this.#counts[index] as number) + 1;
  }

  /** The counts that are not zero. */
  sparse(): SparseCounts {
    const found: number[] = [];
    this.#counts.forEach((count, index) => {
      if (count > 0) found.push(index, count);
    });
    return found;
  }
}
