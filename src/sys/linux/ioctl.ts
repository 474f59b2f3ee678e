/** <sys/ioctl.h>. Variadic in C: what the third argument is depends on the request. */
import { bind } from '../ffi.ts';

export const ioctl = bind<[fd: number, request: number, value: Int32Array]>('ioctl', 'int', [
  'fd',
  'size',
  'buffer',
]);

/** ioctl(2) for requests that take a pointer to a structure. */
export const ioctlBytes = bind<[fd: number, request: number, structure: Uint8Array]>(
  'ioctl',
  'int',
  ['fd', 'size', 'buffer'],
);

/** ioctl(2) for requests that take a number. */
export const ioctlNumber = bind<[fd: number, request: number, value: number]>('ioctl', 'int', [
  'fd',
  'size',
  'ssize',
]);
