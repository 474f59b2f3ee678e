/** A trace as JSON text. Events and phases are rows, with the names of their columns in front. */
import type { Trace, TracePhase } from './document.ts';
import { KIND, METHOD, type TraceEvent } from './event.ts';

/** What the first key of a file says. */
export const FORMAT = 'polyio-trace';
/** Raised when a reader of the version before would misunderstand. */
export const VERSION = 1;

export const EVENT_COLUMNS = [
  'kind',
  'writer',
  'name',
  'fd',
  'start',
  'end',
  'result',
  'errno',
  'times',
  'arrival',
  'measured',
  'about',
] as const;

export const PHASE_COLUMNS = [
  'connection',
  'bytes',
  'waitStart',
  'arrival',
  'asked',
  'end',
  'measured',
] as const;

/** One row, in the order of the columns. */
export type Row = readonly (number | null)[];

function nanoseconds(time: number): number {
  return Math.round(time);
}

function instant(time: number | null): number | null {
  return time === null ? null : Math.round(time);
}

function eventRow(event: TraceEvent, nameNumber: (name: string) => number): Row {
  const { kind, writer, name, fd, start, end, result, errno, times, arrival, measured, about } =
    event;
  return [
    KIND[kind],
    writer,
    nameNumber(name),
    fd,
    nanoseconds(start),
    nanoseconds(end),
    result,
    errno,
    times,
    instant(arrival),
    METHOD[measured],
    about,
  ];
}

function phaseRow({
  connection,
  bytes,
  waitStart,
  arrival,
  asked,
  end,
  measured,
}: TracePhase): Row {
  const [from, there, question, to] = [waitStart, arrival, asked, end].map(instant);
  return [
    connection,
    bytes,
    from as number,
    there as number | null,
    question as number,
    to as number,
    METHOD[measured],
  ];
}

/** The trace as text; `readTrace` gives the same trace back, its times rounded to nanoseconds. */
export function writeTrace(trace: Trace): string {
  return JSON.stringify(plainTrace(trace));
}

/** The same as the object that the text holds. */
export function plainTrace(trace: Trace): object {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const nameNumber = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  };
  const { run, machine, clock, window, dropped, notes, writers, connections, summary } = trace;
  const events = trace.events.map((event) => eventRow(event, nameNumber));
  const rounded = window.map(nanoseconds);
  return {
    format: FORMAT,
    version: VERSION,
    run,
    machine,
    clock,
    window: rounded,
    dropped,
    notes,
    writers,
    connections: connections.map((connection) => ({
      ...connection,
      opened: nanoseconds(connection.opened),
      closed: instant(connection.closed),
    })),
    summary,
    names,
    events: { columns: EVENT_COLUMNS, rows: events },
    phases: { columns: PHASE_COLUMNS, rows: trace.phases.map(phaseRow) },
  };
}
