/**
 * Bytes that go from one descriptor to another inside the kernel: splice(2).
 *
 * Facts:
 * - It has no MSG_NOSIGNAL: to a reader that is gone it raises SIGPIPE.
 * - It sleeps when either end would: the pipe's end heeds SPLICE_F_NONBLOCK, the other its own
 *   O_NONBLOCK only. EAGAIN does not tell which end it was.
 *
 * What this means for us: SIGPIPE is blocked in a thread that uses it. Both ends wait the same way,
 * for ever or not; after EAGAIN each is waited for in turn.
 */
import { fstatSync } from 'node:fs';
import { PolyioError, SystemError } from '../errors.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { isNonBlocking } from '../sys/descriptor.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { SPLICE } from '../sys/linux/message-abi.ts';
import { splice as spliceNow } from '../sys/linux/transfer.ts';
import { Descriptor } from './descriptor.ts';
import { blockSigpipe } from './sigpipe.ts';
import { callNow, callUntil, type Deadline, deadlineAfter, pollUntil } from './waiting.ts';

/** What one call of the kernel moves at most, in bytes. */
const TRANSFER_MAX = 0x7ffff000;

interface Ends {
  readonly from: number;
  readonly to: number;
  /** How long both wait, in milliseconds: null for ever. */
  readonly timeoutMs: number | null;
}

/** How long an end waits, in milliseconds: null for ever. */
function timeoutOf(handle: Handle, fd: number): number | null {
  if (handle instanceof Descriptor) return handle.timeout;
  return isNonBlocking(fd) === 1 ? 0 : null;
}

function openEnd(handle: Handle, name: string): number {
  if (handle instanceof Descriptor && handle.closed) {
    throw new PolyioError('ERR_POLYIO_CLOSED', `splice: ${name} is closed or detached`);
  }
  return fdOf(handle);
}

function beginSplice(fromHandle: Handle, toHandle: Handle): Ends {
  const [from, to] = [openEnd(fromHandle, 'from'), openEnd(toHandle, 'to')];
  blockSigpipe();
  const [one, other] = [timeoutOf(fromHandle, from), timeoutOf(toHandle, to)];
  if (one !== null && other !== null) return { from, to, timeoutMs: Math.min(one, other) };
  if (one === null && other === null) return { from, to, timeoutMs: null };
  // A regular file never waits, whatever its mode: the other end decides.
  const blocking = one === null ? from : to;
  if (fstatSync(blocking).isFile()) return { from, to, timeoutMs: one ?? other };
  throw new TypeError(
    'splice: one end is blocking and the other is not; set both with setBlocking or setTimeout',
  );
}

function spliceError(result: number): SystemError {
  const hint = 'one end must be a pipe, and the other open for what splice does with it';
  return new SystemError(result, 'splice', result === -ERRNO.EINVAL ? { hint } : {});
}

/** One splice that does not sleep: bytes, or the negative error number. */
function attempt({ from, to }: Ends, length: number): number {
  return callNow(spliceNow, from, to, length, SPLICE.SPLICE_F_NONBLOCK);
}

/** Splices, and waits for either end until it can: bytes, or the negative error number. */
function spliceUntil(deadline: Deadline, ends: Ends, length: number): number {
  const { from, to } = ends;
  if (deadline === null) return callUntil(null, 0, spliceNow, from, to, length, 0);
  if (deadline === 0) return attempt(ends, length);
  beginWait();
  try {
    for (;;) {
      const result = attempt(ends, length);
      if (result !== -ERRNO.EAGAIN) return result;
      const readable = pollUntil(deadline, from, POLL.POLLIN);
      const ready = readable < 0 ? readable : pollUntil(deadline, to, POLL.POLLOUT);
      if (ready < 0) return ready;
    }
  } finally {
    endWait();
  }
}

/**
 * Moves up to `length` bytes (1 to 2^31-4096) from one descriptor to another, one of which must be
 * a pipe: how many, 0 at the end of `from`. Waits as both descriptors do: for ever when they are
 * blocking, up to the shorter of their timeouts, or not at all (SystemError EAGAIN). A regular file
 * never waits. Throws TypeError when only one of them is blocking. @see splice(2)
 */
export function splice(from: Handle, to: Handle, length: number): number {
  const ends = beginSplice(from, to);
  asInteger(length, 'length', 1, TRANSFER_MAX);
  const result = spliceUntil(deadlineAfter(ends.timeoutMs), ends, length);
  if (result < 0) throw spliceError(result);
  return result;
}

/**
 * Moves what can be moved now: how many bytes, 0 at the end of `from`, null when one of the ends
 * would have to wait. Throws TypeError when they are blocking.
 */
export function trySplice(from: Handle, to: Handle, length: number): number | null {
  const ends = beginSplice(from, to);
  asInteger(length, 'length', 1, TRANSFER_MAX);
  if (ends.timeoutMs === null) {
    throw new TypeError('trySplice: the descriptors are blocking; call setBlocking(false) first');
  }
  const result = attempt(ends, length);
  if (result >= 0) return result;
  if (result === -ERRNO.EAGAIN) return null;
  throw spliceError(result);
}
