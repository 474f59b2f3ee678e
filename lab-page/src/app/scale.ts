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

function linear(least: number, most: number): Scale {
  const low = Math.min(0, least);
  const rough = (most - low || 1) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (NICE.find((nice) => nice * power >= rough) ?? 10) * power;
  const count = Math.max(1, Math.ceil((most - low) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => low + index * step);
  const top = ticks.at(-1) as number;
  return { ticks, place: (value) => (value - low) / (top - low) };
}

function logarithmic(least: number, most: number): Scale {
  const low = Math.floor(Math.log10(least));
  const high = Math.max(low + 1, Math.ceil(Math.log10(most)));
  const step = Math.ceil((high - low) / DECADES_MAX);
  const count = Math.floor((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => 10 ** (low + index * step));
  const place = (value: number) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
  return { ticks, place };
}

/** A scale for these values. What is not above 0 has no logarithm: it lies at the lower end. */
export function scaleOf(kind: ScaleKind, values: readonly number[]): Scale {
  const known = values.filter(
    (value) => Number.isFinite(value) && (kind === 'linear' || value > 0),
  );
  const least = known.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = known.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  if (known.length === 0) return linear(0, 1);
  return kind === 'linear' ? linear(least, most) : logarithmic(least, most);
}
