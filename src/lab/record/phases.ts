/**
 * Splitting each receive into its two phases.
 *
 * Phase 1 ends when the bytes are in the kernel. Where the kernel stamped them, that is known to
 * the microsecond; where a ring or Node's own library received them there is no stamp to be had, and
 * the sender's clock stands in: his call returned when the kernel had them.
 */
import {
  METHODS,
  type Method,
  type TraceConnection,
  type TraceEvent,
  type TracePhase,
} from '../../trace.ts';

/** Which client had which port. */
export type Ports = ReadonlyMap<number, number>;

interface Open {
  readonly index: number;
  readonly port: number;
  /** When it was through with the last piece. */
  free: number;
  received: number;
}

interface Sends {
  /** The stream's length after each send, and when that send returned. */
  readonly ends: { readonly bytes: number; readonly at: number }[];
  next: number;
}

type Editable<T> = { -readonly [Key in keyof T]: T[Key] };

const RECEIVES: ReadonlySet<string> = new Set(['recv', 'recvfrom', 'read']);

class Splitter {
  readonly connections: Editable<TraceConnection>[] = [];
  readonly phases: TracePhase[] = [];
  readonly #ports: Ports;
  readonly #sends: ReadonlyMap<number, Sends>;
  readonly #byPort = new Map<string, Open>();
  readonly #byFd = new Map<string, Open>();
  readonly #hasCalls = new Set<number>();

  constructor(events: readonly TraceEvent[], ports: Ports) {
    this.#ports = ports;
    this.#sends = sendsOf(events);
    // Callbacks of the baseline know no descriptor: its receives are seen there and nowhere else.
    for (const { kind, fd, writer } of events) {
      if (kind === 'callback' && fd >= 0) this.#hasCalls.add(writer);
    }
  }

  take(event: TraceEvent): void {
    const { kind, name, writer, fd, result } = event;
    if (kind === 'callback') this.#callback(event);
    const isCall = kind === 'call' && RECEIVES.has(name);
    const isOperation = kind === 'completion' && name === 'recv';
    if (!(isCall || isOperation) || result <= 0) return;
    const open = this.#byFd.get(`${writer} ${fd}`);
    if (open !== undefined) this.#split(open, event);
  }

  #callback(event: TraceEvent): void {
    const { name, writer, fd, about, start, end } = event;
    const key = `${writer} ${about}`;
    if (name === 'open') {
      const client = this.#ports.get(about) ?? -1;
      const index = this.connections.length;
      this.connections.push({ client, writer, fd, port: about, opened: start, closed: null });
      const open = { index, port: about, free: end, received: 0 };
      this.#byPort.set(key, open);
      if (fd >= 0) this.#byFd.set(`${writer} ${fd}`, open);
      return;
    }
    const open = this.#byPort.get(key);
    if (open === undefined) return;
    if (name === 'close') {
      (this.connections[open.index] as Editable<TraceConnection>).closed = end;
      this.#byPort.delete(key);
      if (this.#byFd.get(`${writer} ${fd}`) === open) this.#byFd.delete(`${writer} ${fd}`);
    } else if (name === 'data') {
      if (!this.#hasCalls.has(writer)) this.#split(open, { ...event, end: start });
      open.free = Math.max(open.free, end);
    }
  }

  #split(open: Open, event: TraceEvent): void {
    const { result, start, end } = event;
    open.received += result;
    const { arrival, measured } = this.#arrivalOf(open, event);
    this.phases.push({
      connection: open.index,
      bytes: result,
      waitStart: open.free,
      arrival,
      asked: event.kind === 'call' ? start : Math.min(open.free, end),
      end,
      measured,
    });
    open.free = end;
  }

  #arrivalOf(open: Open, event: TraceEvent): Pick<TracePhase, 'arrival' | 'measured'> {
    const { arrival, measured, end } = event;
    if (arrival !== null) return { arrival: Math.min(arrival, end), measured };
    const sends = this.#sends.get(open.port);
    if (event.kind === 'call' || sends === undefined) return { arrival: null, measured: 'none' };
    while ((sends.ends[sends.next]?.bytes ?? Number.POSITIVE_INFINITY) < open.received)
      sends.next++;
    const sent = sends.ends[sends.next];
    if (sent === undefined) return { arrival: null, measured: 'none' };
    // Who receives on another processor may be faster than the sender's way back to its program.
    return { arrival: Math.min(sent.at, end), measured: 'sender' };
  }
}

function sendsOf(events: readonly TraceEvent[]): Map<number, Sends> {
  const found = new Map<number, Sends>();
  for (const { kind, name, about, result, end } of events) {
    if (kind !== 'client' || name !== 'send') continue;
    const sends = found.get(about) ?? { ends: [], next: 0 };
    found.set(about, sends);
    const before = sends.ends.at(-1)?.bytes ?? 0;
    sends.ends.push({ bytes: before + result, at: end });
  }
  return found;
}

/** The connections of a run, and each of their receives in phases. */
export function splitPhases(
  events: readonly TraceEvent[],
  ports: Ports,
): { readonly connections: readonly TraceConnection[]; readonly phases: readonly TracePhase[] } {
  const splitter = new Splitter(events, ports);
  // A callback that begins at the same instant as a call encloses it; by end, a receive comes first.
  for (const event of [...events].sort((a, b) => a.end - b.end)) splitter.take(event);
  const { connections, phases } = splitter;
  return { connections, phases };
}

/** No method, counted zero times each. */
export function countMethods(phases: readonly TracePhase[]): Record<Method, number> {
  const counts = Object.fromEntries(METHODS.map((method) => [method, 0])) as Record<Method, number>;
  for (const { measured } of phases) counts[measured]++;
  return counts;
}
