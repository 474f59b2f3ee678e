/** <memoryapi.h>: memory that stays where it is. */
import { bindTruth, bindValue } from '../ffi.ts';
import { ERRNO, WIN32 } from './abi.ts';
import { KERNEL32 } from './libraries.ts';

const virtualAlloc = bindTruth<[hint: number, size: number, type: number, protection: number]>(
  'VirtualAlloc',
  'address',
  ['address', 'size', 'uint', 'uint'],
  KERNEL32,
);

const virtualFree = bindTruth<[address: number, size: number, type: number]>(
  'VirtualFree',
  'int',
  ['address', 'size', 'uint'],
  KERNEL32,
);

/** Reserves and commits zeroed memory: its address, or the negative error number. */
export function mapMemory(size: number): number {
  const { MEM_COMMIT, MEM_RESERVE, PAGE_READWRITE } = WIN32;
  return virtualAlloc(0, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
}

/** Memory files are a thing of worker processes, which Windows does not have here. */
export function shareMemory(): number {
  return -ERRNO.ENOSYS;
}

/** Gives an address range of `mapMemory` back: 0, or the negative error number. */
export function unmapMemory(address: number, _size: number): number {
  return Math.min(virtualFree(address, 0, WIN32.MEM_RELEASE), 0);
}

/** Gives the pages back and keeps the addresses, which read as zeros from then on. */
export function discardMemory(address: number, size: number): void {
  const { MEM_COMMIT, MEM_DECOMMIT, PAGE_READWRITE } = WIN32;
  virtualFree(address, size, MEM_DECOMMIT);
  virtualAlloc(address, size, MEM_COMMIT, PAGE_READWRITE);
}

export function discardShared(): void {}

/** Large pages need a privilege here that hardly anybody has. */
export function preferHugePages(): void {}

/** RtlMoveMemory from the caller's memory to an address. */
export const copyTo = bindValue<[to: number, from: Int32Array, size: number]>(
  'RtlMoveMemory',
  'int',
  ['address', 'buffer', 'size'],
  KERNEL32,
);

/** RtlMoveMemory from an address into the caller's memory. */
export const copyFrom = bindValue<[to: Int32Array, from: number, size: number]>(
  'RtlMoveMemory',
  'int',
  ['buffer', 'address', 'size'],
  KERNEL32,
);
