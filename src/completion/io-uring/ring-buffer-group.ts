import type { BufferRing } from '../../sys/linux/io-uring/buffer-ring.ts';
import { BufferGroup } from '../buffer-group.ts';
import type { Slot } from '../queue-buffer.ts';

/**
 * Provided buffers as this queue has them: the kernel's ring of those that may be filled, or the
 * list of them where the kernel has no such rings.
 */
export class RingBufferGroup extends BufferGroup {
  readonly #size: number;
  readonly #ring: BufferRing | null;

  constructor(slot: Slot, size: number, ring: BufferRing | null) {
    super(slot, size);
    this.#size = size;
    this.#ring = ring;
  }

  /** Whether the kernel chooses. */
  get isInKernel(): boolean {
    return this.#ring !== null;
  }

  /** The number that receives name it by. */
  get number(): number {
    return this.#ring?.group ?? 0;
  }

  /** After the ring is closed. */
  close(): void {
    this.#ring?.close();
  }

  protected override provide(index: number): void {
    if (this.#ring === null) super.provide(index);
    else this.#ring.provide(index, this.addressOf(index), this.#size);
  }
}
