/** <sys/mman.h> */
import { HOST } from '../../platform/host.ts';
import { bind } from '../ffi.ts';
import { ABSENT, MMAN } from './abi.ts';

/** mmap(2): the address, or the negative error number. */
export const mmap = bind<
  [hint: number, size: number, protection: number, flags: number, fd: number, offset: number]
>('mmap', 'ssize', ['address', 'size', 'int', 'int', 'int', 'off']);

export const munmap = bind<[address: number, size: number]>('munmap', 'int', ['address', 'size']);

const adviseKernel = bind<[address: number, size: number, advice: number]>('madvise', 'int', [
  'address',
  'size',
  'int',
]);

/** Whether MADV_DONTNEED gives private pages back at once, so that they read as zeros. */
const DONTNEED_EMPTIES = HOST === 'linux';

/**
 * madvise(2) as Linux understands it: 0, or the negative error number. Elsewhere MADV_DONTNEED may
 * leave private pages as they are: new ones are put in their place. Advice that a system does not
 * know is not given, it is a wish.
 */
export function madvise(address: number, size: number, advice: number): number {
  if (advice === ABSENT) return 0;
  if (advice !== MMAN.MADV_DONTNEED || DONTNEED_EMPTIES) {
    return adviseKernel(address, size, advice);
  }
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED } = MMAN;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  return Math.min(mmap(address, size, PROT_READ | PROT_WRITE, flags, -1, 0), 0);
}
