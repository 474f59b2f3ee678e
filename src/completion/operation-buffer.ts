/** Where the bytes of an operation lie while the kernel works on it. */
import { inspect } from 'node:util';
import type { OperationBuffer } from './completion-queue.ts';
import { QueueBuffer, type Slot, type SlotPool } from './queue-buffer.ts';

/** Memory that the kernel may use, and the caller's own if that is somewhere else. */
export interface Place {
  readonly address: number;
  readonly length: number;
  /** Held until the kernel is done; null for no bytes at all. */
  readonly slot: Slot | null;
  /** What is to be filled at the completion, when the slot is a private copy. */
  readonly target: Uint8Array | null;
}

function asView(buffer: OperationBuffer): ArrayBufferView {
  if (buffer instanceof QueueBuffer) return buffer.bytes;
  if (ArrayBuffer.isView(buffer)) return buffer;
  throw new TypeError(
    `buffer must be memory of the queue, a Uint8Array or another view, got ${inspect(buffer)}`,
  );
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  if (view instanceof Uint8Array && view.length > 0) return view;
  try {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  } catch (cause) {
    throw new TypeError('buffer is detached: its memory was transferred elsewhere', { cause });
  }
}

/** Memory of the pool where it lies, or null when the view is of other memory. */
function inPlace(pool: SlotPool, bytes: Uint8Array): Place | null {
  const slot = pool.find(bytes);
  if (slot === null) return null;
  pool.hold(slot);
  const offset = bytes.byteOffset - slot.bytes.byteOffset;
  return { address: slot.address + offset, length: bytes.length, slot, target: null };
}

/** Takes a slot that only the operation holds. */
export function takePrivate(pool: SlotPool, size: number): Slot {
  const slot = pool.take(size);
  pool.hold(slot);
  pool.disown(slot);
  return slot;
}

/** Room for bytes to come; at least one, since 0 would look like the end of the stream. */
export function placeIncoming(pool: SlotPool, buffer: OperationBuffer): Place {
  const bytes = bytesOf(asView(buffer));
  if (bytes.length === 0) {
    throw new RangeError(
      'buffer must have room for at least 1 byte: 0 means the end of the stream',
    );
  }
  const place = inPlace(pool, bytes);
  if (place !== null) return place;
  const slot = takePrivate(pool, bytes.length);
  return { address: slot.address, length: bytes.length, slot, target: bytes };
}

/** Bytes to go, which may be none; those of other memory are copied now. */
export function placeOutgoing(pool: SlotPool, buffer: OperationBuffer): Place {
  const bytes = bytesOf(asView(buffer));
  if (bytes.length === 0) return { address: 0, length: 0, slot: null, target: null };
  const place = inPlace(pool, bytes);
  if (place !== null) return place;
  const slot = takePrivate(pool, bytes.length);
  slot.bytes.set(bytes);
  return { address: slot.address, length: bytes.length, slot, target: null };
}

/** Takes a second piece of memory; when that fails, the first is given back. */
export function placeBeside(pool: SlotPool, first: Slot | null, take: () => Place): Place {
  try {
    return take();
  } catch (error) {
    if (first !== null) pool.release(first);
    throw error;
  }
}

/** Hands the first `count` bytes over, where a private copy has them. */
export function fillTarget({ slot, target, address }: Place, count: number): void {
  if (slot === null || target === null || count === 0) return;
  // The caller's memory may have been transferred meanwhile: then it looks empty.
  if (target.length < count) {
    throw new TypeError(
      'buffer was detached while the operation was under way: its bytes are lost',
    );
  }
  const start = address - slot.address;
  target.set(slot.bytes.subarray(start, start + count));
}
