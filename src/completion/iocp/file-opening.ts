/** Opening files by Node's letters or the flags of fs.open, in the words of CreateFileW. */
import { constants } from 'node:fs';
import { FILE } from '../../sys/windows/completion-abi.ts';
import type { FileOpening } from '../../sys/windows/file.ts';
import { fileFlags } from '../file-flags.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_EXCL, O_APPEND } = constants;
const { GENERIC_READ, GENERIC_WRITE } = FILE;
const OWNER_WRITES = 0o200;

function accessOf(flags: number): number {
  const direction = flags & (O_WRONLY | O_RDWR);
  const reads = direction === O_WRONLY ? 0 : GENERIC_READ;
  if (direction === O_RDONLY) return reads;
  // The right to append, and not the one to write, is what makes every write go to the end.
  const isAppending = (flags & O_APPEND) !== 0;
  return reads + (isAppending ? FILE.FILE_APPEND_DATA + FILE.SYNCHRONIZE : GENERIC_WRITE);
}

function dispositionOf(flags: number): number {
  const isTruncating = (flags & O_TRUNC) !== 0;
  if ((flags & O_CREAT) === 0) return isTruncating ? FILE.TRUNCATE_EXISTING : FILE.OPEN_EXISTING;
  if ((flags & O_EXCL) !== 0) return FILE.CREATE_NEW;
  return isTruncating ? FILE.CREATE_ALWAYS : FILE.OPEN_ALWAYS;
}

/** How CreateFileW opens a file for letters or a number; of the mode it knows read-only alone. */
export function fileOpening(flags: string | number, mode: number): FileOpening {
  const number = fileFlags(flags);
  const isReadOnly = (number & O_CREAT) !== 0 && (mode & OWNER_WRITES) === 0;
  return {
    access: accessOf(number),
    disposition: dispositionOf(number),
    attributes: isReadOnly ? FILE.FILE_ATTRIBUTE_READONLY : FILE.FILE_ATTRIBUTE_NORMAL,
  };
}
