/**
 * The clocks of a run.
 *
 * Facts: the kernel stamps what it receives on its wall clock, which somebody may set; calls are
 * timed on the monotonic clock, which nobody can set. Both run at the same speed, whatever corrects
 * it, so their distance stays what it is unless the wall clock is set.
 *
 * What this means for us: both are read together, before and after a run. While the distance is the
 * same a stamp can be moved from one clock to the other; when it is not, the phases of that run
 * cannot be split, and the run is dropped.
 */

/** Both clocks at one instant, in nanoseconds. */
export interface ClockReading {
  readonly monotonic: bigint;
  readonly wall: bigint;
  /** How far the two may have been read apart. */
  readonly errorNs: number;
}

/** How far the two readings of a run may differ for other reasons than a clock that was set. */
const TOLERANCE_NS = 20_000;

/** Reads both clocks `times` times and keeps the pair that was read most closely together. */
export function readTogether(
  read: (clock: 'monotonic' | 'wall') => bigint,
  times = 20,
): ClockReading {
  let best: ClockReading | undefined;
  for (let i = 0; i < times; i++) {
    const before = read('monotonic');
    const wall = read('wall');
    const after = read('monotonic');
    const errorNs = Number(after - before) / 2;
    if (best !== undefined && best.errorNs <= errorNs) continue;
    best = { monotonic: (before + after) / 2n, wall, errorNs };
  }
  if (best === undefined) throw new RangeError(`times must be 1 or more, got ${times}`);
  return best;
}

/** By how many nanoseconds the wall clock moved against the other one between two readings. */
export function movedNs(first: ClockReading, last: ClockReading): number {
  return Number(last.wall - last.monotonic - (first.wall - first.monotonic));
}

/** Whether the clocks kept their distance, as far as two readings can tell. */
export function keptTogether(first: ClockReading, last: ClockReading): boolean {
  const tolerance = TOLERANCE_NS + first.errorNs + last.errorNs;
  return Math.abs(movedNs(first, last)) <= tolerance;
}
