import { inspect } from 'node:util';
import { Arena } from '../sys/arena.ts';

/**
 * Memory that begins at the start of a page, as O_DIRECT wants it. Its pages are given back by
 * `close`; `bytes` then reads zeros.
 */
export class AlignedMemory {
  readonly bytes: Uint8Array;
  readonly #arena: Arena;
  #closed = false;

  private constructor(arena: Arena) {
    this.#arena = arena;
    this.bytes = arena.bytes;
  }

  /**
   * Takes `size` bytes (1 to 2 GiB), zeroed. Parts of it at multiples of the block size are aligned
   * as well: `bytes.subarray(4096, 8192)`. Throws SystemError (ENOMEM). @see mmap(2)
   */
  static allocate(size: number): AlignedMemory {
    return new AlignedMemory(Arena.map(size));
  }

  /** Gives the pages back; closing it again does nothing. */
  close(): void {
    this.#closed = true;
    this.#arena.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `AlignedMemory{${this.#closed ? 'closed' : `${this.bytes.length} bytes`}}`;
  }
}
