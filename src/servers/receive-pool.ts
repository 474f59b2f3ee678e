/**
 * The memory that a ring's receives put their bytes in: two groups of buffers in one arena.
 *
 * Small messages want a receive to take only its bytes, so that few buffers serve any number of
 * connections: an incremental ring (or, before Linux 6.12, many small buffers). Bulk wants few
 * buffers, each whole, that stay in the cache, and that may run dry for a moment: that batches.
 * (50 connections x 64 KiB, CPU per message against a C epoll server: 6 x 64 KiB 1.05, 4 x 128 KiB
 * 1.11, 8 x 256 KiB 1.17.) A connection is moved to the other group when its traffic changes.
 *
 * A buffer goes back to the kernel when the kernel is through with it and the last piece of it has
 * been given back: by the callback, or by the completion of the last send that reads from it.
 */

import { SystemError } from '../errors.ts';
import { Arena } from '../sys/arena.ts';
import { BufferRing } from '../sys/linux/io-uring/buffer-ring.ts';
import type { Ring } from '../sys/linux/io-uring/ring.ts';
import { IORING, SINCE_6_12 } from '../sys/linux/io-uring-abi.ts';
import { Lease, poisonsLeases } from './chunk.ts';

/** The groups, by the numbers that receives name. */
export const GROUP = { small: 0, bulk: 1 } as const;

const LARGE_BYTES = 262_144;
const INCREMENTAL_BUFFERS = 16;
const WHOLE_BUFFERS = 512;
const WHOLE_BYTES = 8_192;
const BULK_BUFFERS = 6;
const BULK_BYTES = 65_536;
const POISON = 0xdb;

const { IORING_CQE_BUFFER_SHIFT, IORING_CQE_F_BUFFER } = IORING;
const { IORING_CQE_F_BUF_MORE } = SINCE_6_12;

/** How many buffers of which size make up a group. */
export interface PoolSizes {
  readonly smallBuffers: number;
  readonly smallBytes: number;
  readonly bulkBuffers: number;
  readonly bulkBytes: number;
}

export const INCREMENTAL_SIZES: PoolSizes = {
  smallBuffers: INCREMENTAL_BUFFERS,
  smallBytes: LARGE_BYTES,
  bulkBuffers: BULK_BUFFERS,
  bulkBytes: BULK_BYTES,
};

export const WHOLE_SIZES: PoolSizes = {
  ...INCREMENTAL_SIZES,
  smallBuffers: WHOLE_BUFFERS,
  smallBytes: WHOLE_BYTES,
};

export class ReceivePool {
  /** What `take` sets: the bytes of the completion at hand. */
  readonly lease: Lease;
  /** The buffer that they lie in. */
  buffer = 0;
  /** Whether the group for small messages is filled by several receives. */
  readonly isIncremental: boolean;
  readonly #arena: Arena;
  readonly #small: BufferRing;
  readonly #bulk: BufferRing;
  readonly #sizes: PoolSizes;
  /** By buffer: how many of its bytes are in use, how many pieces are out, whether the kernel is through with it. */
  readonly #filled: Int32Array;
  readonly #pieces: Int32Array;
  readonly #isDone: Uint8Array;
  /** How many buffers the kernel has, by group. */
  readonly #free: Int32Array;
  /** For test runs: by address, how often a piece is out. */
  readonly #out: Map<number, number> | null = poisonsLeases ? new Map() : null;

  /** Throws SystemError where the kernel has no rings of buffers. */
  constructor(ring: Ring, mayBeIncremental: boolean, sizes?: PoolSizes) {
    const incremental = mayBeIncremental ? openIncremental(ring, sizes ?? INCREMENTAL_SIZES) : null;
    this.isIncremental = incremental !== null;
    this.#sizes = sizes ?? (this.isIncremental ? INCREMENTAL_SIZES : WHOLE_SIZES);
    const { smallBuffers, smallBytes, bulkBuffers, bulkBytes } = this.#sizes;
    this.#small =
      incremental ?? new BufferRing(ring, { group: GROUP.small, entries: roomFor(smallBuffers) });
    this.#bulk = new BufferRing(ring, { group: GROUP.bulk, entries: roomFor(bulkBuffers) });
    this.#arena = Arena.map(smallBuffers * smallBytes + bulkBuffers * bulkBytes);
    this.#arena.preferHugePages();
    this.lease = new Lease(this.#arena.bytes, 0);
    const count = smallBuffers + bulkBuffers;
    this.#filled = new Int32Array(count);
    this.#pieces = new Int32Array(count);
    this.#isDone = new Uint8Array(count);
    this.#free = new Int32Array(2);
    for (let id = 0; id < count; id++) this.#provide(id);
  }

  /** How many buffers of a group the kernel has now. */
  free(group: number): number {
    return this.#free[group] as number;
  }

  /** Pieces that are out, over all buffers. */
  get piecesOut(): number {
    return this.#pieces.reduce((sum, pieces) => sum + pieces, 0);
  }

  #start(id: number): number {
    const { smallBuffers, smallBytes, bulkBytes } = this.#sizes;
    if (id < smallBuffers) return id * smallBytes;
    return smallBuffers * smallBytes + (id - smallBuffers) * bulkBytes;
  }

