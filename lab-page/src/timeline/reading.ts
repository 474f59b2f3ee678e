/**
 * A trace made ready to be drawn and told: which connection an event is about, which receive was
 * split into which phases, and in which calls a thread slept.
 *
 * Facts: descriptors are reused, so a number alone names no connection; its time does. A ring's
 * operations are written down before the callback that opens their connection. A call that may sleep
 * often finds its work done already and returns at once; a call that cannot sleep may still last
 * long, when another thread gets its processor.
 */
import type { Trace, TraceConnection, TraceEvent, TracePhase } from '../../../src/trace.ts';

/** Calls that wait for everything at once. */
const WAIT_FOR_ALL: ReadonlySet<string> = new Set([
  'epoll_wait',
  'kevent',
  'poll',
  'select',
  'sigtimedwait',
  'io_uring_enter',
  'GetQueuedCompletionStatusEx',
]);

/** Calls that wait for data and copy it. */
export const RECEIVES: ReadonlySet<string> = new Set(['recv', 'recvfrom', 'read']);

/** Calls that wait for one descriptor. */
const WAIT_FOR_ONE: ReadonlySet<string> = new Set(['accept4', 'accept', ...RECEIVES]);

/** What lasts no longer found its work done, or did it. */
const SLEEP_MIN_NS = 20_000;
/** Writing wakes others and copies, on the caller's time; what lasts this long waited for room or a disk. */
const LONG_NS = 2_000_000;
/** So much later may the callback come that opens the connection of an operation. */
const OPENING_NS = 5_000_000;

const WOULD_BLOCK: Readonly<Record<string, number>> = { linux: 11, win32: 10_035 };
const BSD_WOULD_BLOCK = 35;

/** How a thread waits in a call. */
export type Sleep = 'one' | 'all' | null;

export class Reading {
  readonly trace: Trace;
  readonly start: number;
  readonly duration: number;
  readonly #wouldBlock: number;
  /** Whether a receive can sleep: under most models it answers at once, or would-block. */
  readonly #isBlocking: boolean;
  readonly #byFd = new Map<string, number[]>();
  readonly #byPort = new Map<number, number>();
  readonly #byEnd = new Map<string, TracePhase>();

  constructor(trace: Trace) {
    this.trace = trace;
    this.start = trace.window[0];
    this.duration = Math.max(1, trace.window[1] - trace.window[0]);
    this.#wouldBlock = WOULD_BLOCK[trace.machine.system] ?? BSD_WOULD_BLOCK;
    this.#isBlocking = trace.connections.length === 0 || trace.run.model.startsWith('blocking');
    for (const [index, { writer, fd, port }] of trace.connections.entries()) {
      this.#byPort.set(port, index);
      if (fd < 0) continue;
      const key = `${writer} ${fd}`;
      const known = this.#byFd.get(key);
      if (known === undefined) this.#byFd.set(key, [index]);
      else known.push(index);
    }
    for (const phase of trace.phases) this.#byEnd.set(`${phase.connection} ${phase.end}`, phase);
  }

  /** The number of the connection that an event is about, -1 for none. */
  connectionOf({ kind, writer, fd, about, start }: TraceEvent): number {
    if (kind === 'client' || kind === 'callback') return this.#byPort.get(about) ?? -1;
    if (fd < 0) return -1;
    const candidates = this.#byFd.get(`${writer} ${fd}`) ?? [];
    let found = -1;
    for (const index of candidates) {
      const { opened, closed } = this.trace.connections[index] as TraceConnection;
      if (opened - start > OPENING_NS) break;
      found = index;
      if (closed === null || start <= closed) break;
    }
    return found;
  }

  /** The phases of a receive. */
  phaseOf({ end }: TraceEvent, connection: number): TracePhase | undefined {
    return this.#byEnd.get(`${connection} ${end}`);
  }

  isWouldBlock({ errno, result }: TraceEvent): boolean {
    return errno === this.#wouldBlock && result < 0;
  }

  /** Whether the thread slept in a call, and for whom. */
  sleepOf(event: TraceEvent): Sleep {
    const { kind, name, start, end, times } = event;
    if (kind !== 'call' || times > 1 || end - start < SLEEP_MIN_NS) return null;
    if (WAIT_FOR_ALL.has(name)) return 'all';
    if (!this.#isBlocking || this.isWouldBlock(event)) return null;
    if (!WAIT_FOR_ONE.has(name)) return end - start >= LONG_NS ? 'one' : null;
    const phase = this.phaseOf(event, this.connectionOf(event));
    // It slept when the data came after it had asked, and not when it copied much.
    if (phase?.arrival != null) return phase.arrival - start >= SLEEP_MIN_NS ? 'one' : null;
    return 'one';
  }

  /** Whether an event touches the window. */
  isInside({ start, end }: TraceEvent): boolean {
    return end >= this.start && start <= this.start + this.duration;
  }

  /** A time of the trace as nanoseconds since the window's start, within the window. */
  at(time: number): number {
    return Math.min(Math.max(time - this.start, 0), this.duration);
  }
}

const readings = new WeakMap<Trace, Reading>();

/** The reading of a trace; made once. */
export function readingOf(trace: Trace): Reading {
  let reading = readings.get(trace);
  if (reading === undefined) {
    reading = new Reading(trace);
    readings.set(trace, reading);
  }
  return reading;
}
