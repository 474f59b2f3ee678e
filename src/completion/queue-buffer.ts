/**
 * The memory of a queue: slots of mapped memory, each a power of two in size.
 *
 * Facts:
 * - The kernel writes into a buffer long after the call that named it has returned. A typed array's
 *   own memory moves and is recycled meanwhile; mapped memory stays where it is.
 * - An ArrayBuffer over mapped memory is costly to make and costlier to make often, so there is one
 *   per region, and every view of a slot is a view of that one.
 *
 * What this means for us: a slot has an owner (whoever called `allocate`), and holds: one for each
 * operation that the kernel may still be working on. It goes back to its list when it has neither.
 * A view that a caller passes is recognised by its ArrayBuffer, and holds its slot too.
 */
import { inspect } from 'node:util';
import { PolyioError, SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';

/** The smallest slot: a cache line, so that no two operations write to one. */
const SLOT_MIN = 64;
const SLOT_MAX = 2 ** 30;
/** Small slots share regions of this size. */
const REGION_SIZE = 2 ** 20;

/** A piece of mapped memory that at most one buffer owns. */
export interface Slot {
  readonly address: number;
  /** All of it; a buffer may be shorter. */
  readonly bytes: Uint8Array;
  /** Operations that the kernel may still be working on. */
  holds: number;
  isOwned: boolean;
}

interface Region {
  readonly arena: Arena;
  readonly slotSize: number;
  /** By index; made when first used. */
  readonly slots: Slot[];
}

function slotSizeFor(size: number): number {
  return Math.max(SLOT_MIN, 2 ** Math.ceil(Math.log2(size)));
}

/** The slots of one queue. */
export class SlotPool {
  readonly #memoryMax: number;
  readonly #regions = new Map<ArrayBufferLike, Region>();
  /** By the slot size's exponent. */
  readonly #free: Slot[][] = Array.from({ length: 31 }, () => []);
  /** By slot size: the region that still has slots nobody has used. */
  readonly #fresh = new Map<number, Region>();
  #mapped = 0;
  #used = 0;

  constructor(memoryMax: number) {
    this.#memoryMax = memoryMax;
  }

  /** Bytes of slots that are owned or held. */
  get used(): number {
    return this.#used;
  }

  /** Bytes mapped. */
  get mapped(): number {
    return this.#mapped;
  }

  /** Takes a slot of at least `size` bytes for an owner. Its bytes are as they were left. */
  take(size: number): Slot {
    const slotSize = slotSizeFor(size);
    const free = this.#free[Math.log2(slotSize)] as Slot[];
    const slot = free.pop() ?? this.#carve(slotSize);
    slot.isOwned = true;
    this.#used += slotSize;
    return slot;
  }

  /** The owner is done with it: free now, or when the last operation is. */
  disown(slot: Slot): void {
    slot.isOwned = false;
    this.#freeUnused(slot);
  }

  /** An operation takes hold of it. */
  hold(slot: Slot): void {
    slot.holds++;
  }

  /** The kernel is done with that operation. */
  release(slot: Slot): void {
    slot.holds--;
    this.#freeUnused(slot);
  }

  /**
   * The slot in which a view lies, or null for memory that is not of this pool. Throws PolyioError
   * ERR_POLYIO_CLOSED when the buffer that it is a view of was disposed.
   */
  find(view: ArrayBufferView): Slot | null {
    const region = this.#regions.get(view.buffer);
    if (region === undefined) return null;
    const index = Math.floor(view.byteOffset / region.slotSize);
    const slot = region.slots[index];
    const end = view.byteOffset + view.byteLength;
    if (slot?.isOwned !== true || end > (index + 1) * region.slotSize) throw disposed();
    return slot;
  }

  /** Gives every page back; views that somebody kept read zeros. */
  close(): void {
    for (const { arena } of this.#regions.values()) arena.close();
    this.#regions.clear();
    this.#fresh.clear();
    for (const list of this.#free) list.length = 0;
    this.#mapped = 0;
    this.#used = 0;
  }

  #freeUnused(slot: Slot): void {
    if (slot.isOwned || slot.holds > 0) return;
    const { length } = slot.bytes;
    this.#used -= length;
    (this.#free[Math.log2(length)] as Slot[]).push(slot);
  }

  #carve(slotSize: number): Slot {
    const region = this.#fresh.get(slotSize) ?? this.#map(slotSize);
    const { arena, slots } = region;
    const start = slots.length * slotSize;
    const slot: Slot = {
      address: arena.addressOf(start, slotSize),
      bytes: arena.bytes.subarray(start, start + slotSize),
      holds: 0,
      isOwned: false,
    };
    slots.push(slot);
    if (start + slotSize === arena.size) this.#fresh.delete(slotSize);
    return slot;
  }

  #map(slotSize: number): Region {
    const size = Math.max(slotSize, REGION_SIZE);
    if (this.#mapped + size > this.#memoryMax) {
      const hint =
        `the queue's buffers take ${this.#mapped} bytes, memoryMax is ${this.#memoryMax}: ` +
        'dispose buffers that are not used, or raise it';
      throw new SystemError(ERRNO.ENOMEM, 'mmap', { hint });
    }
    const arena = Arena.map(size);
    this.#mapped += size;
    const region: Region = { arena, slotSize, slots: [] };
    this.#regions.set(arena.buffer, region);
    this.#fresh.set(slotSize, region);
    return region;
  }
}

function disposed(): PolyioError {
  return new PolyioError('ERR_POLYIO_CLOSED', 'the buffer was disposed: its memory may be reused');
}

/** The queue's side of a buffer: where it lies. Throws ERR_POLYIO_CLOSED once it is disposed. */
export let slotOf: (buffer: QueueBuffer) => Slot;

/** Memory of a queue, for its operations: `bytes` is what they read and write, without a copy. */
export class QueueBuffer {
  /** Its size in bytes. */
  readonly length: number;
  readonly #pool: SlotPool;
  readonly #bytes: Uint8Array;
  #slot: Slot | null;

  static {
    slotOf = (buffer) => buffer.#assertOwned();
  }

  /** A queue allocates buffers; nobody else makes them. */
  constructor(pool: SlotPool, size: number) {
    this.length = asInteger(size, 'size', 1, SLOT_MAX);
    this.#pool = pool;
    this.#slot = pool.take(size);
    this.#bytes = this.#slot.bytes.subarray(0, size).fill(0);
  }

  /** The memory. A view of it may go wherever the buffer itself may. */
  get bytes(): Uint8Array {
    this.#assertOwned();
    return this.#bytes;
  }

  /** Whether it was disposed. */
  get disposed(): boolean {
    return this.#slot === null;
  }

  /**
   * Gives the memory back, at once or when the last operation that uses it has completed. Views
   * that were kept then show what others write there.
   */
  [Symbol.dispose](): void {
    if (this.#slot === null) return;
    this.#pool.disown(this.#slot);
    this.#slot = null;
  }

  [inspect.custom](): string {
    return `QueueBuffer{${this.#slot === null ? 'disposed' : `${this.length} bytes`}}`;
  }

  #assertOwned(): Slot {
    if (this.#slot === null) throw disposed();
    return this.#slot;
  }
}
