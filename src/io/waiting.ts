/**
 * How a call waits: for ever, up to a deadline, or not at all.
 *
 * Facts:
 * - A signal ends a sleeping call with EINTR. PEP 475: the caller of a library never hears of it,
 *   the call is made again for what is left of its time.
 * - `poll` first and a blocking call afterwards is no time limit: `poll` promises room for one byte
 *   and a large `write` sleeps for the rest, or another process takes the connection and `accept`
 *   sleeps. Only a call that cannot sleep keeps a deadline.
 *
 * What this means for us: without a limit the kernel's own blocking call does the waiting. With
 * one, the description has O_NONBLOCK: the call is tried, and `poll` waits until it is worth
 * another try.
 */

import { ERRNO } from '../sys/abi.ts';
import { beginWait, endWait, isEintr } from '../sys/interrupt.ts';
import { pollFd } from '../sys/poll.ts';

/** When a wait ends: a time of `performance.now()`, null for never, 0 for no wait at all. */
export type Deadline = number | null;

/**
 * A call about a descriptor; handed over with its arguments, so that no call allocates a closure.
 */
export type DescriptorCall<A, B, C> = (fd: number, a: A, b: B, c: C) => number;

/** The deadline of a wait that starts now; `timeoutMs` is null for ever, 0 for no wait. */
export function deadlineAfter(timeoutMs: number | null): Deadline {
  return timeoutMs === null || timeoutMs === 0 ? timeoutMs : performance.now() + timeoutMs;
}

/** Makes a call that does not sleep: its result, or the negative error number (EAGAIN included). */
export function callNow<A, B, C>(
  call: DescriptorCall<A, B, C>,
  fd: number,
  a: A,
  b: B,
  c: C,
): number {
  for (;;) {
    const result = call(fd, a, b, c);
    if (!isEintr(result)) return result;
  }
}

/**
 * Makes a call and waits in it: its result, or the negative error number, ETIMEDOUT once the
 * deadline is over. Throws ERR_POLYIO_INTERRUPTED when another thread ends the wait.
 */
export function callUntil<A, B, C>(
  deadline: Deadline,
  events: number,
  call: DescriptorCall<A, B, C>,
  fd: number,
  a: A,
  b: B,
  c: C,
): number {
  if (deadline === 0) return callNow(call, fd, a, b, c);
  beginWait();
  try {
    for (;;) {
      const result = callNow(call, fd, a, b, c);
      if (result !== -ERRNO.EAGAIN || deadline === null) return result;
      const ready = pollUntil(deadline, fd, events);
      if (ready < 0) return ready;
    }
  } finally {
    endWait();
  }
}

/** Waits for events between `beginWait` and `endWait`: the events, or the negative error number. */
export function pollUntil(deadline: Deadline, fd: number, events: number): number {
  for (;;) {
    const leftMs = deadline === null ? -1 : Math.ceil(deadline - performance.now());
    if (leftMs <= 0 && deadline !== null) return -ERRNO.ETIMEDOUT;
    const ready = pollFd(fd, events, leftMs);
    if (!isEintr(ready) && ready !== 0) return ready;
  }
}
