/** <fcntl.h>. The third argument of the variadic calls is an int in every use here. */
import { bind, bindValue } from '../ffi.ts';
import { ERRNO, FCNTL } from './abi.ts';
import { bindVariadic } from './variadic.ts';

export const fcntl = bindVariadic<number, number>('fcntl', ['fd', 'int'], 'int');

/** open(2): the new descriptor, or the negative error number. `mode` counts only with `O_CREAT`. */
export const open = bindVariadic<string, number>('open', ['string', 'int'], 'int');

/** fallocate(2): gives a range of a file its blocks, and the file its length. */
export const fallocate = bind<[fd: number, mode: number, offset: number, length: number]>(
  'fallocate',
  'int',
  ['fd', 'int', 'off', 'off'],
);

const posixFadvise = bindValue<[fd: number, offset: number, length: number, advice: number]>(
  'posix_fadvise',
  'int',
  ['fd', 'off', 'off', 'int'],
);

/** posix_fadvise(2), which answers the error number itself: 0, or its negative. */
export function fadvise(fd: number, offset: number, length: number, advice: number): number {
  return -posixFadvise(fd, offset, length, advice);
}

/** Sets or clears `O_NONBLOCK` on the open file description: 0, or the negative error number. */
export function setNonBlocking(fd: number, on: boolean): number {
  const flags = fcntl(fd, FCNTL.F_GETFL, 0);
  if (flags < 0) return flags;
  const wanted = on ? flags | FCNTL.O_NONBLOCK : flags & ~FCNTL.O_NONBLOCK;
  return wanted === flags ? 0 : fcntl(fd, FCNTL.F_SETFL, wanted);
}

/** Sets close-on-exec: 0, or the negative error number. */
export function closeOnExec(fd: number): number {
  return fcntl(fd, FCNTL.F_SETFD, FCNTL.FD_CLOEXEC);
}

/** Whether the open file description has `O_NONBLOCK`: 0 or 1, or the negative error number. */
export function isNonBlocking(fd: number): number {
  const flags = fcntl(fd, FCNTL.F_GETFL, 0);
  return flags < 0 ? flags : Number((flags & FCNTL.O_NONBLOCK) !== 0);
}

/** Whether the number names an open descriptor. */
export function isOpen(fd: number): boolean {
  return fcntl(fd, FCNTL.F_GETFD, 0) !== -ERRNO.EBADF;
}
