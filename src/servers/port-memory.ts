/**
 * The memory of a loop that serves from a completion port. All of it is mapped: what an operation
 * names is the kernel's until its packet has come.
 *
 * - A block for each connection: an OVERLAPPED, a WSABUF and a word of flags for its receive, and an
 *   OVERLAPPED and a WSABUF for its send. It is all that an idle connection costs.
 * - A few buffers to receive into, which only connections with traffic have.
 * - Blocks for bytes that wait to be sent, taken as long as they wait.
 */
import { Arena } from '../sys/arena.ts';
import { OVERLAPPED, WSABUF } from '../sys/windows/completion-abi.ts';
import { Lease, poisonsLeases } from './chunk.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const LOW_WORDS = 2 ** 32;
const BLOCK_BYTES = 128;
const REGION_BLOCKS = 4_096;
const POISON = 0xdb;

/** Where the parts of a block lie, in bytes. */
export const PART = {
  receive: 0,
  receiveBuffer: OVERLAPPED.size,
  flags: OVERLAPPED.size + WSABUF.size,
  send: BLOCK_BYTES / 2,
  sendBuffer: BLOCK_BYTES / 2 + OVERLAPPED.size,
} as const;

/** A connection's block. */
export interface Block {
  readonly words: Int32Array;
  /** Where it begins in `words`. */
  readonly at: number;
  /** Where the kernel finds it. */
  readonly address: number;
}

/** Writes a WSABUF; `at` is where it begins, in words. */
export function setBuffer(words: Int32Array, at: number, address: number, length: number): void {
  words[at] = length;
  words[at + 2] = address | 0;
  words[at + 3] = Math.floor(address / LOW_WORDS);
}

/** The blocks of connections, as many as there have been at once. */
export class Blocks {
  readonly #regions: Arena[] = [];
  readonly #free: Block[] = [];

  take(): Block {
    if (this.#free.length === 0) this.#map();
    return this.#free.pop() as Block;
  }

  give(block: Block): void {
    this.#free.push(block);
  }

  #map(): void {
    const arena = Arena.map(REGION_BLOCKS * BLOCK_BYTES);
    const words = new Int32Array(arena.buffer);
    this.#regions.push(arena);
    for (let index = REGION_BLOCKS - 1; index >= 0; index--) {
      const address = arena.address + index * BLOCK_BYTES;
      this.#free.push({ words, at: (index * BLOCK_BYTES) / WORD_BYTES, address });
    }
  }

  close(): void {
    for (const arena of this.#regions) arena.close();
    this.#free.length = 0;
  }
}

/** How many there are. */
export const RECEIVE_BUFFERS = 64;
/** The size of a buffer to receive into, in bytes. */
export const RECEIVE_BUFFER_BYTES = 65_536;

/** The buffers to receive into; a send out of one holds it too. */
export class ReceiveBuffers {
  /** What `data` is given: a piece of one of the buffers. */
  readonly lease: Lease;
  readonly #arena = Arena.map(RECEIVE_BUFFERS * RECEIVE_BUFFER_BYTES);
  readonly #free: number[] = Array.from({ length: RECEIVE_BUFFERS }, (_, index) => index);
  readonly #holds = new Uint32Array(RECEIVE_BUFFERS);

  constructor() {
    this.lease = new Lease(this.#arena.bytes, 0);
  }

  /** How many nobody holds. */
  get available(): number {
    return this.#free.length;
  }

  /**
   * Takes a buffer for bytes that are to come, -1 when there is none to spare: whoever waits with one
   * may wait for ever, so the other half is for bytes that are there.
   */
  takeAhead(): number {
    return this.#free.length > RECEIVE_BUFFERS / 2 ? this.take() : -1;
  }

  /** Takes a buffer: its index, or -1 when there is none. */
  take(): number {
    const index = this.#free.pop() ?? -1;
    if (index >= 0) this.#holds[index] = 1;
    return index;
  }

  addressOf(index: number): number {
    return this.#arena.address + index * RECEIVE_BUFFER_BYTES;
  }

  bytesAt(address: number, length: number): Uint8Array {
    const offset = address - this.#arena.address;
    return this.#arena.bytes.subarray(offset, offset + length);
  }

  /** Makes the first `length` bytes of a buffer the lease. */
  lend(index: number, length: number): Lease {
    const { lease } = this;
    lease.offset = index * RECEIVE_BUFFER_BYTES;
    lease.address = this.addressOf(index);
    lease.length = length;
    return lease;
  }

  /** One more reads from it: a send. */
  hold(index: number): void {
    this.#holds[index] = (this.#holds[index] as number) + 1;
  }

  /** Somebody is through with it. */
  release(index: number): void {
    const left = (this.#holds[index] as number) - 1;
    this.#holds[index] = left;
    if (left > 0) return;
    if (poisonsLeases) {
      const start = index * RECEIVE_BUFFER_BYTES;
      this.#arena.bytes.fill(POISON, start, start + RECEIVE_BUFFER_BYTES);
    }
    this.#free.push(index);
  }

  close(): void {
    this.#arena.close();
  }
}

/** The most bytes that one send of what waits takes. */
export const SEND_BLOCK_BYTES = 65_536;
const REGION_SEND_BLOCKS = 16;
const SEND_BLOCKS_MAX = 1_024;

/** A piece of memory to send from. */
export interface SendBlock {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Memory for bytes that wait, which lie in JavaScript's own memory and may be moved there. */
export class SendBlocks {
  readonly #regions: Arena[] = [];
  readonly #free: SendBlock[] = [];

  /** Null when too much waits already. */
  take(): SendBlock | null {
    const isFull = this.#regions.length * REGION_SEND_BLOCKS >= SEND_BLOCKS_MAX;
    if (this.#free.length === 0 && !isFull) this.#map();
    return this.#free.pop() ?? null;
  }

  give(block: SendBlock): void {
    this.#free.push(block);
  }

  #map(): void {
    const arena = Arena.map(REGION_SEND_BLOCKS * SEND_BLOCK_BYTES);
    this.#regions.push(arena);
    for (let index = 0; index < REGION_SEND_BLOCKS; index++) {
      const { address, bytes } = arena.carve(SEND_BLOCK_BYTES);
      this.#free.push({ address, bytes });
    }
  }

  close(): void {
    for (const arena of this.#regions) arena.close();
    this.#free.length = 0;
  }
}
