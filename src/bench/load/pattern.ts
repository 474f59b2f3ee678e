/**
 * The bytes that a load sends and compares what comes back with.
 *
 * Facts: a message of zeros would hide lost, repeated, swapped and crossed messages. Making fresh
 * random bytes costs more than sending them.
 *
 * What this means for us: one pattern stands in mapped memory, and every stream runs through it from
 * a place of its own. No two of its words are equal, so bytes from any other place of it show, and a
 * word tells where it stands, which names the datagram that it begins. Its length is no multiple of
 * usual message sizes, so that the next message differs from the last one. Behind its end it
 * begins again, for as many bytes as one call sends.
 */
import { Arena } from '../../sys/arena.ts';
import { memcmp } from '../../sys/posix/string.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** A prime. */
const WORDS = 16_381;

/** After so many bytes it begins again. */
export const PATTERN_BYTES = WORDS * WORD_BYTES;

/** The most bytes that are sent or compared at once. */
export const PIECE_BYTES = 1_048_576;

/** From so many bytes on the C library compares faster, its call included. */
const MEMCMP_FROM = 256;

/** A place in the pattern, after going on from another one. */
export function after(place: number, bytes: number): number {
  const next = place + bytes;
  return next < PATTERN_BYTES ? next : next % PATTERN_BYTES;
}

/** Two odd numbers whose product is 1 modulo 2^32: multiplying by one undoes the other. */
const MIX = 0x9e3779b1 | 0;
const UNMIX = 0x0e8b2f51 | 0;

export class Pattern {
  /** Where the kernel finds it. */
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #arena: Arena;
  readonly #seed: number;

  /** @param seed what makes it another one: any 32-bit number */
  constructor(seed: number) {
    this.#arena = Arena.map(PATTERN_BYTES + PIECE_BYTES);
    this.address = this.#arena.address;
    this.bytes = this.#arena.bytes;
    this.#words = new Int32Array(this.#arena.buffer, 0, this.#arena.size >> 2);
    this.#seed = seed | 0;
    for (let at = 0; at < this.#words.length; at++) {
      this.#words[at] = Math.imul((at % WORDS) ^ this.#seed, MIX);
    }
  }

  /** Whether what was received equals the pattern from `place` on. */
  equals(place: number, memory: Memory, offset: number, length: number): boolean {
    const isAligned = ((place | offset | length) & (WORD_BYTES - 1)) === 0;
    if (!isAligned || length >= MEMCMP_FROM) {
      return memcmp(this.address + place, memory.address + offset, length) === 0;
    }
    const words = this.#words;
    const others = memory.words;
    let at = place >> 2;
    let other = offset >> 2;
    for (const end = at + (length >> 2); at < end; at++, other++) {
      if (words[at] !== others[other]) return false;
    }
    return true;
  }

  /** How many bytes agree with the pattern from `place` on, before the first that does not. */
  agreement(place: number, memory: Memory, offset: number, length: number): number {
    for (let at = 0; at < length; at++) {
      if (this.bytes[place + at] !== memory.bytes[offset + at]) return at;
    }
    return length;
  }

  /** Where a word of the pattern stands; -1 for one that it does not have. */
  placeOf(word: number): number {
    const at = Math.imul(word, UNMIX) ^ this.#seed;
    return at >= 0 && at < WORDS ? at * WORD_BYTES : -1;
  }

  /** When nothing is sent from it any more. */
  close(): void {
    this.#arena.close();
  }
}

/** Where received bytes lie: mapped memory, which starts at a word. */
export interface Memory {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}
