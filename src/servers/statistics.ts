/**
 * What a server counts and how it is stopped: one block of memory that the starter and every worker
 * share (a SharedArrayBuffer for threads, a memory file for processes). A loop that never returns
 * to Node hears no message, but it can look at a word.
 */
import type { DropReason } from './protocol.ts';

/** How far stopping has gone; workers only ever see it rise. */
export const STOP = { none: 0, drain: 1, abort: 2 } as const;

/** The life of one worker. */
export const STATE = { starting: 0, serving: 1, draining: 2, ended: 3 } as const;

/** What each worker counts, in the order in which it lies in memory. */
const COUNTERS = [
  'accepted',
  'closed',
  'messages',
  'bytesIn',
  'bytesOut',
  'wouldBlock',
  'acceptFailures',
  'acceptsInVain',
  'timeouts',
  'protocolErrors',
  'connectionErrors',
  'unsentBytes',
  'unsentConnections',
  'droppedMaxConnections',
  'droppedDescriptorLimit',
  'droppedSelectLimit',
  'droppedWatchRefused',
] as const;

type CounterName = (typeof COUNTERS)[number];

/** The index of each counter in a worker's `counters`. */
export const COUNTER = Object.fromEntries(COUNTERS.map((name, index) => [name, index])) as Readonly<
  Record<CounterName, number>
>;

const DROP_COUNTER: Readonly<Record<DropReason, number>> = {
  'max-connections': COUNTER.droppedMaxConnections,
  'descriptor-limit': COUNTER.droppedDescriptorLimit,
  'select-limit': COUNTER.droppedSelectLimit,
  'watch-refused': COUNTER.droppedWatchRefused,
};

const HEADER_BYTES = 64;
const WORDS_BYTES = 64;
const COUNTERS_BYTES = 192;
const TEXT_BYTES = 512;
const WORKER_BYTES = WORDS_BYTES + COUNTERS_BYTES + TEXT_BYTES;

const STOP_WORD = 0;
const ACTIVE_WORD = 1;
const STATE_WORD = 0;
const PID_WORD = 1;
const SEEN_WORD = 2;
const TEXT_LENGTH_WORD = 3;
/** The third pair of words: some systems need 64 bits for a thread. */
const THREAD_PAIR = 2;

/** A moment's figures of a whole server. All counts are since it started. */
export interface Statistics {
  /** Connections open now. */
  readonly active: number;
  readonly accepted: number;
  readonly closed: number;
  /** Clients turned away, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Calls of `data`. */
  readonly messages: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Calls that answered EAGAIN. */
  readonly wouldBlock: number;
  /** Calls of accept that failed for another reason than EAGAIN. */
  readonly acceptFailures: number;
  /**
   * How often a worker came to accept and found nobody, since another had been quicker; a polling
   * model asks again and again.
   */
  readonly acceptsInVain: number;
  /** Connections closed or reported because nothing moved. */
  readonly timeouts: number;
  /** Callbacks that threw or returned a promise. */
  readonly protocolErrors: number;
  /** Connections that a kernel error ended (a reset, for example). */
  readonly connectionErrors: number;
  /** What an abort, or a drain that ran out of time, left unsent. */
  readonly unsentBytes: number;
  readonly unsentConnections: number;
  /** How the clients were spread, in the order of the workers. */
  readonly byWorker: readonly WorkerStatistics[];
}

/** What one worker had of the clients. */
export interface WorkerStatistics {
  readonly accepted: number;
  readonly acceptsInVain: number;
}

/** One worker's part of the block. */
export class WorkerRecord {
  readonly counters: Float64Array;
  readonly #words: Int32Array;
  readonly #pairs: BigUint64Array;
  readonly #text: Uint8Array;

  constructor(memory: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(memory, offset, WORDS_BYTES >> 2);
    this.#pairs = new BigUint64Array(memory, offset, WORDS_BYTES >> 3);
    this.counters = new Float64Array(memory, offset + WORDS_BYTES, COUNTERS.length);
    this.#text = new Uint8Array(memory, offset + WORDS_BYTES + COUNTERS_BYTES, TEXT_BYTES);
  }

