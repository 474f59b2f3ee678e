/**
 * Events in memory that threads and processes share: each writes for itself, none waits.
 *
 * The memory is bounded, and a run may have more events than it has room for. What is kept is the
 * beginning, because later events make no sense without the connections that were opened there. In
 * the second half of the room a would-block that follows one of the same call on the same
 * descriptor is folded into it: a loop that asks again and again would fill any memory. What finds
 * no room at all is dropped, and counted.
 */
import { KIND, KINDS, METHODS, type TraceEvent } from './event.ts';

const MAGIC = 0x7074_7262;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const NUMBER_BYTES = Float64Array.BYTES_PER_ELEMENT;

/** The header's words. */
const MAGIC_WORD = 0;
const CAPACITY_WORD = 1;
const NEXT_WORD = 2;
const DROPPED_WORD = 3;
const WRITERS_WORD = 4;
/** The header's numbers: where the clocks stood at the origin. */
const MONOTONIC_SECONDS = 4;
const MONOTONIC_NS = 5;
const WALL_SECONDS = 6;
const WALL_NS = 7;
const HEADER_BYTES = 64;

const NAMES_MAX = 128;
const NAME_BYTES = 64;
const NAME_TEXT_AT = 8;
const FREE = 0;
const WRITING = 1;
const READY = 2;
const LOOKS_MAX = 1_000_000;

const WRITERS_MAX = 128;
const WRITER_WORDS = 4;

const NAMES_AT = HEADER_BYTES;
const WRITERS_AT = NAMES_AT + NAMES_MAX * NAME_BYTES;
const EVENTS_AT = WRITERS_AT + WRITERS_MAX * WRITER_WORDS * WORD_BYTES;

/** One event: eight words, then five numbers and one to spare. */
const EVENT_WORDS = 20;
const EVENT_NUMBERS = 10;
const EVENT_BYTES = EVENT_WORDS * WORD_BYTES;
const STATE = 0;
const KIND_WORD = 1;
const WRITER = 2;
const NAME = 3;
const FD = 4;
const ERRNO = 5;
const TIMES = 6;
const METHOD_WORD = 7;
const START = 4;
const END = 5;
const RESULT = 6;
const ARRIVAL = 7;
const ABOUT = 8;

export const CAPACITY_MAX = 1_048_576;

const NS_PER_S = 1_000_000_000n;

/** An instant as two numbers that are exact: nanoseconds since 1970 are more than one can hold. */
export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Both clocks at the origin of a trace. */
export interface Origin {
  readonly monotonic: Instant;
  readonly wall: Instant;
}

/** Nanoseconds from one instant to another. */
export function nanosecondsBetween(from: Instant, to: Instant): number {
  return (to.seconds - from.seconds) * 1e9 + (to.nanoseconds - from.nanoseconds);
}

/** The instant of a clock reading in nanoseconds. */
export function instantOf(nanoseconds: bigint): Instant {
  return {
    seconds: Number(nanoseconds / NS_PER_S),
    nanoseconds: Number(nanoseconds % NS_PER_S),
  };
}

/** Who writes: a thread of a process. */
export interface RingWriter {
  readonly pid: number;
  readonly tid: number;
}

/** The shared memory of a recording. */
export class TraceRing {
  readonly capacity: number;
  readonly origin: Origin;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly #memory: ArrayBufferLike;

  private constructor(memory: ArrayBufferLike, capacity: number) {
    this.#memory = memory;
    this.capacity = capacity;
    this.words = new Int32Array(memory);
    this.numbers = new Float64Array(memory, 0, memory.byteLength >> 3);
    const { numbers } = this;
    const instant = (seconds: number, nanoseconds: number): Instant => ({
      seconds: numbers[seconds] as number,
      nanoseconds: numbers[nanoseconds] as number,
    });
    this.origin = {
      monotonic: instant(MONOTONIC_SECONDS, MONOTONIC_NS),
      wall: instant(WALL_SECONDS, WALL_NS),
    };
  }

  /** How many bytes a ring for `capacity` events takes. Throws RangeError outside 2 to 1,048,576. */
  static size(capacity: number): number {
    if (!Number.isInteger(capacity) || capacity < 2 || capacity > CAPACITY_MAX) {
      throw new RangeError(
        `capacity must be an integer from 2 to ${CAPACITY_MAX}, got ${capacity}`,
      );
    }
    return EVENTS_AT + capacity * EVENT_BYTES;
  }

