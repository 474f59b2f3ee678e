/** Interest and ready bits on one side, the kernel's events on the other. */
import { POLL } from '../sys/abi.ts';
import { ERROR, HANGUP, PRIORITY, READABLE, WRITABLE } from './selector.ts';

export const ALL_INTEREST = READABLE | WRITABLE | PRIORITY;
export const HINTS = HANGUP | ERROR;

/** `events` of poll(2); those of epoll(7) have the same numbers. */
export function eventsOf(interest: number): number {
  return (
    ((interest & READABLE) !== 0 ? POLL.POLLIN : 0) |
    ((interest & WRITABLE) !== 0 ? POLL.POLLOUT : 0) |
    ((interest & PRIORITY) !== 0 ? POLL.POLLPRI : 0)
  );
}

const BITS_USED =
  POLL.POLLIN | POLL.POLLPRI | POLL.POLLOUT | POLL.POLLERR | POLL.POLLHUP | POLL.POLLNVAL;

/** The bits of `revents` by which `READY_OF` is asked. */
export const READY_MASK = 2 ** (32 - Math.clz32(BITS_USED)) - 1;

/** Ready bits by `revents`. A failure readies both directions: the call that follows names it. */
export const READY_OF = Uint8Array.from({ length: READY_MASK + 1 }, (_, events) => {
  const closed = (events & POLL.POLLNVAL) !== 0;
  const error = (events & POLL.POLLERR) !== 0;
  const hangup = (events & POLL.POLLHUP) !== 0;
  return (
    (closed ? ALL_INTEREST | ERROR : 0) |
    (error ? READABLE | WRITABLE | ERROR : 0) |
    (hangup ? READABLE | WRITABLE | HANGUP : 0) |
    ((events & POLL.POLLIN) !== 0 ? READABLE : 0) |
    ((events & POLL.POLLOUT) !== 0 ? WRITABLE : 0) |
    ((events & POLL.POLLPRI) !== 0 ? PRIORITY : 0)
  );
});