  get state(): number {
    return Atomics.load(this.#words, STATE_WORD);
  }

  set state(state: number) {
    Atomics.store(this.#words, STATE_WORD, state);
  }

  /** The stop level that the worker has acted on; signals repeat until it is the one asked for. */
  get seen(): number {
    return Atomics.load(this.#words, SEEN_WORD);
  }

  set seen(level: number) {
    Atomics.store(this.#words, SEEN_WORD, level);
  }

  /** The process and thread that signals go to. */
  get thread(): { readonly pid: number; readonly tid: number } {
    const tid = Number(Atomics.load(this.#pairs, THREAD_PAIR));
    return { pid: Atomics.load(this.#words, PID_WORD), tid };
  }

  setThread(pid: number, tid: number): void {
    Atomics.store(this.#words, PID_WORD, pid);
    Atomics.store(this.#pairs, THREAD_PAIR, BigInt(tid));
  }

  /** Keeps the first mistake of the protocol, cut to what fits, for whoever runs the server. */
  noteProtocolError(text: string): void {
    if (this.#words[TEXT_LENGTH_WORD] !== 0) return;
    // Not encodeInto: it takes no shared memory.
    const bytes = Buffer.from(text).subarray(0, TEXT_BYTES);
    this.#text.set(bytes);
    Atomics.store(this.#words, TEXT_LENGTH_WORD, bytes.length);
  }

  /** What `noteProtocolError` kept, or null. */
  get protocolError(): string | null {
    const length = Atomics.load(this.#words, TEXT_LENGTH_WORD);
    return length === 0 ? null : Buffer.from(this.#text.subarray(0, length)).toString();
  }

  countDrop(reason: DropReason): void {
    const index = DROP_COUNTER[reason];
    this.counters[index] = (this.counters[index] as number) + 1;
  }
}

/** The whole block: a header and one record for each worker. */
export class ControlBlock {
  readonly workers: readonly WorkerRecord[];
  readonly #header: Int32Array;

  constructor(memory: ArrayBufferLike, workers: number) {
    this.#header = new Int32Array(memory, 0, HEADER_BYTES >> 2);
    this.workers = Array.from(
      { length: workers },
      (_, index) => new WorkerRecord(memory, HEADER_BYTES + index * WORKER_BYTES),
    );
  }

  /** How many bytes a block for so many workers takes. */
  static size(workers: number): number {
    return HEADER_BYTES + workers * WORKER_BYTES;
  }

  get stop(): number {
    return Atomics.load(this.#header, STOP_WORD);
  }

  set stop(level: number) {
    Atomics.store(this.#header, STOP_WORD, level);
  }

  /** Connections open over all workers. */
  get active(): number {
    return Atomics.load(this.#header, ACTIVE_WORD);
  }

  /** Counts one connection more, unless `limit` are open already. */
  tryOpen(limit: number): boolean {
    if (Atomics.add(this.#header, ACTIVE_WORD, 1) < limit) return true;
    Atomics.sub(this.#header, ACTIVE_WORD, 1);
    return false;
  }

  closeOne(): void {
    Atomics.sub(this.#header, ACTIVE_WORD, 1);
  }

  /** The first mistake of the protocol in one of the workers, or null. */
  get protocolError(): string | null {
    const texts = this.workers.map(({ protocolError }) => protocolError);
    return texts.find((text) => text !== null) ?? null;
  }

  /** The sum over all workers. */
  statistics(): Statistics {
    const sum = (name: CounterName): number =>
      this.workers.reduce((total, { counters }) => total + (counters[COUNTER[name]] as number), 0);
    return {
      active: this.active,
      accepted: sum('accepted'),
      closed: sum('closed'),
      dropped: {
        'max-connections': sum('droppedMaxConnections'),
        'descriptor-limit': sum('droppedDescriptorLimit'),
        'select-limit': sum('droppedSelectLimit'),
        'watch-refused': sum('droppedWatchRefused'),
      },
      messages: sum('messages'),
      bytesIn: sum('bytesIn'),
      bytesOut: sum('bytesOut'),
      wouldBlock: sum('wouldBlock'),
      acceptFailures: sum('acceptFailures'),
      acceptsInVain: sum('acceptsInVain'),
      timeouts: sum('timeouts'),
      protocolErrors: sum('protocolErrors'),
      connectionErrors: sum('connectionErrors'),
      unsentBytes: sum('unsentBytes'),
      unsentConnections: sum('unsentConnections'),
      byWorker: this.workers.map(({ counters }) => ({
        accepted: counters[COUNTER.accepted] as number,
        acceptsInVain: counters[COUNTER.acceptsInVain] as number,
      })),
    };
  }
}
