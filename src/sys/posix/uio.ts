/** <sys/uio.h>: one call for several buffers. Results are bytes, or the negative error number. */
import { addressOf, bind, type SystemCall } from '../ffi.ts';
import { IOVEC } from './abi.ts';

type Vectored = SystemCall<[fd: number, vector: BigUint64Array, count: number]>;
type VectoredAt = SystemCall<[fd: number, vector: BigUint64Array, count: number, offset: number]>;

export const readv: Vectored = bind('readv', 'ssize', ['fd', 'buffer', 'int']);
export const writev: Vectored = bind('writev', 'ssize', ['fd', 'buffer', 'int']);
export const preadv: VectoredAt = bind('preadv', 'ssize', ['fd', 'buffer', 'int', 'off']);
export const pwritev: VectoredAt = bind('pwritev', 'ssize', ['fd', 'buffer', 'int', 'off']);

/** preadv2(2): `preadv` with flags, of which RWF_NOWAIT is the one that matters here. */
export const preadv2 = bind<
  [fd: number, vector: BigUint64Array, count: number, offset: number, flags: number]
>('preadv2', 'ssize', ['fd', 'buffer', 'int', 'off', 'int']);

const WORDS = IOVEC.size / BigUint64Array.BYTES_PER_ELEMENT;

/** The buffers as `struct iovec`s: for one synchronous call while the caller holds the buffers. */
export function encodeVector(buffers: readonly Uint8Array[]): BigUint64Array {
  const vector = new BigUint64Array(buffers.length * WORDS);
  for (const [index, bytes] of buffers.entries()) {
    vector[index * WORDS] = BigInt(addressOf(bytes));
    vector[index * WORDS + 1] = BigInt(bytes.length);
  }
  return vector;
}
