/** <string.h> */
import { bindValue } from '../ffi.ts';

/** memcpy(3): copies `size` bytes from an address into the caller's memory. */
export const memcpy = bindValue<[target: NodeJS.ArrayBufferView, source: number, size: number]>(
  'memcpy',
  'address',
  ['buffer', 'address', 'size'],
);
