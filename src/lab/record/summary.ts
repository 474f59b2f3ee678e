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
  'kevent',
  'poll',
  'select',
  'sigtimedwait',
  'io_uring_enter',
]);

/** How the durations lie. */
function spreadOf(values: readonly number[]): Spread {
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

/** Adds up something of events by their names, the largest sum first. */
function addUp(
  events: readonly TraceEvent[],
  amount: (event: TraceEvent) => number,
): Record<string, number> {
  const sums = new Map<string, number>();
  for (const event of events) {
    sums.set(event.name, (sums.get(event.name) ?? 0) + amount(event));
  }
  return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a));
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
  // What began before the clients did and slept into their time counts from there.
  // Folded would-blocks last from the first to the last of them, most of that outside the calls.
  const during = recorded.events.filter(
    ({ kind, start, end, times }) => kind === 'call' && times === 1 && end > from && start < to,
  );
  const waits = during.filter(({ name }) => WAITS.has(name));
  return {
    messages: roundTripsNs.length,
    receives: phases.length,
    wait: spreadOf(splits.map(({ wait }) => wait)),
    ready: spreadOf(splits.map(({ ready }) => ready)),
    copy: spreadOf(splits.map(({ copy }) => copy)),
    roundTrip: spreadOf(roundTripsNs),
    calls: addUp(calls, ({ times }) => times),
    callTimes: addUp(during, clipped),
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
