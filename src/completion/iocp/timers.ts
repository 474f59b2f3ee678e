/** Times that are to come, the soonest first: a binary heap. What is called off stays in it until its time. */

/** Something that happens at a time on the clock of `performance.now()`, unless it is called off. */
export interface Timer {
  readonly due: number;
  isOff: boolean;
  readonly expire: () => void;
}

export class Timers {
  readonly #heap: Timer[] = [];
  #off = 0;

  /** Has `expire` called by the first `run` after `delayMs` milliseconds. */
  add(delayMs: number, expire: () => void): Timer {
    const timer: Timer = { due: performance.now() + delayMs, isOff: false, expire };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  callOff(timer: Timer): void {
    if (timer.isOff) return;
    timer.isOff = true;
    // One that was called off costs memory until its time, and that may be an hour.
    if (++this.#off > this.#heap.length / 2 && this.#off > 1_024) this.#sweep();
  }

  /** When the next one is due; Infinity while there is none. */
  get next(): number {
    while (this.#heap[0]?.isOff === true) this.#pop();
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Lets everything happen whose time has come. */
  run(): void {
    const now = performance.now();
    while (this.next <= now) {
      const timer = this.#pop();
      timer.isOff = true;
      timer.expire();
    }
  }

  #sweep(): void {
    const left = this.#heap.filter(({ isOff }) => !isOff).sort((a, b) => a.due - b.due);
    this.#heap.splice(0, this.#heap.length, ...left);
    this.#off = 0;
  }

  #pop(): Timer {
    const heap = this.#heap;
    const first = heap[0] as Timer;
    const last = heap.pop() as Timer;
    if (first.isOff && this.#off > 0) this.#off--;
    if (last !== first) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      const [timer, other] = [heap[at] as Timer, heap[above] as Timer];
      if (other.due <= timer.due) return;
      heap[at] = other;
      heap[above] = timer;
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const timer = heap[child];
        if (timer !== undefined && timer.due < (heap[least] as Timer).due) least = child;
      }
      if (least === at) return;
      const timer = heap[at] as Timer;
      heap[at] = heap[least] as Timer;
      heap[least] = timer;
      at = least;
    }
  }
}
