/** Small traces in which every instant is known: what a picture and its words must show. */
import type { Trace, TraceEvent } from '../../../src/trace.ts';
import { SAMPLE } from '../../trace/sample.ts';

const PORT = 40_000;
const FD = 20;
const US = 1_000;

type Fields = Partial<TraceEvent> & Pick<TraceEvent, 'kind' | 'name' | 'start'>;

/** An event about the one connection there is, in microseconds. */
function event({ start, end = start, arrival = null, ...fields }: Fields): TraceEvent {
  const about = fields.kind === 'client' || fields.kind === 'callback' ? PORT : 0;
  return {
    writer: fields.kind === 'client' ? 1 : 0,
    fd: FD,
    result: 0,
    errno: 0,
    times: 1,
    measured: 'none',
    about,
    ...fields,
    start: start * US,
    end: end * US,
    arrival: arrival === null ? null : arrival * US,
  };
}

function traceOf(
  model: string,
  events: readonly TraceEvent[],
  phase: Trace['phases'][number],
): Trace {
  const [connection] = SAMPLE.connections;
  return {
    ...SAMPLE,
    run: { ...SAMPLE.run, model },
    window: [0, 1_000 * US],
    notes: [],
    connections: [{ ...connection, opened: 70 * US, closed: null }] as Trace['connections'],
    events,
    phases: [phase],
  };
}

/**
 * A thread that sleeps in accept4, then in recv for the only client, whose 64 bytes come at 900 us.
 */
export function blockingTrace(): Trace {
  const events = [
    event({ kind: 'call', name: 'accept4', fd: 3, start: 0, end: 60, result: FD }),
    event({ kind: 'client', name: 'connect', start: 50, end: 55 }),
    event({ kind: 'callback', name: 'open', start: 70, end: 80 }),
    event({ kind: 'probe', name: 'setsockopt', start: 85, end: 88 }),
    event({
      kind: 'call',
      name: 'recv',
      start: 100,
      end: 950,
      result: 64,
      arrival: 900,
      measured: 'kernel-stamp',
    }),
    event({ kind: 'client', name: 'send', start: 890, end: 910, result: 64 }),
    event({ kind: 'callback', name: 'data', start: 960, end: 1_000, result: 64 }),
    event({ kind: 'call', name: 'send', start: 965, end: 990, result: 64 }),
  ];
  return traceOf('blocking', events, {
    connection: 0,
    bytes: 64,
    waitStart: 80 * US,
    arrival: 900 * US,
    asked: 100 * US,
    end: 950 * US,
    measured: 'kernel-stamp',
  });
}

/** A ring with a multishot receive that completes twice, and one that nobody completes. */
export function ringTrace(): Trace {
  const token = 7;
  const events = [
    event({ kind: 'callback', name: 'open', start: 70, end: 80 }),
    event({ kind: 'submission', name: 'recv', start: 100, about: token }),
    event({ kind: 'call', name: 'io_uring_enter', fd: -1, start: 110, end: 290, result: 1 }),
    event({ kind: 'completion', name: 'recv', start: 300, result: 64, about: token }),
    event({ kind: 'completion', name: 'recv', start: 600, result: 32, about: token }),
    event({ kind: 'submission', name: 'send', start: 650, about: token + 1 }),
    event({ kind: 'call', name: 'io_uring_enter', fd: -1, start: 660, end: 990, result: 1 }),
  ];
  return traceOf('io-uring', events, {
    connection: 0,
    bytes: 64,
    waitStart: 80 * US,
    arrival: 290 * US,
    asked: 80 * US,
    end: 300 * US,
    measured: 'sender',
  });
}
