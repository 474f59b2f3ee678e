/** <sys/ioctl.h>: what the third argument is depends on the request. */
import { bindVariadic } from './variadic.ts';

export const ioctl = bindVariadic<number, Int32Array>('ioctl', ['fd', 'size'], 'buffer');

/** ioctl(2) for requests that take a pointer to a structure. */
export const ioctlBytes = bindVariadic<number, Uint8Array>('ioctl', ['fd', 'size'], 'buffer');

/** ioctl(2) for requests that take a number. */
export const ioctlNumber = bindVariadic<number, number>('ioctl', ['fd', 'size'], 'ssize');
