/** <unistd.h>: results are bytes or descriptors, or the negative error number. */
import { bind, bindValue } from '../ffi.ts';
import { FCNTL } from './abi.ts';
import { closeOnExec } from './fcntl.ts';
import { HAS } from './ways.ts';

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

/** pread(2): as `read`, from an offset of the file, which its own position does not notice. */
export const pread = bind<[fd: number, buffer: Uint8Array, size: number, offset: number]>(
  'pread',
  'ssize',
  ['fd', 'buffer', 'size', 'off'],
);

/** pwrite(2): as `write`, to an offset of the file. */
export const pwrite = bind<[fd: number, buffer: Uint8Array, size: number, offset: number]>(
  'pwrite',
  'ssize',
  ['fd', 'buffer', 'size', 'off'],
);

/** lseek(2): the new position; SEEK_SET is 0, SEEK_CUR 1, SEEK_END 2. */
export const lseek = bind<[fd: number, offset: number, whence: number]>('lseek', 'ssize', [
  'fd',
  'off',
  'int',
]);

export const fsync = bind<[fd: number]>('fsync', 'int', ['fd']);
export const fdatasync = bind<[fd: number]>('fdatasync', 'int', ['fd']);

/** close(2): never repeated after EINTR, the descriptor is gone all the same. */
export const close = bind<[fd: number]>('close', 'int', ['fd']);

/** pipe2(2), for those who know that it is there. */
export const pipe2 = bind<[fds: Int32Array, flags: number]>('pipe2', 'int', ['buffer', 'int']);
const pipe = bind<[fds: Int32Array]>('pipe', 'int', ['buffer']);

/** pipe(2), closed on exec: `fds` receives the read end and the write end. */
export function openPipe(fds: Int32Array): number {
  if (HAS.pipe2) return pipe2(fds, FCNTL.O_CLOEXEC);
  const result = pipe(fds);
  // It cannot fail: the descriptors are open.
  if (result >= 0) for (const fd of fds) closeOnExec(fd);
  return result;
}

/** unlink(2): takes a name away from a file, which lives on while it is open. */
export const unlink = bind<[path: string]>('unlink', 'int', ['string']);

/** ftruncate(2): sets a file's length in bytes. */
export const ftruncate = bind<[fd: number, length: number]>('ftruncate', 'int', ['fd', 'off']);

export const getpid = bindValue<[]>('getpid', 'int', []);
export const getppid = bindValue<[]>('getppid', 'int', []);
