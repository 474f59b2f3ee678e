/** <unistd.h>: results are bytes or descriptors, or the negative error number. */
import { bind, bindValue } from '../ffi.ts';

/** read(2) into the caller's memory. */
export const read = bind<[fd: number, buffer: Uint8Array, size: number]>('read', 'ssize', [
  'fd',
  'buffer',
  'size',
]);

/** write(2) from the caller's memory. */
export const write = bind<[fd: number, buffer: Uint8Array, size: number]>('write', 'ssize', [
  'fd',
  'buffer',
  'size',
]);

/** close(2): never repeated after EINTR, the descriptor is gone all the same. */
export const close = bind<[fd: number]>('close', 'int', ['fd']);

/** pipe2(2): `fds` receives the read end and the write end. */
export const pipe2 = bind<[fds: Int32Array, flags: number]>('pipe2', 'int', ['buffer', 'int']);

/** ftruncate(2): sets a file's length in bytes. */
export const ftruncate = bind<[fd: number, length: number]>('ftruncate', 'int', ['fd', 'off']);

export const getpid = bindValue<[]>('getpid', 'int', []);
export const getppid = bindValue<[]>('getppid', 'int', []);
