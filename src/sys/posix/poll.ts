/** <poll.h> */

import { bind } from '../ffi.ts';
import { ERRNO, POLLFD } from './abi.ts';

/** poll(2) over `count` entries at an address; `timeout` in ms, -1 waits for ever. */
export const poll = bind<[entries: number, count: number, timeout: number]>('poll', 'int', [
  'address',
  'size',
  'int',
]);

const pollOne = bind<[entry: Int32Array, count: number, timeout: number]>('poll', 'int', [
  'buffer',
  'size',
  'int',
]);

const entry = new Int32Array(POLLFD.size / Int32Array.BYTES_PER_ELEMENT);

/**
 * poll(2) on one descriptor: its returned events (0 when the time ran out), or the negative error
 * number. A descriptor that is not open answers -EBADF.
 */
export function pollFd(fd: number, events: number, timeout: number): number {
  entry[0] = fd;
  entry[1] = events;
  const result = pollOne(entry, 1, timeout);
  if (result <= 0) return result;
  const returned = (entry[1] as number) >>> 16;
  return (returned & 0x20) !== 0 ? -ERRNO.EBADF : returned;
}
