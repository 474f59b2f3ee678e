/**
 * A descriptor for which one thread waits and which any other makes readable, by its number alone.
 *
 * Facts:
 * - Linux has eventfd(2): writing adds to a counter, reading empties it.
 * - A kqueue with one event of the program's own does the same: its descriptor is readable while
 *   the event is triggered, in every multiplexer, and taking the event makes it unreadable.
 * - Where the kernel has neither, a pipe does, if one number is to be both of its ends: that is a
 *   FIFO opened for both, which needs a name until it is open.
 * - Windows waits for sockets only: there it is a datagram socket that is connected to itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOST } from '../platform/host.ts';
import { ERRNO, FCNTL } from './abi.ts';
import { KEVENT_SYSTEM } from './bsd/abi.ts';
import { KeventList, kqueue } from './bsd/kevent.ts';
import { addUserEvent, HAS_USER_EVENTS, triggerUserEvent } from './bsd/user-event.ts';
import { close, read, write } from './descriptor.ts';
import { EVENTFD } from './linux/abi.ts';
import { eventfd } from './linux/eventfd.ts';
import { open } from './posix/fcntl.ts';
import { mkfifo } from './posix/stat.ts';
import { openSelfConnected } from './windows/descriptor.ts';

const COUNTER_BYTES = 8;
const FIFO_MODE = 0o600;
const one = new Uint8Array(new BigUint64Array([1n]).buffer);
const counter = new Uint8Array(COUNTER_BYTES);
/** Whether a number may be a queue, whose event is number 0. */
const isQueue = KEVENT_SYSTEM !== null && HAS_USER_EVENTS;
let taken: KeventList | null = null;

/** The system calls behind the three functions, for errors. */
export const WAKE_CALLS = isQueue
  ? ({ open: 'kqueue', wake: 'kevent', clear: 'kevent' } as const)
  : HOST === 'win32'
    ? ({ open: 'socket', wake: 'send', clear: 'recv' } as const)
    : ({
        open: KEVENT_SYSTEM === null ? 'eventfd' : 'open',
        wake: 'write',
        clear: 'read',
      } as const);

function openQueue(): number {
  const queue = kqueue();
  if (queue < 0) return queue;
  const result = addUserEvent(queue, 0);
  if (result >= 0) return queue;
  close(queue);
  return result;
}

/** A pipe of one number: the descriptor, or the negative error number. */
export function openOneEndedPipe(): number {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-waker-'));
  try {
    const path = join(folder, 'pipe');
    const result = mkfifo(path, FIFO_MODE);
    if (result < 0) return result;
    return open(path, FCNTL.O_RDWR | FCNTL.O_NONBLOCK | FCNTL.O_CLOEXEC, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Opens one: the descriptor, or the negative error number. */
export function openWakeable(): number {
  if (HOST === 'win32') return openSelfConnected();
  if (KEVENT_SYSTEM === null) return eventfd(0, EVENTFD.EFD_CLOEXEC | EVENTFD.EFD_NONBLOCK);
  const queue = isQueue ? openQueue() : -ERRNO.EINVAL;
  return queue === -ERRNO.EINVAL ? openOneEndedPipe() : queue;
}

/** Makes it readable, from any thread: 0, or the negative error number. */
export function wake(fd: number): number {
  if (isQueue) {
    const result = triggerUserEvent(fd, 0, 0);
    // Anything else that can be woken is no queue.
    if (result !== -ERRNO.EBADF) return result;
  }
  const result = write(fd, one, COUNTER_BYTES);
  // The counter or the queue is full: it is readable already.
  return result === -ERRNO.EAGAIN ? 0 : Math.min(result, 0);
}

/** Makes it unreadable again: 1 when it had been woken, 0 when not, or the negative error number. */
export function clearWake(fd: number): number {
  if (isQueue) {
    taken ??= new KeventList(1);
    const result = taken.wait(fd, 0);
    if (result !== -ERRNO.EBADF) return result === -ERRNO.EINTR ? clearWake(fd) : result;
  }
  for (let wasWoken = 0; ; wasWoken = 1) {
    const result = read(fd, counter, COUNTER_BYTES);
    if (result === -ERRNO.EAGAIN) return wasWoken;
    if (result < 0 && result !== -ERRNO.EINTR) return result;
  }
}
