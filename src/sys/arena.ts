/**
 * Memory that the kernel may write while JavaScript goes on.
 *
 * Facts: the garbage collector moves and recycles a typed array's memory, so the address of one is
 * good for the duration of a synchronous call and no longer. Mapped memory stays where it is. An
 * ArrayBuffer over mapped memory cannot be detached, so the mapping must outlive every view of it.
 *
 * What this means for us: an arena is mapped once and viewed once, and is unmapped only after its
 * views have been collected. Closing it early gives its pages back at once; a view that somebody
 * kept then reads zeros instead of crashing the process.
 */
import { invariant, SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { viewMemory } from './ffi.ts';
import {
  discardMemory,
  discardShared,
  mapMemory,
  preferHugePages,
  shareMemory,
  unmapMemory,
} from './memory.ts';

const SIZE_MAX = 2 ** 31;
const ALIGNMENT = 64;

interface Mapping {
  readonly address: number;
  readonly size: number;
}

/** Whether unmapping is bound. */
let canUnmap = false;

/**
 * Views may be collected while their thread is being ended, when nothing can be bound any more (newer
 * Nodes abort): a call that does nothing binds it before.
 */
function bindUnmap(): void {
  if (canUnmap) return;
  unmapMemory(0, 0);
  canUnmap = true;
}

const unmapWhenCollected = new FinalizationRegistry<Mapping>(({ address, size }) => {
  unmapMemory(address, size);
});

/** A part of an arena: where it lies, and the same bytes as a view. */
export interface Slice {
  /** Where the kernel finds it. */
  readonly address: number;
  /** Where it starts in its arena, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** The same memory as 32-bit words, for structures made of integers. */
  readonly words: Int32Array;
}

/** Mapped memory with one view for its whole life, handed out in slices. */
export class Arena {
  /** Where the kernel finds the first byte. */
  readonly address: number;
  /** The size in bytes. */
  readonly size: number;
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly #isShared: boolean;
  #used = 0;
  #closed = false;

  private constructor(address: number, size: number, isShared: boolean) {
    if (address < 0)
      throw new SystemError(address, 'mmap', { hint: `${size} bytes were asked for` });
    this.address = address;
    this.size = size;
    this.#isShared = isShared;
    this.buffer = viewMemory(address, size);
    this.bytes = new Uint8Array(this.buffer);
    bindUnmap();
    unmapWhenCollected.register(this.buffer, { address, size });
  }

  /** Maps `size` bytes (1 to 2 GiB) of private memory, zeroed. Throws SystemError (ENOMEM). */
  static map(size: number): Arena {
    asInteger(size, 'size', 1, SIZE_MAX);
    return new Arena(mapMemory(size), size, false);
  }

  /**
   * Maps `size` bytes of a file from `start` on: everyone who maps it sees the same bytes, other
   * processes for a memory file, the kernel for the descriptor of a ring.
   */
  static share(fd: number, size: number, start = 0): Arena {
    asInteger(size, 'size', 1, SIZE_MAX);
    return new Arena(shareMemory(fd, size, start), size, true);
  }

  /** Takes the next `size` bytes, aligned to a cache line. Throws RangeError when they do not fit. */
  carve(size: number): Slice {
    asInteger(size, 'size', 1, SIZE_MAX);
    const offset = Math.ceil(this.#used / ALIGNMENT) * ALIGNMENT;
    const address = this.addressOf(offset, size);
    this.#used = offset + size;
    return {
      address,
      offset,
      bytes: this.bytes.subarray(offset, offset + size),
      words: new Int32Array(this.buffer, offset, size >> 2),
    };
  }

  /** The address of `length` bytes at `offset`, after checking that they lie inside. */
  addressOf(offset: number, length: number): number {
    invariant(!this.#closed, 'an arena is used after it was closed');
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new RangeError(
        `${length} bytes at ${offset} lie outside an arena of ${this.size} bytes`,
      );
    }
    return this.address + offset;
  }

  /**
   * Gives the pages back now, and lets go of the file behind shared ones; the addresses themselves
   * once no view is left.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#isShared) discardShared(this.address, this.size);
    else discardMemory(this.address, this.size);
  }

  /** Asks for huge pages, which spare the kernel's copying most of its address translation. A wish. */
  preferHugePages(): void {
    preferHugePages(this.addressOf(0, this.size), this.size);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
