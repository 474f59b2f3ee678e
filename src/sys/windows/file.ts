/** <fileapi.h>: files and pipes that are opened for overlapped I/O, by their path. */
import { bind, bindTruth, bindValue } from '../ffi.ts';
import { ERRNO } from './abi.ts';
import { FILE } from './completion-abi.ts';
import { KERNEL32 } from './libraries.ts';

/** How a file is opened, in the words of CreateFileW. */
export interface FileOpening {
  readonly access: number;
  readonly disposition: number;
  readonly attributes: number;
}

const createFile = bind<
  [
    path: string,
    access: number,
    share: number,
    security: number,
    disposition: number,
    flags: number,
    template: number,
  ]
>('CreateFileW', 'ssize', ['wide', 'uint', 'uint', 'address', 'uint', 'uint', 'address'], KERNEL32);

const getFileAttributes = bindValue<[path: string]>(
  'GetFileAttributesW',
  'int',
  ['wide'],
  KERNEL32,
);

const flushFileBuffers = bindTruth<[handle: number]>('FlushFileBuffers', 'int', ['fd'], KERNEL32);
const closeObject = bindTruth<[handle: number]>('CloseHandle', 'int', ['fd'], KERNEL32);

/** Opens a file for overlapped I/O, not inherited: a handle, or the negative error number. */
export function openOverlapped(path: string, opening: FileOpening): number {
  const { access, disposition, attributes } = opening;
  const share = FILE.FILE_SHARE_READ | FILE.FILE_SHARE_WRITE | FILE.FILE_SHARE_DELETE;
  const flags = FILE.FILE_FLAG_OVERLAPPED | attributes;
  const handle = createFile(path, access, share, 0, disposition, flags, 0);
  // What it says of a folder is that access is denied, or that the file exists.
  const isDenied = handle === -ERRNO.EPERM || handle === -ERRNO.EEXIST;
  return isDenied && isFolder(path) ? -ERRNO.EISDIR : handle;
}

function isFolder(path: string): boolean {
  const attributes = getFileAttributes(path);
  if (attributes === FILE.INVALID_FILE_ATTRIBUTES) return false;
  return (attributes & FILE.FILE_ATTRIBUTE_DIRECTORY) !== 0;
}

/** FlushFileBuffers, which sleeps until the device has it: 0, or the negative error number. */
export function flushFile(handle: number): number {
  return Math.min(flushFileBuffers(handle), 0);
}

/** CloseHandle, of what is no socket: 0, or the negative error number. */
export function closeHandle(handle: number): number {
  return Math.min(closeObject(handle), 0);
}
