/** The ticks of a time axis: round times, as many as there is room for. */

const ROUND = [1, 2, 5, 10];

/** The smallest round step that is at least `wanted` nanoseconds. */
function stepOf(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = ROUND.find((round) => round * power >= wanted) ?? 10;
  return Math.max(1, factor * power);
}

/** Round instants within the range, at most one for every `apart` pixels. */
export function ticksOf(
  [from, to]: readonly [from: number, to: number],
  width: number,
  apart = 90,
): readonly number[] {
  const step = stepOf(Math.max(1, ((to - from) * apart) / Math.max(apart, width)));
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step); tick * step <= to; tick++) ticks.push(tick * step);
  return ticks;
}

/** A tick's time in the unit of the whole axis, with just the digits that tell ticks apart. */
export function tickLabel(time: number, [from, to]: readonly [number, number]): string {
  const largest = Math.max(Math.abs(from), Math.abs(to));
  const [size, unit] =
    largest >= 2e9
      ? [1e9, 's']
      : largest >= 2e6
        ? [1e6, 'ms']
        : largest >= 2e3
          ? [1e3, 'µs']
          : [1, 'ns'];
  // Rounding away what floating point adds; a nanosecond of a second is the ninth digit.
  return `${Number((time / size).toFixed(9)).toString()} ${unit}`;
}
