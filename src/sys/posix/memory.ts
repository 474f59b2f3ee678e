/** Memory that stays where it is: <sys/mman.h>. */
import { MMAN_X64 } from '../linux/abi.ts';
import { MMAN } from './abi.ts';
import { madvise, mmap, munmap } from './mman.ts';

/**
 * Maps private memory: its address, or the negative error number. Where it can be had, memory that
 * is addressed by a small integer: V8 passes those as they are and allocates a number object for
 * every larger one, on every call.
 */
export function mapMemory(size: number): number {
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = MMAN;
  const protection = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  if (process.arch === 'x64') {
    const low = mmap(0, size, protection, flags | MMAN_X64.MAP_32BIT, -1, 0);
    if (low >= 0) return low;
  }
  return mmap(0, size, protection, flags, -1, 0);
}

/** Maps a part of a file that others map too: its address, or the negative error number. */
export function shareMemory(fd: number, size: number, start: number): number {
  return mmap(0, size, MMAN.PROT_READ | MMAN.PROT_WRITE, MMAN.MAP_SHARED, fd, start);
}

/** Gives an address range back: 0, or the negative error number. */
export const unmapMemory: (address: number, size: number) => number = munmap;

/** Gives the pages of private memory back and keeps the addresses, which read as zeros then. */
export function discardMemory(address: number, size: number): void {
  madvise(address, size, MMAN.MADV_DONTNEED);
}

/** Puts empty private memory where a file was mapped, and with it gives up the file. */
export function discardShared(address: number, size: number): void {
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS, MAP_FIXED } = MMAN;
  mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/** Asks for huge pages: a wish. */
export function preferHugePages(address: number, size: number): void {
  madvise(address, size, MMAN.MADV_HUGEPAGE);
}
