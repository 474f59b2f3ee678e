/** What one part of a recorded program has: values, words that all parts share, and its hand on the ring. */
import { KIND, type RingWriter, type TraceRing } from '../../trace.ts';
import { recordThread, type ThreadPen } from './tap.ts';
import { addUsage, NOTHING, ownUsage, type ThreadUsage, usedBetween } from './usage.ts';

/** What a part is given, and what it gives back: numbers, text, lists and objects of them. */
export type Values = Readonly<Record<string, unknown>>;

/** What a stage is made of beside its hand on the ring. */
export interface StageStart {
  readonly values: Values;
  readonly words: Int32Array;
}

/** One part of a program, in a thread of its own. What it answers travels by message. */
export type Part = (stage: Stage) => unknown;

/** How many words the parts of a program share; the first says that they are to stop. */
export const WORDS = 16;
const STOP_WORD = 0;
/** How long a part waits for another one before it looks whether it is to stop. */
const LOOK_MS = 20;

/** The program is over before its end. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Tells every part to stop at its next look. */
export function stopParts(words: Int32Array): void {
  for (let word = 0; word < words.length; word++) {
    if (word === STOP_WORD) Atomics.store(words, word, 1);
    Atomics.notify(words, word);
  }
}

/** Whether the parts are to stop. */
export function isStopped(words: Int32Array): boolean {
  return Atomics.load(words, STOP_WORD) !== 0;
}

/** One part's thread. */
export class Stage {
  readonly values: Values;
  readonly #words: Int32Array;
  readonly #ring: TraceRing;
  readonly #hand: ThreadPen;
  readonly #thread: RingWriter;
  #used = NOTHING;
  #window: readonly [start: number, end: number] | null = null;

  constructor({ values, words }: StageStart, ring: TraceRing, hand: ThreadPen) {
    this.values = values;
    this.#words = words;
    this.#thread = ring.writers[hand.writer] as RingWriter;
    this.#ring = ring;
    this.#hand = hand;
  }

  /** A value that the program has given, which is a number. */
  number(name: string): number {
    return this.values[name] as number;
  }

  /** Nanoseconds since the origin of the recording. */
  now(): number {
    return this.#hand.at();
  }

  /** From the first recorded stretch to the end of the last one; null before the first. */
  get window(): readonly [start: number, end: number] | null {
    return this.#window;
  }

  /** What the recorded stretches have cost. */
  get used(): ThreadUsage {
    return this.#used;
  }

  /** Writes down every call that `work` makes. */
  record<Result>(work: () => Result): Result {
    const before = ownUsage(this.#thread);
    const end = recordThread(this.#ring, this.#hand);
    const start = this.now();
    try {
      return work();
    } finally {
      const stop = this.now();
      end();
      this.#used = addUsage(this.#used, usedBetween(before, ownUsage(this.#thread)));
      this.#window = [this.#window?.[0] ?? start, stop];
    }
  }

  /** Writes down `work` as a stretch of the program's own code. */
  own<Result>(name: string, work: () => Result): Result {
    const start = this.now();
    const result = work();
    this.#hand.pen.write(KIND.callback, name, -1, start, this.now(), 0, 0, 0);
    return result;
  }

  /** Sets a shared word (1 to 15), and wakes who waits for it. */
  set(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
    Atomics.notify(this.#words, word);
  }

  /** What a shared word holds. */
  get(word: number): number {
    return Atomics.load(this.#words, word);
  }

  /** Sleeps until a shared word holds at least `value`. Throws Stopped. */
  await(word: number, value: number): void {
    for (;;) {
      this.look();
      const now = this.get(word);
      if (now >= value) return;
      Atomics.wait(this.#words, word, now, LOOK_MS);
    }
  }

  /** Sleeps. Throws Stopped. */
  sleep(ms: number): void {
    const end = performance.now() + ms;
    for (let left = ms; left > 0; left = end - performance.now()) {
      this.look();
      Atomics.wait(this.#words, STOP_WORD, 0, left);
    }
    this.look();
  }

  /** Throws Stopped when the program is to stop. */
  look(): void {
    if (isStopped(this.#words)) throw new Stopped('the program was stopped');
  }
}
