/** <sys/event.h>: kqueue(2), kevent(2), and the lists that the second takes and fills. */
import { UnsupportedError } from '../../errors.ts';
import { ERRNO, TIMESPEC } from '../abi.ts';
import { Arena } from '../arena.ts';
import { bind } from '../ffi.ts';
import { closeOnExec } from '../posix/fcntl.ts';
import { close } from '../posix/unistd.ts';
import { EV, KEVENT_ABI, kqueueMissing } from './abi.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const HALF_BYTES = Int16Array.BYTES_PER_ELEMENT;
const TWO_TO_32 = 2 ** 32;
const NS_PER_MS = 1_000_000;

const { layout, symbol, count } = KEVENT_ABI;
const SIZE = layout.size;

function offsetOf(field: string): number {
  return (layout.fields[field] as readonly [number, number])[0];
}

const STRIDE_WORDS = SIZE / WORD_BYTES;
const STRIDE_HALVES = SIZE / HALF_BYTES;
const IDENT = offsetOf('ident') / WORD_BYTES;
/** Wider on one system, but no value needs more than the lower half, which comes first. */
const FILTER = offsetOf('filter') / HALF_BYTES;
const FLAGS = offsetOf('flags') / HALF_BYTES;
const FFLAGS = offsetOf('fflags') / WORD_BYTES;
const DATA = offsetOf('data') / WORD_BYTES;
const UDATA = offsetOf('udata') / WORD_BYTES;

const openQueue = bind<[]>('kqueue', 'int', []);

const kevent = bind<
  [
    queue: number,
    changes: number,
    changeCount: number,
    events: number,
    room: number,
    timeout: number,
  ]
>(symbol, 'int', ['fd', 'address', count, 'address', count, 'address']);

/**
 * kqueue(2), closed on exec: the descriptor, or the negative error number. Throws UnsupportedError
 * on a system that has none.
 */
export function kqueue(): number {
  const missing = kqueueMissing();
  if (missing !== null) throw new UnsupportedError(missing);
  const queue = openQueue();
  if (queue < 0) return queue;
  const result = closeOnExec(queue);
  if (result >= 0) return queue;
  close(queue);
  return result;
}

/** Entries of `struct kevent` in mapped memory, with a `struct timespec` behind them. */
export class KeventList {
  /** How many entries there are. */
  readonly room: number;
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #halves: Int16Array;
  readonly #timeoutWord: number;

  constructor(room: number) {
    this.room = room;
    this.#arena = Arena.map(room * SIZE + TIMESPEC.size);
    this.#words = new Int32Array(this.#arena.buffer, 0, this.#arena.size / WORD_BYTES);
    this.#halves = new Int16Array(this.#arena.buffer, 0, this.#arena.size / HALF_BYTES);
    this.#timeoutWord = (room * SIZE) / WORD_BYTES;
  }

  /** Writes a change: an entry with `data`, `fflags` and `udata` 0. */
  set(index: number, ident: number, filter: number, flags: number): void {
    const words = this.#words;
    const at = index * STRIDE_WORDS;
    words.fill(0, at, at + STRIDE_WORDS);
    words[at + IDENT] = ident;
    this.#halves[index * STRIDE_HALVES + FILTER] = filter;
    this.#halves[index * STRIDE_HALVES + FLAGS] = flags;
  }

  setFflags(index: number, fflags: number): void {
    this.#words[index * STRIDE_WORDS + FFLAGS] = fflags;
  }

  /** @param value an integer of at most 2^53 - 1 */
  setData(index: number, value: number): void {
    this.#words[index * STRIDE_WORDS + DATA] = value % TWO_TO_32;
    this.#words[index * STRIDE_WORDS + DATA + 1] = Math.floor(value / TWO_TO_32);
  }

  /** @param value 31 bits that come back with each event */
  setUdata(index: number, value: number): void {
    this.#words[index * STRIDE_WORDS + UDATA] = value;
  }

  ident(index: number): number {
    return this.#words[index * STRIDE_WORDS + IDENT] as number;
  }

  filter(index: number): number {
    return this.#halves[index * STRIDE_HALVES + FILTER] as number;
  }

  /** With its sign: EV_EOF is the sign bit of 16. */
  flags(index: number): number {
    return this.#halves[index * STRIDE_HALVES + FLAGS] as number;
  }

  fflags(index: number): number {
    return this.#words[index * STRIDE_WORDS + FFLAGS] as number;
  }

  data(index: number): number {
    const at = index * STRIDE_WORDS + DATA;
    const high = this.#words[at + 1] as number;
    return high * TWO_TO_32 + ((this.#words[at] as number) >>> 0);
  }

  udata(index: number): number {
    return this.#words[index * STRIDE_WORDS + UDATA] as number;
  }

  /**
   * Applies the first `changes` entries, and nothing else: each asks for a receipt, and with as
   * much room as there are changes the call has none left for events, so it takes none and does
   * not wait. Returns `changes`, or the negative error number of the call itself; what became of
   * each change is its `outcome`.
   */
  apply(queue: number, changes: number): number {
    for (let index = 0; index < changes; index++) {
      const at = index * STRIDE_HALVES + FLAGS;
      this.#halves[at] = (this.#halves[at] as number) | EV.EV_RECEIPT;
    }
    this.#setTimeout(0);
    const { address } = this.#arena;
    for (;;) {
      // Changes that were applied before the signal came are applied once more, which is harmless.
      const result = kevent(queue, address, changes, address, changes, this.#timeoutAddress);
      if (result !== -ERRNO.EINTR) return result;
    }
  }

  /** 0, or the negative error number of a change that was applied. */
  outcome(index: number): number {
    // A double negation would make 0 of 0 and -0 of an error that is none.
    const error = this.data(index);
    return error === 0 ? 0 : -error;
  }

  /**
   * Waits at most `timeoutMs` (-1 for ever) for events, and fills the entries with them: their
   * number, or the negative error number.
   */
  wait(queue: number, timeoutMs: number): number {
    let timeout = 0;
    if (timeoutMs >= 0) {
      this.#setTimeout(timeoutMs);
      timeout = this.#timeoutAddress;
    }
    return kevent(queue, 0, 0, this.#arena.address, this.room, timeout);
  }

  close(): void {
    this.#arena.close();
  }

  get #timeoutAddress(): number {
    return this.#arena.address + this.#timeoutWord * WORD_BYTES;
  }

  #setTimeout(ms: number): void {
    const seconds = Math.floor(ms / 1_000);
    this.#words[this.#timeoutWord + TIMESPEC.fields.tv_sec[0] / WORD_BYTES] = seconds;
    const nanoseconds = (ms - seconds * 1_000) * NS_PER_MS;
    this.#words[this.#timeoutWord + TIMESPEC.fields.tv_nsec[0] / WORD_BYTES] = nanoseconds;
  }
}
