/** Axes of charts: where a value lies, and which values are written beside the axis. */

export type ScaleKind = 'linear' | 'log';

export interface Scale {
  readonly ticks: readonly number[];
  /** 0 to 1. */
  place(value: number): number;
}

const NICE = [1, 2, 2.5, 5, 10];
const TICKS = 5;
const DECADES_MAX = 7;
/** A file may hold any number; beyond these nobody reads an axis. */
const SMALLEST = 1e-9;
const LARGEST = 1e15;

/** From or to nothing at all: lengths of bars are compared from there. */
function linear(least: number, most: number, isBinary = false): Scale {
  const low = Math.min(0, least);
  const high = Math.max(0, most);
  const rough = Math.max(SMALLEST, high - low || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const decimal = (NICE.find((nice) => nice * power >= rough) ?? 10) * power;
  const step = isBinary ? 2 ** Math.ceil(Math.log2(rough)) : decimal;
  const count = Math.max(1, Math.ceil((high - low) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) =>
    Number((low + index * step).toPrecision(12)),
  );
  const top = ticks.at(-1) as number;
  const place = (value: number) => Math.max(0, Math.min(1, (value - low) / (top - low)));
  return { ticks, place };
}

function logarithmic(least: number, most: number, base: number): Scale {
  const log = (value: number) => Math.log(value) / Math.log(base);
  // A logarithm of a power may lie a little beside its whole number.
  const low = Math.floor(log(least) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(log(most) - 1e-9));
  const step = Math.ceil((high - low) / DECADES_MAX);
  const count = Math.floor((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => base ** (low + index * step));
  const place = (value: number) => {
    return Math.max(0, Math.min(1, (log(Math.max(value, SMALLEST)) - low) / (high - low)));
  };
  return { ticks, place };
}

/**
 * A scale for these values; bytes are counted in powers of two. What is not above 0 has no
 * logarithm: it lies at the lower end.
 */
export function scaleOf(kind: ScaleKind, values: readonly number[], isBinary = false): Scale {
  const within = values.map((value) => Math.max(-LARGEST, Math.min(LARGEST, value)));
  const known = within.filter(
    (value) => Number.isFinite(value) && (kind === 'linear' || value >= SMALLEST),
  );
  const least = known.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = known.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  if (known.length === 0) return linear(0, 1);
  return kind === 'linear'
    ? linear(least, most, isBinary)
    : logarithmic(least, most, isBinary ? 2 : 10);
}
