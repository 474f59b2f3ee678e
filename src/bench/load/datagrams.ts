/**
 * Messages that are datagrams: each is sent alone, and may come back late, twice, in another order or
 * never. The first word of a message tells where it stands in the pattern, and so which one it is.
 */
import { after, type Memory, PATTERN_BYTES, type Pattern } from './pattern.ts';
import type { LoadPlan } from './plan.ts';
import type { Stream } from './stream.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** A datagram that has not come back after this is lost. */
const LOST_AFTER_MS = 1_000;

/** What a datagram that came is, when it is not the answer to a message under way. */
export const STRAY = {
  /** An answer that was given up, or that came before. */
  late: -1,
  /** Nothing that was ever sent. */
  wrong: -2,
} as const;

export class Datagrams {
  /** How far the next message stands behind one: each begins at a word. */
  readonly stride: number;
  readonly #bytes: number;
  readonly #pipeline: number;
  readonly #pattern: Pattern;

  constructor({ bytes, pipeline }: LoadPlan, pattern: Pattern) {
    this.stride = Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
    this.#bytes = bytes;
    this.#pipeline = pipeline;
    this.#pattern = pattern;
  }

  /** Takes the next message of a stream out of the pattern: where it stands. */
  next(stream: Stream, index: number): number {
    stream.answered[index] = 0;
    const place = stream.sendPlace;
    stream.sendPlace = after(place, this.stride);
    return place;
  }

  /** Which message under way is answered, by its place in `starts`, or what it is instead (`STRAY`). */
  identify(stream: Stream, memory: Memory, offset: number, length: number): number {
    if (length !== this.#bytes) return STRAY.wrong;
    const place = this.#pattern.placeOf(memory.words[offset >> 2] as number);
    if (place < 0 || !this.#pattern.equals(place, memory, offset, length)) return STRAY.wrong;
    const ahead = (place - stream.receivePlace + PATTERN_BYTES) % PATTERN_BYTES;
    const number = ahead / this.stride;
    if (!Number.isInteger(number) || number >= stream.waiting) return STRAY.late;
    const index = (stream.head + number) % this.#pipeline;
    return stream.answered[index] === 1 ? STRAY.late : index;
  }

  /** This message needs no answer any more: the oldest ones of that kind are no longer under way. */
  settle(stream: Stream, index: number): void {
    stream.answered[index] = 1;
    while (stream.waiting > 0 && stream.answered[stream.head] === 1) {
      stream.head = (stream.head + 1) % this.#pipeline;
      stream.waiting--;
      stream.receivePlace = after(stream.receivePlace, this.stride);
    }
  }

  /** Gives up what has been under way for too long: how many messages. */
  giveUp(stream: Stream, now: number): number {
    let lost = 0;
    while (stream.waiting > 0 && now - (stream.starts[stream.head] as number) >= LOST_AFTER_MS) {
      lost++;
      this.settle(stream, stream.head);
    }
    return lost;
  }
}
