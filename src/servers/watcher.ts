/** How a loop tells the kernel what it waits for; each family of models has its way. */
import { READABLE, type RegisterOptions, type Selector, WRITABLE } from '../readiness.ts';
import type { BaseConnection } from './base-connection.ts';

export interface Watcher {
  /** The kernel may have taken in clients whom the loop has not seen. */
  readonly isAccepting: boolean;
  /** Begins to wait for clients; throws what the kernel answers when it refuses. */
  listen(fd: number): void;
  /** Waits for clients no more. */
  ignore(fd: number): void;
  /** Lets the starter's waker end the wait. */
  addWaker(fd: number): void;
  /** Begins to watch; throws what the kernel answers when it refuses. */
  add(connection: BaseConnection, interest: number): void;
  change(fd: number, from: number, to: number): void;
  /** Ends watching, before the descriptor is closed; `watched` is the interest that it was last given. */
  remove(fd: number, watched: number): void;
  /** The end of the loop: nothing is watched any more. */
  close(): void;
}

/** For models that ask every descriptor in turn, or sleep in each: nothing is registered anywhere. */
export const noWatcher: Watcher = {
  isAccepting: false,
  listen() {},
  ignore() {},
  addWaker() {},
  add() {},
  change() {},
  remove() {},
  close() {},
};

/** What the two ways of using a selector share. */
abstract class SelectorWatcher implements Watcher {
  readonly isAccepting = false;
  protected readonly selector: Selector<undefined>;
  readonly #isExclusive: boolean;

  /** @param isExclusive of several workers on one listener, the kernel is to wake one for a client, not all */
  constructor(selector: Selector<undefined>, isExclusive: boolean) {
    this.selector = selector;
    this.#isExclusive = isExclusive;
  }

  listen(fd: number): void {
    const options = this.#isExclusive ? { exclusive: true } : {};
    this.selector.register(fd, READABLE, undefined, options);
  }

  ignore(fd: number): void {
    this.selector.unregister(fd);
  }

  addWaker(fd: number): void {
    this.selector.register(fd, READABLE, undefined);
  }

  abstract add(connection: BaseConnection, interest: number): void;
  abstract change(fd: number, from: number, to: number): void;
  abstract remove(fd: number, watched: number): void;

  close(): void {
    this.selector.close();
  }
}

/**
 * Level-triggered: the selector always holds exactly the current interest. A connection without
 * any is taken out, since the kernel reports hang-ups even to those who ask for nothing.
 */
export class LevelWatcher extends SelectorWatcher {
  override add({ fd }: BaseConnection, interest: number): void {
    this.selector.register(fd, interest, undefined);
  }

  override change(fd: number, from: number, to: number): void {
    if (to === 0) this.selector.unregister(fd);
    else if (from === 0) this.selector.register(fd, to, undefined);
    else this.selector.modify(fd, to);
  }

  override remove(fd: number, watched: number): void {
    if (watched !== 0) this.selector.unregister(fd);
  }
}

const EDGE: RegisterOptions = { edge: true };

/** Edge-triggered: registered once for everything; an edge is remembered by the connection. */
export class EdgeWatcher extends SelectorWatcher {
  override add({ fd }: BaseConnection): void {
    this.selector.register(fd, READABLE | WRITABLE, undefined, EDGE);
  }

  override change(): void {}

  override remove(fd: number): void {
    this.selector.unregister(fd);
  }
}
