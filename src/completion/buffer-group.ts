import type { ProvidedBuffers } from './provided-buffers.ts';
import type { Slot } from './queue-buffer.ts';

/** A receive that waits for a buffer. */
interface Starved {
  /** Goes on; false when it is no longer waiting. */
  resume(): boolean;
}

/** Provided buffers as a queue has them: a list of those that may be filled. */
export class BufferGroup {
  readonly slot: Slot;
  /** Receives that wait for a buffer to come back, the oldest first. */
  readonly starved: Starved[] = [];
  /** Receives that are not over. */
  users = 0;
  readonly #size: number;
  readonly #free: number[] = [];

  /** @param size of each, in bytes */
  constructor(slot: Slot, size: number) {
    this.slot = slot;
    this.#size = size;
  }

  /** The first `count` buffers may be filled; called once, before anything is received. */
  fill(count: number): void {
    for (let index = 0; index < count; index++) this.provide(index);
  }

  /** A buffer may be filled again, and the receive that has waited longest goes on. */
  give(index: number): void {
    this.provide(index);
    this.feed();
  }

  /** Lets the receive that has waited longest go on. */
  feed(): void {
    while (this.starved.length > 0) {
      if ((this.starved.shift() as Starved).resume()) return;
    }
  }

  /** Takes a buffer from the list: its index, or -1 when there is none. */
  choose(): number {
    return this.#free.pop() ?? -1;
  }

  addressOf(index: number): number {
    return this.slot.address + index * this.#size;
  }

  protected provide(index: number): void {
    this.#free.push(index);
  }
}

/** What was provided, by what the caller holds. */
export type BufferGroups<Group extends BufferGroup> = Map<ProvidedBuffers, Group>;
