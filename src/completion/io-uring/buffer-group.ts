import type { BufferRing } from '../../sys/linux/io-uring/buffer-ring.ts';
import type { ProvidedBuffers } from '../provided-buffers.ts';
import type { Slot } from '../queue-buffer.ts';
import type { RecvStream } from './streams.ts';

/**
 * Provided buffers as the queue has them: the kernel's ring of those that may be filled, or a list
 * of them where the kernel has no such rings.
 */
export class BufferGroup {
  readonly slot: Slot;
  /** Receives that wait for a buffer to come back, the oldest first. */
  readonly starved: RecvStream[] = [];
  /** Receives that are not over. */
  users = 0;
  readonly #size: number;
  readonly #ring: BufferRing | null;
  readonly #free: number[] = [];

  constructor(
    slot: Slot,
    { count, size }: { count: number; size: number },
    ring: BufferRing | null,
  ) {
    this.slot = slot;
    this.#size = size;
    this.#ring = ring;
    for (let index = 0; index < count; index++) this.give(index);
  }

  /** Whether the kernel chooses. */
  get isInKernel(): boolean {
    return this.#ring !== null;
  }

  /** The number that receives name it by. */
  get number(): number {
    return this.#ring?.group ?? 0;
  }

  /** A buffer may be filled again. */
  give(index: number): void {
    if (this.#ring === null) this.#free.push(index);
    else this.#ring.provide(index, this.addressOf(index), this.#size);
    this.feed();
  }

  /** Lets the receive that has waited longest go on. */
  feed(): void {
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

  /** After the ring is closed. */
  close(): void {
    this.#ring?.close();
  }
}

/** What was provided, by what the caller holds. */
export type BufferGroups = Map<ProvidedBuffers, BufferGroup>;
