/**
 * Buffers that many receives share. A connection that is idle holds none: the kernel picks one when
 * bytes are there, and the piece that it filled goes back when its lease ends.
 */
import { inspect } from 'node:util';
import { PolyioError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import type { Slot } from './queue-buffer.ts';

const COUNT_MAX = 32_768;
const SIZE_MAX = 2 ** 30;

/** Ends the lease of a piece: its buffer may be overwritten from now on. */
export let endLease: (chunk: ReceivedChunk) => void;

/**
 * A received piece: a lease of a provided buffer, which ends when the next piece is taken. `copy()`
 * what is to be kept.
 */
export class ReceivedChunk {
  /** The number of bytes, at least 1. */
  readonly length: number;
  readonly #index: number;
  #buffers: ProvidedBuffers | null;

  static {
    endLease = (chunk) => {
      const buffers = chunk.#buffers;
      chunk.#buffers = null;
      if (buffers !== null) giveBack(buffers, chunk.#index);
    };
  }

  /** A queue makes them, for each piece that arrived. */
  constructor(buffers: ProvidedBuffers, index: number, length: number) {
    this.#buffers = buffers;
    this.#index = index;
    this.length = length;
  }

  /** The bytes where they lie. Throws PolyioError ERR_POLYIO_CLOSED when the lease is over. */
  get bytes(): Uint8Array {
    if (this.#buffers === null) {
      const remedy = 'copy() what is kept beyond the next piece';
      throw new PolyioError('ERR_POLYIO_CLOSED', `the lease of the piece is over: ${remedy}`);
    }
    return this.#buffers.at(this.#index, this.length);
  }

  /** The bytes in memory of their own. */
  copy(): Uint8Array {
    return this.bytes.slice();
  }

  /** The bytes as UTF-8 text. */
  toString(): string {
    return Buffer.from(this.bytes).toString();
  }

  [inspect.custom](): string {
    const state = this.#buffers === null ? 'over' : `${this.length} bytes`;
    return `ReceivedChunk{${state}}`;
  }
}

/** What a back end does with the buffers. */
export interface BuffersOwner {
  /** Buffer `index` may be filled again. */
  give(buffers: ProvidedBuffers, index: number): void;
  /** No receive will use them again. Throws TypeError while one does. */
  withdraw(buffers: ProvidedBuffers): void;
}

/** A piece came into a buffer: it is in use until its lease ends. */
export let markUsed: (buffers: ProvidedBuffers, index: number) => void;
let giveBack: (buffers: ProvidedBuffers, index: number) => void;

/** Memory in `count` pieces of `size` bytes that receives share (`CompletionQueue.provideBuffers`). */
export class ProvidedBuffers {
  readonly count: number;
  readonly size: number;
  readonly #owner: BuffersOwner;
  readonly #slot: Slot;
  readonly #isUsed: Uint8Array;
  #available: number;
  #disposed = false;

  static {
    markUsed = (buffers, index) => {
      buffers.#isUsed[index] = 1;
      buffers.#available--;
    };
    giveBack = (buffers, index) => {
      if (buffers.#disposed || buffers.#isUsed[index] === 0) return;
      buffers.#isUsed[index] = 0;
      buffers.#available++;
      buffers.#owner.give(buffers, index);
    };
  }

  /** A queue makes them. `slot` has room for all. */
  constructor(owner: BuffersOwner, slot: Slot, { count, size }: { count: number; size: number }) {
    this.#owner = owner;
    this.#slot = slot;
    this.count = count;
    this.size = size;
    this.#available = count;
    this.#isUsed = new Uint8Array(count);
  }

  /** How many are not lent to anybody. */
  get available(): number {
    return this.#available;
  }

  /** Whether they were disposed. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** The first `length` bytes of buffer `index`. */
  at(index: number, length: number): Uint8Array {
    return this.#slot.bytes.subarray(index * this.size, index * this.size + length);
  }

  /** Gives the memory back. Throws TypeError while a receive uses them. Can be repeated. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#owner.withdraw(this);
    this.#disposed = true;
  }

  [inspect.custom](): string {
    const state = this.#disposed ? 'disposed' : `${this.#available} available`;
    return `ProvidedBuffers{${this.count} of ${this.size} bytes, ${state}}`;
  }
}

/** Checks what `provideBuffers` was asked for. */
export function checkBuffers({ count, size }: { count: number; size: number }): void {
  asInteger(count, 'count', 1, COUNT_MAX);
  if ((count & (count - 1)) !== 0) {
    throw new RangeError(`count must be a power of two, got ${count}`);
  }
  asInteger(size, 'size', 1, SIZE_MAX);
  asInteger(count * size, 'count * size', 1, SIZE_MAX);
}
