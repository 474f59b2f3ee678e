/** recvmmsg(2) and sendmmsg(2) on a batch. */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, MESSAGE, POLL, SOCKET } from '../sys/abi.ts';
import { addressDetails } from '../sys/address.ts';
import { recvmmsg, sendmmsg } from '../sys/linux/datagrams.ts';
import { NO_SIGPIPE } from '../sys/socket.ts';
import { batchAccess, DatagramBatch } from './datagram-batch.ts';
import { carriesMessages, type SocketFamily, type SocketType } from './socket-family.ts';
import { callUntil, type Deadline } from './waiting.ts';

/** `instanceof` and not a test of fields: the memory behind a batch must be ours. */
function asBatch(batch: unknown): DatagramBatch {
  if (batch instanceof DatagramBatch) return batch;
  throw new TypeError(
    `batch must come from DatagramBatch.allocate, got ${inspect(batch, { depth: 0 })}`,
  );
}

/**
 * Receives what is there, at least one datagram: how many, or null for EAGAIN. Over Unix sockets a
 * batch takes no control data: descriptors that nobody looks at would stay open for ever.
 */
export function receiveBatch(
  fd: number,
  deadline: Deadline,
  family: SocketFamily,
  batch: DatagramBatch,
): number | null {
  const { capacity } = asBatch(batch);
  const at = batchAccess.beginReceive(batch, family !== 'unix');
  const once = deadline === 0 ? SOCKET.MSG_DONTWAIT : MESSAGE.MSG_WAITFORONE;
  const flags = once | MESSAGE.MSG_CMSG_CLOEXEC;
  const result = callUntil(deadline, POLL.POLLIN, recvmmsg, fd, at, capacity, flags);
  if (result >= 0) {
    batchAccess.endReceive(batch, result);
    return result;
  }
  if (result === -ERRNO.EAGAIN) return null;
  throw new SystemError(result, 'recvmmsg');
}

/** Sends from datagram `start` on, as many as there is room for: how many, or null for EAGAIN. */
export function transmitBatch(
  fd: number,
  deadline: Deadline,
  batch: DatagramBatch,
  start: number,
): number | null {
  const { count } = asBatch(batch);
  asInteger(start, 'start', 0, count);
  if (start === count) return 0;
  const at = batchAccess.beginSend(batch, start);
  const flags = NO_SIGPIPE | (deadline === 0 ? SOCKET.MSG_DONTWAIT : 0);
  const result = callUntil(deadline, POLL.POLLOUT, sendmmsg, fd, at, count - start, flags);
  if (result >= 0) return result;
  if (result === -ERRNO.EAGAIN) return null;
  const address = batch.address(start);
  const where = address === null ? {} : addressDetails(address);
  throw new SystemError(result, 'sendmmsg', { ...where, hint: `datagram ${start} of the batch` });
}

/** A stream has no datagrams: the kernel would take one anyway, and cut it anywhere. */
export function requireDatagrams(call: string, type: SocketType): void {
  if (carriesMessages(type)) return;
  throw new TypeError(`Socket.${call}: a stream has no datagrams; use recv and send`);
}
