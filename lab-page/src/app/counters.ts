/** What a run cost, figure by figure, and how far the figures of several runs lie apart. */
import type { LabRecord } from '../../../src/lab/document.ts';
import type { Trace } from '../../../src/trace.ts';
import { familyOf, waitOf } from './models.ts';

/** The counters, in the order in which they are shown, and how each is read. */
export const COUNTERS = {
  callsPerMessage: 'number',
  calls: 'number',
  wouldBlocks: 'number',
  wakeUps: 'number',
  operations: 'number',
  cpu: 'time',
  cpuShare: 'percent',
  switches: 'number',
  p50: 'time',
  p99: 'time',
  wait: 'time',
  copy: 'time',
  threads: 'number',
} as const;

export type CounterName = keyof typeof COUNTERS;

/** Null: this run cannot say. */
export type Counters = Readonly<Record<CounterName, number | null>>;

/** A blocking call that took longer has slept; one that found what it wanted has not. */
const SLEEP_NS = 20_000;

/** How often a thread of the server came back from a sleep in a call. */
export function wakeUpsOf({ run, events, window }: Trace): number {
  const isBlocking = familyOf(run.model) === 'blocking';
  const sleeps = isBlocking ? ['accept4', 'recv'] : [waitOf(run.model) ?? ''];
  return events.filter(({ kind, name, start, end }) => {
    const isSleep =
      kind === 'call' && sleeps.includes(name) && end >= window[0] && end <= window[1];
    return isSleep && (!isBlocking || end - start > SLEEP_NS);
  }).length;
}

/** The figures of a run. Times of a double or of Wine say nothing, and are left out. */
export function countersOf(trace: Trace, isTimed = true): Counters {
  const { summary, window } = trace;
  const length = window[1] - window[0];
  const isSeen = summary.totalCalls > 0;
  const timed = (value: number, isThere = true) => (isTimed && isThere ? value : null);
  const seen = (value: number) => (isSeen ? value : null);
  return {
    callsPerMessage: isSeen && summary.messages > 0 ? summary.callsPerMessage : null,
    calls: seen(summary.totalCalls),
    wouldBlocks: seen(summary.wouldBlocks),
    wakeUps: timed(wakeUpsOf(trace), isSeen),
    operations: summary.operations,
    cpu: timed(summary.cpuNs),
    cpuShare: timed(length > 0 ? summary.cpuNs / length : 0),
    switches: timed(summary.voluntarySwitches + summary.involuntarySwitches),
    p50: timed(summary.roundTrip.median, summary.roundTrip.count > 0),
    p99: timed(summary.roundTrip.p99, summary.roundTrip.count > 0),
    wait: timed(summary.wait.median, summary.wait.count > 0),
    copy: timed(summary.copy.median, summary.copy.count > 0),
    threads: summary.threads,
  };
}

export interface Spread {
  readonly mean: number;
  /** The standard deviation of the sample; null of fewer than two. */
  readonly deviation: number | null;
  readonly count: number;
}

/** Where several values of one figure lie; null when there is none. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  const count = known.length;
  if (count === 0) return null;
  const mean = known.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, deviation: null, count };
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (count - 1)), count };
}

/** The live records that asked for the same as this one, itself included. */
export function repeatsOf(record: LabRecord, kept: readonly LabRecord[]): readonly LabRecord[] {
  const name = JSON.stringify(record.request);
  const same = kept.filter(({ request }) => JSON.stringify(request) === name);
  return same.includes(record) ? same : [record];
}

/** Each counter of a run over its repeats. */
export function spreadsOf(
  label: string,
  records: readonly LabRecord[],
): Readonly<Record<CounterName, Spread | null>> {
  const all = records.flatMap(({ runs, source }) =>
    runs
      .filter((run) => run.label === label)
      .map(({ trace }) => countersOf(trace, source === 'kernel')),
  );
  const entries = (Object.keys(COUNTERS) as CounterName[]).map((name) => {
    return [name, spreadOf(all.map((counters) => counters[name]))];
  });
  return Object.fromEntries(entries) as Record<CounterName, Spread | null>;
}
