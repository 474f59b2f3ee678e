import { FD_SET, SELECT, TIMEVAL } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { select } from '../sys/posix/select.ts';
import { PRIORITY, READABLE, WRITABLE } from './selector.ts';

/** The words of one set. The readable set comes first, then the writable, then the exceptional. */
export const SET_WORDS = FD_SET.size / Int32Array.BYTES_PER_ELEMENT;

/** Bytes on each side of the sets that nobody may ever write to. */
export const GUARD_BYTES = 64;

const SETS_BYTES = FD_SET.size * 3;
const ADDRESS_ALIGNMENT = 64;
const WORD_BITS = 32;
const SECOND_MS = 1_000;
const MILLISECOND_US = 1_000;

/**
 * The three sets of select(2) and its time limit, in mapped memory. The kernel overwrites what it
 * is given, so each call gets a copy. A descriptor of 1024 or more would write behind the sets:
 * whoever calls `set` has checked it.
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

  /** Puts `fd` into the sets of `interest`, and takes it out of the others. */
  set(fd: number, interest: number): void {
    const word = fd >>> 5;
    const bit = 1 << (fd & 31);
    this.#mark(word, bit, (interest & READABLE) !== 0);
    this.#mark(word + SET_WORDS, bit, (interest & WRITABLE) !== 0);
    this.#mark(word + SET_WORDS * 2, bit, (interest & PRIORITY) !== 0);
    if (interest !== 0) this.#count = Math.max(this.#count, fd + 1);
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

  /** Waits `timeoutMs` (-1 for ever): the number of bits found, or the negative error number. */
  select(timeoutMs: number): number {
    const time = this.#time;
    time.fill(0);
    time[TIMEVAL.fields.tv_sec[0] >> 2] = Math.floor(timeoutMs / SECOND_MS);
    time[TIMEVAL.fields.tv_usec[0] >> 2] = (timeoutMs % SECOND_MS) * MILLISECOND_US;
    const readable = this.#address;
    return select(
      this.#count,
      readable,
      readable + FD_SET.size,
      readable + FD_SET.size * 2,
      timeoutMs < 0 ? 0 : this.#timeAddress,
    );
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
