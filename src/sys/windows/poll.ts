/**
 * poll(2) is WSAPoll here: <winsock2.h>.
 *
 * Facts:
 * - It takes sockets only, refuses a wait for none (WSAEINVAL), and POLLPRI.
 * - Before Windows 10 2004 it did not report a connect that was refused.
 * - A handle that is no socket has POLLNVAL, or fails the call (WSAENOTSOCK) when there is no other.
 *   Wine does not count such an entry, and does not return at once for it.
 *
 * What this means for us: each wait has one entry more, the socket that wakes its thread. A wait
 * for nothing that nobody could end sleeps by other means. What the call counted is no help: who
 * asks looks at every entry.
 */
import { ERRNO, POLL, POLLFD } from './abi.ts';
import { copyFrom, copyTo } from './memory.ts';
import { clearWakes, wakeSocket } from './wake-socket.ts';
import { startWinsock, wsaPoll, wsaPollEntries } from './winsock.ts';

const ENTRY_WORDS = POLLFD.size / Int32Array.BYTES_PER_ELEMENT;
const EVENTS_WORD = POLLFD.fields.events[0] / Int32Array.BYTES_PER_ELEMENT;
const REVENTS_SHIFT = 16;

const entry = new Int32Array(ENTRY_WORDS);
const pair = new Int32Array(ENTRY_WORDS * 2);
const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** A wait for nothing: 0 after `timeout` milliseconds, -1 for ever. Winsock must be there even so. */
export function sleep(timeout: number): number {
  startWinsock();
  Atomics.wait(pause, 0, 0, timeout < 0 ? Number.POSITIVE_INFINITY : timeout);
  return 0;
}

/**
 * poll(2) over `count` entries at an address, behind which there is room for one more; `timeout` in
 * ms, -1 waits for ever. When something was found the answer is `count`: at most so many entries
 * have it. EINTR when another thread ended the wait.
 */
export function poll(entries: number, count: number, timeout: number): number {
  const wake = timeout === 0 ? -1 : wakeSocket();
  if (wake < 0) return count === 0 ? sleep(timeout) : pollAll(entries, count, timeout);
  entry[0] = wake;
  entry[EVENTS_WORD] = POLL.POLLIN;
  const last = entries + count * POLLFD.size;
  copyTo(last, entry, POLLFD.size);
  const result = wsaPoll(entries, count + 1, timeout);
  if (result <= 0) return result;
  copyFrom(entry, last, POLLFD.size);
  if ((entry[EVENTS_WORD] as number) >>> REVENTS_SHIFT === 0) return count;
  clearWakes();
  return result > 1 ? count : -ERRNO.EINTR;
}

/** When every entry is bad the call fails; they say so themselves, and who asks looks at all. */
function pollAll(entries: number, count: number, timeout: number): number {
  const result = wsaPoll(entries, count, timeout);
  return result > 0 || result === -ERRNO.ENOTSOCK ? count : result;
}

/**
 * poll(2) on one descriptor (-1 for none): its returned events (0 when the time ran out), or the
 * negative error number. One that is not open, or no socket, answers -EBADF.
 */
export function pollFd(fd: number, events: number, timeout: number): number {
  const wake = timeout === 0 ? -1 : wakeSocket();
  let count = 0;
  if (fd >= 0) setEntry(count++, fd, events);
  if (wake >= 0) setEntry(count++, wake, POLL.POLLIN);
  if (count === 0) return sleep(timeout);
  const result = wsaPollEntries(pair, count, timeout);
  if (result === -ERRNO.ENOTSOCK) return -ERRNO.EBADF;
  if (result <= 0) return result;
  const returned = fd < 0 ? 0 : (pair[EVENTS_WORD] as number) >>> REVENTS_SHIFT;
  if ((returned & POLL.POLLNVAL) !== 0) return -ERRNO.EBADF;
  if (returned !== 0) return returned;
  clearWakes();
  return -ERRNO.EINTR;
}

function setEntry(index: number, fd: number, events: number): void {
  const at = index * ENTRY_WORDS;
  pair[at] = fd;
  pair[at + 1] = 0;
  pair[at + EVENTS_WORD] = events;
}
