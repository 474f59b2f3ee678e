/**
 * What can be said about a run, instant by instant: the stops of the step button, the sentence of
 * the now-line, and the rows of the table that says what the canvas shows.
 */
import type { LabRun } from '../../../src/lab/document.ts';
import { lengthsOf } from '../../../src/lab/record/summary.ts';
import type { Trace, TraceConnection, TraceEvent, TracePhase } from '../../../src/trace.ts';
import type { TextKey, Words } from '../text/text.ts';
import { firstAtLeast } from './bars.ts';
import { errorName } from './error-names.ts';
import { threadLabel } from './layout.ts';
import { RECEIVES, type Reading, readingOf } from './reading.ts';

/** An instant at which something can be said. */
export interface Moment {
  /** Nanoseconds since the start of the window. */
  readonly at: number;
  readonly what: 'asleep' | 'event' | 'arrived';
  readonly event: TraceEvent | null;
  readonly phase: TracePhase | null;
  readonly connection: number;
  /** For would-blocks: how many in a row, over all descriptors of the thread. */
  readonly row: number;
}

/** The moments of a run in the order of time. */
export interface Moments {
  readonly list: readonly Moment[];
  readonly times: Float64Array;
}

function countRow(rows: Map<number, number>, reading: Reading, event: TraceEvent): number {
  if (event.kind !== 'call') return 0;
  const row = reading.isWouldBlock(event) ? (rows.get(event.writer) ?? 0) + event.times : 0;
  rows.set(event.writer, row);
  return row;
}

function collect(trace: Trace): Moment[] {
  const reading = readingOf(trace);
  const list: Moment[] = [];
  const rows = new Map<number, number>();
  const clients = new Set(trace.connections.map(({ port }) => port));
  for (const event of trace.events) {
    const row = countRow(rows, reading, event);
    if (!reading.isInside(event)) continue;
    // Clients that were never served have no lane.
    if (event.kind === 'client' && !clients.has(event.about)) continue;
    const connection = reading.connectionOf(event);
    const phase = event.kind === 'call' ? (reading.phaseOf(event, connection) ?? null) : null;
    const about = { event, phase, connection, row };
    const isAsleep = reading.sleepOf(event) !== null;
    if (isAsleep) list.push({ at: reading.at(event.start), what: 'asleep', ...about });
    const end = reading.start + reading.duration;
    // It slept on when the window closed: there is no return to tell.
    if (isAsleep && event.end > end) continue;
    const at = event.kind === 'callback' ? event.start : event.end;
    list.push({ at: reading.at(at), what: 'event', ...about });
  }
  for (const phase of trace.phases) {
    const { arrival, connection, measured, waitStart } = phase;
    // The sender's clock says no more than that he has sent, which is an event already.
    if (arrival === null || measured === 'sender' || arrival < waitStart) continue;
    list.push({
      at: reading.at(arrival),
      what: 'arrived',
      event: null,
      phase,
      connection,
      row: 0,
    });
  }
  return list.sort((a, b) => a.at - b.at);
}

const known = new WeakMap<Trace, Moments>();

/** The moments of a trace; made once. */
export function momentsOf(trace: Trace): Moments {
  let moments = known.get(trace);
  if (moments === undefined) {
    const list = collect(trace);
    moments = { list, times: Float64Array.from(list, ({ at }) => at) };
    known.set(trace, moments);
  }
  return moments;
}

/** How many moments of a trace have come by a position. */
export function momentsUntil({ times }: Moments, position: number): number {
  // Half a nanosecond: positions are sums of frames, and stops are whole.
  return firstAtLeast(times, position + 0.5);
}

/** Where a step forward or back from a position leads: the nearest instant of any run. */
export function stepFrom(runs: readonly LabRun[], position: number, direction: 1 | -1): number {
  const stops = runs.map(({ trace }) => {
    const { times } = momentsOf(trace);
    const next = firstAtLeast(times, position + 0.5);
    if (direction === 1) return times[next];
    return times[firstAtLeast(times, position - 0.5) - 1];
  });
  const found = stops.filter((stop) => stop !== undefined);
  if (direction === 1) {
    const ends = runs.map(({ trace }) => readingOf(trace).duration);
    return found.length > 0 ? Math.min(...found) : Math.max(position, ...ends);
  }
  return found.length > 0 ? Math.max(...found) : 0;
}

/** Whom an event is about. */
export function whoOf(trace: Trace, { connection, event }: Moment): Words {
  if (connection >= 0) {
    const { client } = trace.connections[connection] as TraceConnection;
    return { key: 'timeline.group.client', values: { client } };
  }
  if (event === null) return { key: 'timeline.now.somebody' };
  const { tid = event.writer, name } = trace.writers[event.writer] ?? {};
  return threadLabel(tid, name);
}

function received(phase: TracePhase | null, isAsleep: boolean): TextKey {
  if (phase === null || phase.arrival === null) return 'timeline.now.received-unknown';
  return isAsleep ? 'timeline.now.received-asleep' : 'timeline.now.received';
}

