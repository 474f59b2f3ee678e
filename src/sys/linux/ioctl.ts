/** <sys/ioctl.h>. Variadic in C; every request here takes a pointer to an int. */
import { bind } from '../ffi.ts';

export const ioctl = bind<[fd: number, request: number, value: Int32Array]>('ioctl', 'int', [
  'fd',
  'size',
  'buffer',
]);
