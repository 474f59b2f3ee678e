/** The sets of select(2): one bit for each descriptor below 1024. */
import { Arena } from '../arena.ts';
import { FD_SET, POLL, SELECT, TIMEVAL } from './abi.ts';
import { select } from './select.ts';

/** The words of one set. The readable set comes first, then the writable, then the exceptional. */
export const SET_WORDS = FD_SET.size / Int32Array.BYTES_PER_ELEMENT;

/** Bytes on each side of the sets that nobody may ever write to. */
export const GUARD_BYTES = 64;

/** Descriptors are numbered below this. */
export const DESCRIPTORS_BELOW = SELECT.FD_SETSIZE;

const SETS_BYTES = FD_SET.size * 3;
const ADDRESS_ALIGNMENT = 64;
const WORD_BITS = 32;
const SECOND_MS = 1_000;
const MILLISECOND_US = 1_000;
const { POLLIN, POLLOUT, POLLPRI } = POLL;

/**
 * The three sets of select(2) and its time limit, in mapped memory. The kernel overwrites what it
 * is given, so each call gets a copy. A descriptor of 1024 or more would write behind the sets:
 * whoever calls `set` has asked `refuse`.
 */
export class FdSets {
  /** A guard, the three sets, a guard, the time limit. */
  readonly arena = Arena.map(GUARD_BYTES + SETS_BYTES + GUARD_BYTES + ADDRESS_ALIGNMENT);
  /** What the last call found: the words of the readable, the writable and the exceptional set. */
  readonly found: Int32Array;
  readonly #wanted = new Int32Array(SET_WORDS * 3);
  readonly #address: number;
  readonly #time: Int32Array;
  readonly #timeAddress: number;
  #count = 0;
  /** Where `next` is: the word, and which of its bits it has not looked at. */
  #word = 0;
  #left = 0;
  #events = 0;

  constructor() {
    this.arena.carve(GUARD_BYTES);
    const sets = this.arena.carve(SETS_BYTES);
    this.arena.carve(GUARD_BYTES);
    const time = this.arena.carve(TIMEVAL.size);
    this.found = sets.words;
    this.#address = sets.address;
    this.#time = time.words;
    this.#timeAddress = time.address;
  }

  /** One more than the highest descriptor in any set: what select(2) asks for. */
  get count(): number {
    return this.#count;
  }

  /** Why the sets cannot take `fd`, or null. */
  refuse(fd: number): string | null {
    if (fd < DESCRIPTORS_BELOW) return null;
    return `select(2) cannot watch fd ${fd}: it ends at ${DESCRIPTORS_BELOW - 1}; use poll or epoll`;
  }

  /** Puts `fd` into the sets of `events` of `POLL`, and takes it out of the others. */
  set(fd: number, events: number): void {
    const word = fd >>> 5;
    const bit = 1 << (fd & 31);
    this.#mark(word, bit, (events & POLLIN) !== 0);
    this.#mark(word + SET_WORDS, bit, (events & POLLOUT) !== 0);
    this.#mark(word + SET_WORDS * 2, bit, (events & POLLPRI) !== 0);
    if (events !== 0) this.#count = Math.max(this.#count, fd + 1);
    else if (fd + 1 === this.#count) this.#count = this.#highest() + 1;
  }

  /** Prepares the next call. */
  reset(): void {
    this.found.set(this.#wanted);
  }

  /** Takes `fd` out of the next call only. */
  exclude(fd: number): void {
    const bit = 1 << (fd & 31);
    for (let at = fd >>> 5; at < this.found.length; at += SET_WORDS) {
      this.found[at] = (this.found[at] as number) & ~bit;
    }
  }

  /**
   * Waits `timeoutMs` (-1 for ever): more than 0 when something was found, or the negative error
   * number, EBADF when one of the descriptors is closed.
   */
  select(timeoutMs: number): number {
    const time = this.#time;
    time.fill(0);
    time[TIMEVAL.fields.tv_sec[0] >> 2] = Math.floor(timeoutMs / SECOND_MS);
    time[TIMEVAL.fields.tv_usec[0] >> 2] = (timeoutMs % SECOND_MS) * MILLISECOND_US;
    const readable = this.#address;
    this.#word = -1;
    this.#left = 0;
    return select(
      this.#count,
      readable,
      readable + FD_SET.size,
      readable + FD_SET.size * 2,
      timeoutMs < 0 ? 0 : this.#timeAddress,
    );
  }

  /** The next descriptor that the last call found, -1 after the last one. */
  next(): number {
    const found = this.found;
    const words = (this.#count + 31) >>> 5;
    while (this.#left === 0) {
      const word = ++this.#word;
      if (word >= words) return -1;
      this.#left =
        (found[word] as number) |
        (found[word + SET_WORDS] as number) |
        (found[word + SET_WORDS * 2] as number);
    }
    const word = this.#word;
    const bit = this.#left & -this.#left;
    this.#left ^= bit;
    this.#events =
      (((found[word] as number) & bit) !== 0 ? POLLIN : 0) |
      (((found[word + SET_WORDS] as number) & bit) !== 0 ? POLLOUT : 0) |
      (((found[word + SET_WORDS * 2] as number) & bit) !== 0 ? POLLPRI : 0);
    return (word << 5) + 31 - Math.clz32(bit);
  }

  /** The events of what `next` has answered. */
  get events(): number {
    return this.#events;
  }

  #mark(at: number, bit: number, on: boolean): void {
    const others = (this.#wanted[at] as number) & ~bit;
    this.#wanted[at] = on ? others | bit : others;
  }

  #highest(): number {
    const wanted = this.#wanted;
    for (let word = SELECT.FD_SETSIZE / WORD_BITS - 1; word >= 0; word--) {
      const any =
        (wanted[word] as number) |
        (wanted[word + SET_WORDS] as number) |
        (wanted[word + SET_WORDS * 2] as number);
      if (any !== 0) return word * WORD_BITS + 31 - Math.clz32(any);
    }
    return -1;
  }
}
