/**
 * Medians, and how far to trust them.
 *
 * Facts about rounds on a machine that others use too:
 *  - a few rounds are far off, so the median is the figure and not the mean;
 *  - the smallest and largest of five rounds do not bracket the median of the next five: with the
 *    same server twice that fails one time in six. So beside the spread, what was seen, there is an
 *    interval, what to expect: where 19 of 20 repeats of the whole run have their median.
 *  - rates and ratios err by a factor, so all of it is computed on logarithms;
 *  - three or five rounds may agree by luck. All models of a workload are disturbed by the same
 *    machine, so what their rounds differ by on average counts as some rounds more of each.
 */

/** The bounds of something, least and most. */
export type Range = readonly [least: number, most: number];

/** A figure over all rounds. */
export interface Figure {
  readonly median: number;
  /** The smallest and largest round. */
  readonly spread: Range;
  /** Where the median of another run is to be expected; null when the rounds do not say. */
  readonly interval: Range | null;
}

/** Student's t for a two-sided 95 %, by degrees of freedom from 1 on. */
const T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228] as const;
const T_95_LIMIT = 1.96;
/** How much wider a median errs than a mean. */
const MEDIAN_FACTOR = Math.sqrt(Math.PI / 2);
/** Two runs of equal rounds still differ by what rounds do not show: a clock, the layout of memory. */
const FLOOR = 0.02;
/** As how many rounds more the others' variance counts. */
const PRIOR_WEIGHT = 4;

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return squares / (values.length - 1);
}

/** The values that can be compared by their factors. */
function factorsOf(values: readonly (number | null)[]): number[] {
  return values.filter(
    (value) => value !== null && Number.isFinite(value) && value > 0,
  ) as number[];
}

/** What rounds differ by on average, over several figures; null when none has two rounds. */
export function commonVariance(figures: readonly (readonly (number | null)[])[]): number | null {
  const variances = figures
    .map(factorsOf)
    .filter(({ length }) => length > 1)
    .map((values) => varianceOf(values.map(Math.log)));
  if (variances.length === 0) return null;
  return variances.reduce((sum, variance) => sum + variance, 0) / variances.length;
}

/** Two rounds agree or disagree by chance: an interval from them alone would exclude nothing. */
const ROUNDS_ALONE = 3;

/**
 * Where another run of as many rounds has its median, 19 times in 20. Null when there are too few.
 * @param common what figures like this one differ by on average, or null
 */
export function intervalOf(values: readonly number[], common: number | null = null): Range | null {
  const { length } = values;
  const least = common === null ? ROUNDS_ALONE : 2;
  if (length < least || values.some((value) => value <= 0)) return null;
  const weight = common === null ? 0 : PRIOR_WEIGHT;
  const freedom = length - 1 + weight;
  const own = varianceOf(values.map(Math.log));
  const variance = (own * (length - 1) + (common ?? 0) * weight) / freedom;
  const t = T_95[freedom - 1] ?? T_95_LIMIT;
  const factor = Math.exp(t * MEDIAN_FACTOR * Math.sqrt((variance * 2) / length) + FLOOR);
  const middle = median(values);
  return [middle / factor, middle * factor];
}

/** Null when there is no value. @param common see `intervalOf` */
export function figureOf(
  values: readonly (number | null)[],
  common: number | null = null,
): Figure | null {
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (known.length === 0) return null;
  return {
    median: median(known),
    spread: [Math.min(...known), Math.max(...known)],
    interval: intervalOf(known, common),
  };
}

/** Whether the rounds differ so much that the figure says little: by more than a quarter of the median. */
export function isNoisy({ median: middle, spread: [least, most] }: Figure): boolean {
  return (most - least) / middle > NOISY_ABOVE;
}

/** Rounds that differ by more than this part of their median are called noisy. */
const NOISY_ABOVE = 0.25;

/** Whether two intervals have a point in common; an unknown one may be anywhere. */
export function overlap(a: Range | null, b: Range | null): boolean {
  if (a === null || b === null) return true;
  return a[0] <= b[1] && b[0] <= a[1];
}
