/** Which rows the table has, and which of them are on a page. */
import type { LabRun } from '../../../src/lab/document.ts';
import { firstAtLeast } from './bars.ts';
import { momentsOf } from './moments.ts';

/** So many rows are in the page. */
export const TABLE_ROWS = 40;

/** The rows of several runs in the order of time: which run, and which of its moments. */
export interface TableOrder {
  readonly times: Float64Array;
  readonly runs: Uint8Array;
  readonly moments: Uint32Array;
}

/** Merges the moments of all runs. */
export function tableOrder(runs: readonly LabRun[]): TableOrder {
  const lists = runs.map(({ trace }) => momentsOf(trace).times);
  const total = lists.reduce((sum, { length }) => sum + length, 0);
  const order = {
    times: new Float64Array(total),
    runs: new Uint8Array(total),
    moments: new Uint32Array(total),
  };
  const next = lists.map(() => 0);
  for (let row = 0; row < total; row++) {
    let best = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [run, times] of lists.entries()) {
      const time = times[next[run] as number];
      if (time !== undefined && time < earliest) [best, earliest] = [run, time];
    }
    order.times[row] = earliest;
    order.runs[row] = best;
    order.moments[row] = next[best] as number;
    next[best] = (next[best] as number) + 1;
  }
  return order;
}

/** The first row of the page that holds a position. */
export function tablePageOf({ times }: TableOrder, position: number): number {
  const row = Math.max(0, firstAtLeast(times, position + 0.5) - 1);
  return Math.floor(row / TABLE_ROWS) * TABLE_ROWS;
}
