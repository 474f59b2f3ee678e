/** Traces made of a seed, as large as wanted: the same numbers give the same trace. */
import type {
  Trace,
  TraceConnection,
  TraceEvent,
  TracePhase,
  TraceSummary,
} from '../../../src/trace.ts';
import { SAMPLE } from '../../trace/sample.ts';

export interface SyntheticOptions {
  /** About how many events. */
  readonly events: number;
  /** @default 4 */
  readonly connections?: number;
  /** @default 1 */
  readonly seed?: number;
  /** Whether the program asks in vain between two messages instead of sleeping. @default false */
  readonly isPolling?: boolean;
}

const US = 1_000;
const PORT = 40_000;
const FD = 20;
const EAGAIN = 11;

/** A generator of numbers from 0 to 1 that a seed decides. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes down what a server of one thread does, message by message. */
class Maker {
  readonly events: TraceEvent[] = [];
  readonly phases: TracePhase[] = [];
  now = 0;
  readonly #random: () => number;
  readonly #free: number[];

  constructor(connections: number, seed: number) {
    this.#random = createRandom(seed);
    this.#free = Array.from({ length: connections }, () => 0);
  }

  /** A whole number of nanoseconds. */
  pick(from: number, to: number): number {
    return Math.round(from + this.#random() * (to - from));
  }

  add(fields: Partial<TraceEvent> & Pick<TraceEvent, 'kind' | 'name' | 'start' | 'end'>): void {
    this.events.push({
      writer: fields.kind === 'client' ? 1 : 0,
      fd: -1,
      result: 0,
      errno: 0,
      times: 1,
      arrival: null,
      measured: 'none',
      about: 0,
      ...fields,
    });
  }

  /** Waits: asleep in one call, or asking again and again. */
  #wait(until: number, isPolling: boolean, fd: number): void {
    if (!isPolling) {
      this.add({ kind: 'call', name: 'epoll_wait', fd: 3, start: this.now, end: until, result: 1 });
      this.now = until;
      return;
    }
    for (let asked = 0; asked < 20 && this.now < until; asked++) {
      const start = this.now;
      const end = start + this.pick(US, 3 * US);
      this.add({ kind: 'call', name: 'recv', fd, start, end, result: -EAGAIN, errno: EAGAIN });
      this.now = end + this.pick(US, 2 * US);
    }
    this.now = Math.max(this.now, until);
  }

  message(isPolling: boolean): void {
    const connection = Math.floor(this.#random() * this.#free.length);
    const [fd, about] = [FD + connection, PORT + connection];
    const bytes = this.pick(1, 4_096);
    const sent = this.now + this.pick(30 * US, 300 * US);
    const arrival = sent + 4 * US;
    this.add({
      kind: 'client',
      name: 'send',
      start: sent,
      end: sent + 6 * US,
      result: bytes,
      about,
    });
    this.#wait(arrival + 5 * US, isPolling, fd);
    const asked = this.now + US;
    const end = asked + this.pick(2 * US, 9 * US);
    this.add({
      kind: 'call',
      name: 'recv',
      fd,
      start: asked,
      end,
      result: bytes,
      arrival,
      measured: 'kernel-stamp',
    });
    const waitStart = this.#free[connection] as number;
    this.phases.push({
      connection,
      bytes,
      waitStart,
      arrival,
      asked,
      end,
      measured: 'kernel-stamp',
    });
    this.#free[connection] = end;
    const [code, over] = [end + US, end + this.pick(20 * US, 60 * US)];
    this.add({ kind: 'callback', name: 'data', fd, start: code, end: over, result: bytes, about });
    this.add({ kind: 'call', name: 'send', fd, start: code + US, end: over - US, result: bytes });
    this.add({
      kind: 'client',
      name: 'receive',
      start: over,
      end: over + 3 * US,
      result: bytes,
      about,
    });
    this.now = over + 4 * US;
  }
}

/** A trace of about so many events. */
export function syntheticTrace(options: SyntheticOptions): Trace {
  const { events: wanted, connections: count = 4, seed = 1, isPolling = false } = options;
  const maker = new Maker(count, seed);
  while (maker.events.length < wanted) maker.message(isPolling);
  const connections = Array.from(
    { length: count },
    (_, client): TraceConnection => ({
      client,
      writer: 0,
      fd: FD + client,
      port: PORT + client,
      opened: 0,
      closed: null,
    }),
  );
  const model = isPolling ? 'non-blocking' : 'epoll';
  const summary: TraceSummary = { ...SAMPLE.summary, messages: maker.phases.length, operations: 0 };
  return {
    ...SAMPLE,
    run: { ...SAMPLE.run, model, clients: count },
    window: [0, maker.now],
    notes: [],
    connections,
    events: maker.events.sort((a, b) => a.start - b.start || b.end - a.end),
    phases: maker.phases.sort((a, b) => a.end - b.end),
    summary,
  };
}
