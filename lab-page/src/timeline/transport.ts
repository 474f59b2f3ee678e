/**
 * How a replay moves: positions, speeds and ranges as plain numbers. Runs were recorded at full
 * speed; slowness is of the replay alone, and disturbs nothing.
 */

/** How many times slower than it was; the keys [ and ] go from one to the next. */
export const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** A replay of a whole run takes about so long. */
const PLEASANT_NS = 20e9;
const NS_PER_MS = 1e6;
const ZOOM = 1.6;
/** Nothing happens in less. */
const RANGE_MIN_NS = 200;

export type Range = readonly [from: number, to: number];

/** The speed of the list that makes a replay last about twenty seconds. */
export function pleasantSpeed(duration: number): number {
  const wanted = PLEASANT_NS / Math.max(1, duration);
  return SPEEDS.findLast((speed) => speed <= wanted) ?? 1;
}

/** The next slower speed (1) or the next faster one (-1). */
export function nextSpeed(speed: number, direction: 1 | -1): number {
  const next =
    direction === 1
      ? SPEEDS.find((candidate) => candidate > speed)
      : SPEEDS.findLast((candidate) => candidate < speed);
  return next ?? (direction === 1 ? 10_000 : 1);
}

/** Where a replay stands after so many milliseconds of watching. */
export function advance(position: number, elapsedMs: number, speed: number): number {
  return position + (elapsedMs * NS_PER_MS) / speed;
}

/** A range of the same length or less, within 0 and the duration. */
export function clampRange([from, to]: Range, duration: number): Range {
  const length = Math.min(Math.max(to - from, RANGE_MIN_NS), duration);
  const start = Math.min(Math.max(0, from), duration - length);
  return [start, start + length];
}

/** Zooms by so many steps, in when they are positive, around an instant that stays where it is. */
export function zoomRange(range: Range, duration: number, around: number, steps: number): Range {
  const [from, to] = range;
  const factor = ZOOM ** -steps;
  const length = Math.min(Math.max((to - from) * factor, RANGE_MIN_NS), duration);
  const share = (around - from) / (to - from);
  const start = around - share * length;
  return clampRange([start, start + length], duration);
}

/** Moves by a share of what is in sight. */
export function panRange([from, to]: Range, duration: number, share: number): Range {
  const by = (to - from) * share;
  return clampRange([from + by, to + by], duration);
}

/** The range that keeps a position in sight, moved on by most of its length when it leaves. */
export function followRange(range: Range, duration: number, position: number): Range {
  const [from, to] = range;
  if (position >= from && position <= to) return range;
  const length = to - from;
  return clampRange([position - length * 0.1, position + length * 0.9], duration);
}
