/** <sys/signalfd.h> */
import { bind } from '../ffi.ts';

/** signalfd(2): with -1 for `fd` a new descriptor for the signals of `set`. */
export const signalfd = bind<[fd: number, set: Uint8Array, flags: number]>('signalfd', 'int', [
  'int',
  'buffer',
  'int',
]);