  #provide(id: number): void {
    const { smallBuffers, smallBytes, bulkBytes } = this.#sizes;
    const address = this.#arena.address + this.#start(id);
    this.#filled[id] = 0;
    this.#isDone[id] = 0;
    const group = id < smallBuffers ? GROUP.small : GROUP.bulk;
    this.#free[group] = (this.#free[group] as number) + 1;
    if (group === GROUP.small) this.#small.provide(id, address, smallBytes);
    else this.#bulk.provide(id, address, bulkBytes);
  }

  /** Puts the bytes of a completion into the lease; `release` them after the callback. False when it has none. */
  take(length: number, flags: number): boolean {
    if ((flags & IORING_CQE_F_BUFFER) === 0) return false;
    const id = flags >>> IORING_CQE_BUFFER_SHIFT;
    const { lease } = this;
    const filled = this.#filled[id] as number;
    const offset = this.#start(id) + filled;
    this.buffer = id;
    this.#filled[id] = filled + length;
    this.#pieces[id] = (this.#pieces[id] as number) + 1;
    if ((flags & IORING_CQE_F_BUF_MORE) === 0) this.#through(id);
    lease.offset = offset;
    lease.length = length;
    lease.address = this.#arena.address + offset;
    if (this.#out !== null) this.#out.set(lease.address, 1);
    return true;
  }

  #through(id: number): void {
    const group = id < this.#sizes.smallBuffers ? GROUP.small : GROUP.bulk;
    this.#isDone[id] = 1;
    this.#free[group] = (this.#free[group] as number) - 1;
  }

  /** One more reads the piece at this address: a send. */
  hold(id: number, address: number): void {
    this.#pieces[id] = (this.#pieces[id] as number) + 1;
    if (this.#out !== null) this.#out.set(address, (this.#out.get(address) as number) + 1);
  }

  /** Somebody is through with a piece of this buffer. */
  release(id: number, address: number, length: number): void {
    if (this.#out !== null) this.#poison(this.#out, address, length);
    const pieces = (this.#pieces[id] as number) - 1;
    this.#pieces[id] = pieces;
    if (pieces === 0 && this.#isDone[id] === 1) this.#provide(id);
  }

  #poison(out: Map<number, number>, address: number, length: number): void {
    const left = (out.get(address) as number) - 1;
    if (left > 0) {
      out.set(address, left);
      return;
    }
    out.delete(address);
    const offset = address - this.#arena.address;
    this.#arena.bytes.fill(POISON, offset, offset + length);
  }

  /** The bytes at an address that `take` gave out. */
  bytesAt(address: number, length: number): Uint8Array {
    const offset = address - this.#arena.address;
    return this.#arena.bytes.subarray(offset, offset + length);
  }

  /** After the ring is closed. */
  close(): void {
    this.#small.close();
    this.#bulk.close();
    this.#arena.close();
  }
}

/** Rings of buffers have a power of two of places. */
function roomFor(buffers: number): number {
  return 2 ** Math.ceil(Math.log2(buffers));
}

function openIncremental(ring: Ring, { smallBuffers }: PoolSizes): BufferRing | null {
  const entries = roomFor(smallBuffers);
  try {
    return new BufferRing(ring, { group: GROUP.small, entries, isIncremental: true });
  } catch (error) {
    // An older kernel does not know the flag.
    if (error instanceof SystemError && error.code === 'EINVAL') return null;
    throw error;
  }
}
