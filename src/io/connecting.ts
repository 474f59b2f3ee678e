/**
 * connect(2), with and without a deadline.
 *
 * Facts:
 * - An Internet connect that a signal interrupts goes on in the kernel, as one that answered
 *   EINPROGRESS does. Calling it again answers EALREADY or EISCONN: one waits until the socket is
 *   writable and asks SO_ERROR.
 * - A Unix connect happens at once, or sleeps while the listener's backlog is full. Interrupted
 *   (EINTR) or refused its sleep (EAGAIN), it has left nothing under way, and `poll` calls the
 *   unconnected socket writable: SO_ERROR would answer 0 and look like success.
 * - The sleep of a Unix connect can be limited by SO_SNDTIMEO, and by nothing else.
 * - A vsock connect that a signal interrupts is taken back: it is made again.
 * - The address of the family AF_UNSPEC takes a peer away again: a datagram socket then receives
 *   from everybody, a connected stream is reset.
 */

import { ERRNO, POLL, SOCKET } from '../sys/abi.ts';
import type { RawAddress } from '../sys/address.ts';
import { setNonBlocking } from '../sys/descriptor.ts';
import { beginWait, endWait, isEintr } from '../sys/interrupt.ts';
import { connect, getsockopt, removePeer, setsockopt } from '../sys/socket.ts';
import { encodeTimeval } from './options/codec.ts';
import { callUntil, type Deadline, pollUntil } from './waiting.ts';

/** The error that the socket holds, which asking takes away: 0, or the negative error number. */
export function pendingError(fd: number): number {
  const value = new Uint8Array(4);
  const { SOL_SOCKET, SO_ERROR } = SOCKET;
  const result = getsockopt(fd, SOL_SOCKET, SO_ERROR, value, Int32Array.of(value.length));
  return result < 0 ? result : -new DataView(value.buffer).getInt32(0, true);
}

/** Connects an Internet socket by the deadline: 0, or the negative error number. */
export function connectInternet(
  fd: number,
  { bytes, size }: RawAddress,
  deadline: Deadline,
): number {
  beginWait();
  try {
    const result = connect(fd, bytes, size);
    const isInterrupted = isEintr(result);
    if (deadline === 0) return isInterrupted ? -ERRNO.EINPROGRESS : result;
    // Without a deadline EINPROGRESS comes from a limit set by SO_SNDTIMEO, which has run out.
    const isUnderWay = isInterrupted || (result === -ERRNO.EINPROGRESS && deadline !== null);
    if (!isUnderWay) return result;
    const ready = pollUntil(deadline, fd, POLL.POLLOUT);
    return ready < 0 ? ready : pendingError(fd);
  } finally {
    endWait();
  }
}

/** Connects a Unix socket by the deadline: 0, or the negative error number. */
export function connectUnix(fd: number, address: RawAddress, deadline: Deadline): number {
  const { bytes, size } = address;
  if (deadline === null || deadline === 0) {
    return callUntil(deadline, 0, connect, fd, bytes, size, undefined);
  }
  const result = callUntil(0, 0, connect, fd, bytes, size, undefined);
  return result === -ERRNO.EAGAIN ? sleepInConnect(fd, address, deadline) : result;
}

/** Connects a vsock socket by the deadline: 0, or the negative error number. */
export function connectVsock(fd: number, address: RawAddress, deadline: Deadline): number {
  if (deadline !== null) return connectInternet(fd, address, deadline);
  return callUntil(null, 0, connect, fd, address.bytes, address.size, undefined);
}

/** Takes the peer away: 0, or the negative error number. */
export function dissolve(fd: number): number {
  return callUntil(0, 0, removePeer, fd, undefined, undefined, undefined);
}

function sleepInConnect(fd: number, { bytes, size }: RawAddress, deadline: number): number {
  const { SOL_SOCKET, SO_SNDTIMEO } = SOCKET;
  const before = encodeTimeval(0);
  const read = getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, before, Int32Array.of(before.length));
  if (read < 0) return read;
  beginWait();
  try {
    setNonBlocking(fd, false);
    for (;;) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return -ERRNO.ETIMEDOUT;
      const limit = encodeTimeval(leftMs);
      const set = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, limit, limit.length);
      if (set < 0) return set;
      const result = connect(fd, bytes, size);
      if (!isEintr(result) && result !== -ERRNO.EAGAIN) return result;
    }
  } finally {
    endWait();
    setNonBlocking(fd, true);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, before, before.length);
  }
}
