import type { ProvidedBuffers } from '../provided-buffers.ts';
import type { Slot } from '../queue-buffer.ts';
import type { RecvStream } from './streams.ts';

/** Provided buffers as the queue has them: a list of those that may be filled. */
export class BufferGroup {
  readonly slot: Slot;
  /** Receives that wait for a buffer to come back, the oldest first. */
  readonly starved: RecvStream[] = [];
  /** Receives that are not over. */
  users = 0;
  readonly #size: number;
  readonly #free: number[] = [];

  constructor(slot: Slot, { count, size }: { count: number; size: number }) {
    this.slot = slot;
    this.#size = size;
    for (let index = 0; index < count; index++) this.#free.push(index);
  }

  /** A buffer may be filled again, and the receive that has waited longest goes on. */
  give(index: number): void {
    this.#free.push(index);
    while (this.starved.length > 0) {
      if ((this.starved.shift() as RecvStream).resume()) return;
    }
  }

  /** Takes a buffer from the list: its index, or -1 when there is none. */
  choose(): number {
    return this.#free.pop() ?? -1;
  }

  addressOf(index: number): number {
    return this.slot.address + index * this.#size;
  }
}

/** What was provided, by what the caller holds. */
export type BufferGroups = Map<ProvidedBuffers, BufferGroup>;