  /** Makes a ring of zeroed memory. */
  static create(memory: ArrayBufferLike, origin: Origin): TraceRing {
    const capacity = Math.floor((memory.byteLength - EVENTS_AT) / EVENT_BYTES);
    TraceRing.size(capacity);
    const words = new Int32Array(memory);
    const numbers = new Float64Array(memory, 0, memory.byteLength >> 3);
    words[CAPACITY_WORD] = capacity;
    numbers[MONOTONIC_SECONDS] = origin.monotonic.seconds;
    numbers[MONOTONIC_NS] = origin.monotonic.nanoseconds;
    numbers[WALL_SECONDS] = origin.wall.seconds;
    numbers[WALL_NS] = origin.wall.nanoseconds;
    Atomics.store(words, MAGIC_WORD, MAGIC);
    return new TraceRing(memory, capacity);
  }

  /** Opens a ring that another thread or process has made. Throws TypeError when it is none. */
  static open(memory: ArrayBufferLike): TraceRing {
    const words = new Int32Array(memory);
    if (Atomics.load(words, MAGIC_WORD) !== MAGIC) throw new TypeError('the memory holds no ring');
    return new TraceRing(memory, words[CAPACITY_WORD] as number);
  }

  /** Events that found no room. */
  get dropped(): number {
    return Atomics.load(this.words, DROPPED_WORD);
  }

  /** How many events there are. */
  get length(): number {
    return Math.min(Atomics.load(this.words, NEXT_WORD), this.capacity);
  }

  /** Who writes, by number. */
  get writers(): readonly RingWriter[] {
    const { words } = this;
    const count = Math.min(Atomics.load(words, WRITERS_WORD), WRITERS_MAX);
    return Array.from({ length: count }, (_, writer) => {
      const at = WRITERS_AT / WORD_BYTES + writer * WRITER_WORDS;
      return { pid: words[at] as number, tid: words[at + 1] as number };
    });
  }

  /** The number of a new writer. Throws RangeError when there are too many. */
  join({ pid, tid }: RingWriter): number {
    const { words } = this;
    const writer = Atomics.add(words, WRITERS_WORD, 1);
    if (writer >= WRITERS_MAX) throw new RangeError(`a ring has at most ${WRITERS_MAX} writers`);
    const at = WRITERS_AT / WORD_BYTES + writer * WRITER_WORDS;
    words[at] = pid;
    words[at + 1] = tid;
    return writer;
  }

  /** A free place, or -1 when there is none: then the event counts as dropped. */
  claim(): number {
    const { words, capacity } = this;
    if (Atomics.load(words, NEXT_WORD) < capacity) {
      const place = Atomics.add(words, NEXT_WORD, 1);
      if (place < capacity) return place;
    }
    Atomics.add(words, DROPPED_WORD, 1);
    return -1;
  }

