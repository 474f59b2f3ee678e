/** How a loop tells the kernel which connections it waits for; each family of models has its way. */
import { READABLE, type RegisterOptions, type Selector, WRITABLE } from '../readiness.ts';

export interface Watcher {
  /** Begins to watch; throws what the kernel answers when it refuses. */
  add(fd: number, interest: number): void;
  change(fd: number, from: number, to: number): void;
  /** Ends watching, before the descriptor is closed; `watched` is the interest that it was last given. */
  remove(fd: number, watched: number): void;
}

/** For models that ask every descriptor in turn, or sleep in each: nothing is registered anywhere. */
export const noWatcher: Watcher = {
  add() {},
  change() {},
  remove() {},
};

/**
 * Level-triggered: the selector always holds exactly the current interest. A connection without
 * any is taken out, since the kernel reports hang-ups even to those who ask for nothing.
 */
export class LevelWatcher implements Watcher {
  readonly #selector: Selector<undefined>;

  constructor(selector: Selector<undefined>) {
    this.#selector = selector;
  }

  add(fd: number, interest: number): void {
    this.#selector.register(fd, interest, undefined);
  }

  change(fd: number, from: number, to: number): void {
    if (to === 0) this.#selector.unregister(fd);
    else if (from === 0) this.#selector.register(fd, to, undefined);
    else this.#selector.modify(fd, to);
  }

  remove(fd: number, watched: number): void {
    if (watched !== 0) this.#selector.unregister(fd);
  }
}

const EDGE: RegisterOptions = { edge: true };

/** Edge-triggered: registered once for everything; an edge is remembered by the connection. */
export class EdgeWatcher implements Watcher {
  readonly #selector: Selector<undefined>;

  constructor(selector: Selector<undefined>) {
    this.#selector = selector;
  }

  add(fd: number): void {
    this.#selector.register(fd, READABLE | WRITABLE, undefined, EDGE);
  }

  change(): void {}

  remove(fd: number): void {
    this.#selector.unregister(fd);
  }
}
