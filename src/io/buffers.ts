import { inspect } from 'node:util';

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