const SENDS: ReadonlySet<string> = new Set(['send', 'sendto', 'write']);
const CLIENT_ACTS: Readonly<Record<string, TextKey>> = {
  connect: 'timeline.now.client.connect',
  send: 'timeline.now.client.send',
  receive: 'timeline.now.client.receive',
  'half-close': 'timeline.now.client.half-close',
  reset: 'timeline.now.client.reset',
  pause: 'timeline.now.client.pause',
  resume: 'timeline.now.client.resume',
  closed: 'timeline.now.client.closed',
};

function callKey(reading: Reading, moment: Moment, event: TraceEvent): TextKey {
  const { name, result, errno } = event;
  const { phase, row } = moment;
  const sleep = reading.sleepOf(event);
  if (row > 1) return 'timeline.now.would-blocks';
  if (reading.isWouldBlock(event)) return 'timeline.now.would-block';
  if (errno !== 0 && result < 0) return 'timeline.now.failed';
  if (RECEIVES.has(name)) {
    if (result > 0) return received(phase, sleep === 'one');
    return 'timeline.now.goodbye';
  }
  if (sleep === 'all') {
    // What a ring's call answers is how many operations it took, not how many are done.
    if (name === 'io_uring_enter') return 'timeline.now.called';
    return result > 0 ? 'timeline.now.awake' : 'timeline.now.awake-none';
  }
  if (name.startsWith('accept')) return 'timeline.now.accepted';
  if (SENDS.has(name) && result > 0) return 'timeline.now.sent';
  return 'timeline.now.called';
}

function eventKey(reading: Reading, moment: Moment, event: TraceEvent): TextKey {
  const { kind, name, result } = event;
  if (kind === 'client') return CLIENT_ACTS[name] ?? 'timeline.now.client.other';
  if (kind === 'probe') return 'timeline.now.probed';
  if (kind === 'callback') return 'timeline.now.code';
  if (kind === 'submission') return 'timeline.now.submitted';
  if (kind === 'completion') {
    if (result < 0) return 'timeline.now.completed-failed';
    const isData = (RECEIVES.has(name) || SENDS.has(name)) && result > 0;
    return isData ? 'timeline.now.completed-bytes' : 'timeline.now.completed';
  }
  return callKey(reading, moment, event);
}

/** What happened at a moment, as a sentence. */
export function sentenceOf(trace: Trace, moment: Moment): Words {
  const reading = readingOf(trace);
  const who = whoOf(trace, moment);
  const { event, phase, what, row } = moment;
  if (event === null) {
    return { key: 'timeline.now.arrived', values: { who, size: phase?.bytes ?? 0 } };
  }
  const { name, start, end, result, errno } = event;
  if (what === 'asleep') {
    const isForAll = reading.sleepOf(event) === 'all';
    const key = isForAll ? 'timeline.now.asleep-all' : 'timeline.now.asleep';
    const isAccept = name.startsWith('accept');
    const isForData = isForAll || RECEIVES.has(name);
    const other = isAccept ? 'timeline.now.asleep-accept' : 'timeline.now.asleep-other';
    return { key: isForData ? key : other, values: { call: name, who } };
  }
  const lengths = phase === null ? null : lengthsOf(phase);
  return {
    key: eventKey(reading, moment, event),
    values: {
      call: name,
      callback: name,
      act: name,
      who,
      size: Math.max(0, result),
      count: row > 1 ? row : Math.max(0, result),
      time: end - start,
      error: errorName(trace.machine.system, errno === 0 ? -result : errno),
      ...lengths,
    },
  };
}

/** What happens in a run at a position, in words: what was last, or what still goes on. */
export function nowLine({ trace }: LabRun, position: number): Words {
  const moments = momentsOf(trace);
  const count = momentsUntil(moments, position);
  const moment = moments.list[count - 1];
  const isOver = position >= readingOf(trace).duration && count === moments.list.length;
  const sentence: Words =
    moment === undefined
      ? { key: 'timeline.now.nothing' }
      : isOver
        ? { key: 'timeline.now.over' }
        : sentenceOf(trace, moment);
  return { key: 'timeline.now', values: { at: position, sentence } };
}

/** One row of the table: everything that the canvas shows at one instant. */
export interface TableRow {
  readonly at: number;
  readonly where: Words;
  readonly what: Words;
  /** Nanoseconds; null for an instant. */
  readonly took: number | null;
}

export interface TablePart {
  readonly from?: number;
  readonly limit?: number;
}

/** The rows of a run from the `from`-th on, at most `limit` of them; all unless it is said. */
export function tableRows({ trace }: LabRun, part: TablePart = {}): readonly TableRow[] {
  const { list } = momentsOf(trace);
  const { from = 0, limit = list.length } = part;
  return list.slice(from, from + limit).map((moment) => {
    const { event, what, at } = moment;
    const took = event === null || what === 'asleep' ? 0 : event.end - event.start;
    return {
      at,
      where: whoOf(trace, moment),
      what: sentenceOf(trace, moment),
      took: took > 0 ? took : null,
    };
  });
}