  /** The number of a name, which is given one when it has none. -1 when there are too many. */
  nameNumber(name: string): number {
    const { words } = this;
    const bytes = new TextEncoder().encode(name).subarray(0, NAME_BYTES - NAME_TEXT_AT);
    for (let number = 0; number < NAMES_MAX; number++) {
      const at = (NAMES_AT + number * NAME_BYTES) / WORD_BYTES;
      if (Atomics.compareExchange(words, at, FREE, WRITING) === FREE) {
        new Uint8Array(this.#memory).set(bytes, at * WORD_BYTES + NAME_TEXT_AT);
        words[at + 1] = bytes.length;
        Atomics.store(words, at, READY);
        return number;
      }
      if (this.#isReady(at) && this.#nameAt(number) === name) return number;
    }
    return -1;
  }

  /** Whoever writes a name is through with it in a moment, or was killed in it. */
  #isReady(at: number): boolean {
    for (let look = 0; look < LOOKS_MAX; look++) {
      if (Atomics.load(this.words, at) === READY) return true;
    }
    return false;
  }

  #nameAt(number: number): string {
    const at = NAMES_AT + number * NAME_BYTES;
    const length = this.words[at / WORD_BYTES + 1] as number;
    // A decoder takes no shared memory.
    const text = Uint8Array.from(new Uint8Array(this.#memory, at + NAME_TEXT_AT, length));
    return new TextDecoder().decode(text);
  }

  /** All that was written so far, by start. */
  events(): TraceEvent[] {
    const names: string[] = [];
    const found: TraceEvent[] = [];
    for (let place = 0; place < this.length; place++) {
      const word = EVENTS_AT / WORD_BYTES + place * EVENT_WORDS;
      if (Atomics.load(this.words, word + STATE) !== READY) continue;
      found.push(this.#eventAt(place, names));
    }
    return found.sort((a, b) => a.start - b.start || b.end - a.end);
  }

  #eventAt(place: number, names: string[]): TraceEvent {
    const { words, numbers } = this;
    const word = EVENTS_AT / WORD_BYTES + place * EVENT_WORDS;
    const number = EVENTS_AT / NUMBER_BYTES + place * EVENT_NUMBERS;
    const name = words[word + NAME] as number;
    names[name] ??= name < 0 ? 'other' : this.#nameAt(name);
    const method = METHODS[words[word + METHOD_WORD] as number] ?? 'none';
    return {
      kind: KINDS[words[word + KIND_WORD] as number] ?? 'call',
      writer: words[word + WRITER] as number,
      name: names[name] as string,
      fd: words[word + FD] as number,
      start: numbers[number + START] as number,
      end: numbers[number + END] as number,
      result: numbers[number + RESULT] as number,
      errno: words[word + ERRNO] as number,
      times: words[word + TIMES] as number,
      arrival: method === 'none' ? null : (numbers[number + ARRIVAL] as number),
      measured: method,
      about: numbers[number + ABOUT] as number,
    };
  }

  /** Whether so little room is left that would-blocks are folded. */
  get isHalfFull(): boolean {
    return Atomics.load(this.words, NEXT_WORD) > this.capacity >> 1;
  }
}

/** One writer's hand: it allocates nothing for an event whose name it has written before. */
export class RingPen {
  /** When the bytes of the next event reached the kernel; `measured` says how that is known. */
  arrival = 0;
  measured = 0;
  readonly #ring: TraceRing;
  readonly #writer: number;
  readonly #wouldBlock: number;
  readonly #names = new Map<string, number>();
  /** By descriptor: the place of the would-block that its next one is folded into. */
  readonly #blocked = new Map<number, number>();

  /** @param wouldBlock the error number of would-block on this host */
  constructor(ring: TraceRing, writer: number, wouldBlock: number) {
    this.#ring = ring;
    this.#writer = writer;
    this.#wouldBlock = wouldBlock;
  }

  /** Writes one event. `arrival` and `measured` are taken along and cleared. */
  write(
    kind: number,
    name: string,
    fd: number,
    start: number,
    end: number,
    result: number,
    errno: number,
    about: number,
  ): void {
    const number = this.#nameNumber(name);
    const isBlocked = errno === this.#wouldBlock && kind === KIND.call;
    if (isBlocked && this.#fold(number, fd, end)) return;
    const place = this.#ring.claim();
    if (kind === KIND.call) this.#blocked.delete(fd);
    if (place >= 0) {
      const { words, numbers } = this.#ring;
      const word = EVENTS_AT / WORD_BYTES + place * EVENT_WORDS;
      const at = EVENTS_AT / NUMBER_BYTES + place * EVENT_NUMBERS;
      words[word + KIND_WORD] = kind;
      words[word + WRITER] = this.#writer;
      words[word + NAME] = number;
      words[word + FD] = fd;
      words[word + ERRNO] = errno;
      words[word + TIMES] = 1;
      words[word + METHOD_WORD] = this.measured;
      numbers[at + START] = start;
      numbers[at + END] = end;
      numbers[at + RESULT] = result;
      numbers[at + ARRIVAL] = this.arrival;
      numbers[at + ABOUT] = about;
      Atomics.store(words, word + STATE, READY);
      if (isBlocked) this.#blocked.set(fd, place);
    }
    this.measured = 0;
  }

  #nameNumber(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const number = this.#ring.nameNumber(name);
    this.#names.set(name, number);
    return number;
  }

  #fold(name: number, fd: number, end: number): boolean {
    const place = this.#blocked.get(fd);
    if (place === undefined || !this.#ring.isHalfFull) return false;
    const { words, numbers } = this.#ring;
    const word = EVENTS_AT / WORD_BYTES + place * EVENT_WORDS;
    if (words[word + NAME] !== name) return false;
    words[word + TIMES] = (words[word + TIMES] as number) + 1;
    numbers[EVENTS_AT / NUMBER_BYTES + place * EVENT_NUMBERS + END] = end;
    return true;
  }
}
