import { inspect } from 'node:util';
import { LIMITS } from '../sys/abi.ts';

function asBytes(buffer: unknown): Uint8Array {
  if (!ArrayBuffer.isView(buffer)) {
    throw new TypeError(
      `buffer must be a Uint8Array or another view of memory, got ${inspect(buffer)}`,
    );
  }
  if (buffer.byteLength === 0) assertAttached(buffer);
  if (buffer instanceof Uint8Array) return buffer;
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/**
 * A view of transferred memory looks empty; only making another one tells it from a view of
 * nothing.
 */
function assertAttached(view: ArrayBufferView): void {
  try {
    new Uint8Array(view.buffer);
  } catch (cause) {
    throw new TypeError('buffer is detached: its memory was transferred elsewhere', { cause });
  }
}

/** The bytes to send: any view of memory, which may be empty. */
export function asOutgoing(buffer: ArrayBufferView): Uint8Array {
  return asBytes(buffer);
}

/** The room for bytes to come. Not empty: the answer 0 would look like the end of the stream. */
export function asIncoming(buffer: ArrayBufferView): Uint8Array {
  const bytes = asBytes(buffer);
  if (bytes.length === 0) {
    throw new RangeError(
      'buffer must have room for at least 1 byte: 0 means the end of the stream',
    );
  }
  return bytes;
}

function asVector(
  buffers: readonly ArrayBufferView[],
  check: (buffer: ArrayBufferView) => Uint8Array,
): Uint8Array[] {
  if (!Array.isArray(buffers)) {
    throw new TypeError(`buffers must be an array of views of memory, got ${inspect(buffers)}`);
  }
  if (buffers.length < 1 || buffers.length > LIMITS.IOV_MAX) {
    throw new RangeError(`buffers must be 1 to ${LIMITS.IOV_MAX}, got ${buffers.length}`);
  }
  return buffers.map(check);
}

/** The bytes to send from several places. */
export function asOutgoingVector(buffers: readonly ArrayBufferView[]): Uint8Array[] {
  return asVector(buffers, asOutgoing);
}

/** The room for bytes to come in several places. */
export function asIncomingVector(buffers: readonly ArrayBufferView[]): Uint8Array[] {
  return asVector(buffers, asIncoming);
}
