/** What a report says against its models, and how sure it is: found by looking, not by opinion. */
import { type BenchReport, median, type Range, type Row } from '../../src/bench.ts';

/** A row that loses to another: by its ratio, which is lower, or by its cost, which is higher. */
export interface Loss {
  readonly by: 'ratio' | 'cost';
  readonly where: string;
  readonly model: string;
  readonly value: number;
  readonly to: string;
  readonly toValue: number;
}

/** How far the figures are to be trusted. */
export interface Noise {
  readonly rows: number;
  readonly noisy: number;
  /** Half of all intervals of ratios reach less far than this above the ratio, in percent. */
  readonly typicalPercent: number;
  readonly worstPercent: number;
}

function placeOf({ workload, idle }: Row): string {
  return idle === 0 ? workload : `${workload} ${idle.toLocaleString('en')}`;
}

/** How far the interval of a ratio reaches, as a part of it. */
function reachOf({ ratio, ratioInterval }: Row): number | null {
  if (ratio === null || ratioInterval === null || ratioInterval[0] === ratioInterval[1])
    return null;
  return ratioInterval[1] / ratio - 1;
}

export function noiseOf({ rows }: BenchReport): Noise {
  const measured = rows.filter(({ rate }) => rate !== null);
  const widths = measured.map(reachOf).filter((width) => width !== null);
  const percent = (value: number) => Math.round(value * 100);
  return {
    rows: measured.length,
    noisy: measured.filter(({ noisy }) => noisy).length,
    typicalPercent: percent(median(widths)),
    worstPercent: percent(Math.max(0, ...widths)),
  };
}

function figuresOf(row: Row, by: Loss['by']): { value: number; interval: Range } | null {
  const [value, interval] =
    by === 'ratio' ? [row.ratio, row.ratioInterval] : [row.cost, row.costInterval];
  return value === null || interval === null ? null : { value, interval };
}

function isWorse(row: Row, rival: Row, by: Loss['by']): boolean {
  const [ours, theirs] = [figuresOf(row, by), figuresOf(rival, by)];
  if (ours === null || theirs === null) return false;
  const [lower, higher] = by === 'ratio' ? [ours, theirs] : [theirs, ours];
  return lower.interval[1] < higher.interval[0];
}

function lossOf(row: Row, { rows, baseline }: BenchReport, by: Loss['by']): Loss[] {
  // A row with fewer clients than the baseline had is no contest.
  if (row.model === baseline || /measured with/.test(row.note ?? '')) return [];
  const rivals = [baseline, ...(SIMPLER[row.model] ?? [])];
  const better = rows
    .filter((one) => rivals.includes(one.model) && placeOf(one) === placeOf(row))
    .filter((one) => isWorse(row, one, by))
    .map((one) => ({ to: one.model, toValue: figuresOf(one, by)?.value ?? 0 }))
    .sort((a, b) => (by === 'ratio' ? b.toValue - a.toValue : a.toValue - b.toValue));
  const [best] = better;
  const value = figuresOf(row, by)?.value;
  if (best === undefined || value === undefined) return [];
  return [{ by, where: placeOf(row), model: row.model, value, ...best }];
}

/**
 * Rows whose whole interval lies on the wrong side of the baseline's or of a simpler model's: there
 * the model does not pay. A rate that says so already is not repeated as a cost.
 */
export function lossesOf(report: BenchReport): Loss[] {
  return report.rows.flatMap((row) => {
    const byRatio = lossOf(row, report, 'ratio');
    return byRatio.length > 0 ? byRatio : lossOf(row, report, 'cost');
  });
}

/** What somebody would have to give up for a model: the ones that are easier to use and to have. */
const SIMPLER: Readonly<Record<string, readonly string[]>> = {
  epoll: ['poll', 'select'],
  'epoll-edge': ['epoll', 'poll', 'select'],
  'signal-driven': ['epoll', 'poll', 'select'],
  'io-uring': ['epoll', 'poll', 'select'],
  poll: ['select'],
  'non-blocking': ['epoll', 'poll', 'select'],
};
