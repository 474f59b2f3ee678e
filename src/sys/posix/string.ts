/** <string.h> */
import { bindValue } from '../ffi.ts';

/** memcpy(3): copies `size` bytes from an address into the caller's memory. */
export const memcpy = bindValue<[target: NodeJS.ArrayBufferView, source: number, size: number]>(
  'memcpy',
  'address',
  ['buffer', 'address', 'size'],
);

/** memcmp(3): compares `size` bytes at two addresses; 0 when they are equal. */
export const memcmp = bindValue<[a: number, b: number, size: number]>('memcmp', 'int', [
  'address',
  'address',
  'size',
]);
