/** <sys/mman.h> */
import { bind } from '../ffi.ts';

/** mmap(2): the address, or the negative error number. */
export const mmap = bind<
  [hint: number, size: number, protection: number, flags: number, fd: number, offset: number]
>('mmap', 'ssize', ['address', 'size', 'int', 'int', 'int', 'off']);

export const munmap = bind<[address: number, size: number]>('munmap', 'int', ['address', 'size']);

export const madvise = bind<[address: number, size: number, advice: number]>('madvise', 'int', [
  'address',
  'size',
  'int',
]);
