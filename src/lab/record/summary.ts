/** The figures of a recorded run. */
import type { Spread, TraceEvent, TracePhase, TraceSummary, TraceWriter } from '../../trace.ts';
import { countMethods } from './phases.ts';

/** Calls in which a thread of a server may sleep until something happens. */
const WAITS: ReadonlySet<string> = new Set([
  'accept4',
  'recv',
  'recvfrom',
  'read',
  'epoll_wait',
  'poll',
  'select',
  'sigtimedwait',
  'io_uring_enter',
]);

/** Calls of a traced run that are kept for no model: what starts and ends a thread. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return {
    count: sorted.length,
    median: at(0.5),
    p99: at(0.99),
    total: sorted.reduce((sum, value) => sum + value, 0),
  };
}

interface Split {
  readonly wait: number;
  readonly ready: number;
  readonly copy: number;
}

/** The lengths of the phases of one receive; null when it is not known when its bytes came. */
export function lengthsOf({ waitStart, arrival, asked, end }: TracePhase): Split | null {
  if (arrival === null) return null;
  const isThere = Math.max(arrival, waitStart);
  return {
    wait: Math.max(0, arrival - waitStart),
    ready: Math.max(0, asked - isThere),
    copy: Math.max(0, end - Math.max(asked, isThere)),
  };
}

function countCalls(events: readonly TraceEvent[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { name, times } of events) counts.set(name, (counts.get(name) ?? 0) + times);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What a summary is made of. */
export interface Recorded {
  readonly events: readonly TraceEvent[];
  readonly phases: readonly TracePhase[];
  readonly writers: readonly TraceWriter[];
  readonly window: readonly [start: number, end: number];
  readonly roundTripsNs: readonly number[];
  /** The error number of would-block. */
  readonly wouldBlock: number;
}

/** Adds up a run: only what began within its window counts. */
export function summarize(recorded: Recorded): TraceSummary {
  const { phases, writers, window, roundTripsNs, wouldBlock } = recorded;
  const [from, to] = window;
  const inside = recorded.events.filter(({ start }) => start >= from && start <= to);
  const of = (kind: TraceEvent['kind']) => inside.filter((event) => event.kind === kind);
  const calls = of('call');
  const servers = writers.filter(({ role }) => role === 'server');
  const splits = phases.map(lengthsOf).filter((split) => split !== null);
  const totalCalls = sum(calls.map(({ times }) => times));
  const clipped = ({ start, end }: TraceEvent) => Math.min(end, to) - Math.max(start, from);
  // What began before the clients did and slept into their time.
  const waits = recorded.events.filter(
    ({ kind, name, start, end }) => kind === 'call' && WAITS.has(name) && end > from && start < to,
  );
  return {
    messages: roundTripsNs.length,
    receives: phases.length,
    wait: spreadOf(splits.map(({ wait }) => wait)),
    ready: spreadOf(splits.map(({ ready }) => ready)),
    copy: spreadOf(splits.map(({ copy }) => copy)),
    roundTrip: spreadOf(roundTripsNs),
    calls: countCalls(calls),
    totalCalls,
    callsPerMessage: roundTripsNs.length === 0 ? 0 : totalCalls / roundTripsNs.length,
    wouldBlocks: sum(calls.filter(({ errno }) => errno === wouldBlock).map(({ times }) => times)),
    probes: of('probe').length,
    operations: of('submission').length,
    waitingNs: sum(waits.map(clipped)),
    callbackNs: sum(of('callback').map(clipped)),
    cpuNs: sum(servers.map(({ cpuNs }) => cpuNs)),
    voluntarySwitches: sum(servers.map(({ voluntarySwitches }) => voluntarySwitches)),
    involuntarySwitches: sum(servers.map(({ involuntarySwitches }) => involuntarySwitches)),
    threads: servers.length,
    processes: new Set(servers.map(({ pid }) => pid)).size,
    measured: countMethods(phases),
  };
}
