/**
 * A file sent by the kernel alone: sendfile(2).
 *
 * It has no MSG_NOSIGNAL: to a reader that is gone it raises SIGPIPE, which is therefore blocked in
 * a thread that uses it.
 */
import { SystemError } from '../errors.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { sendfile } from '../sys/linux/transfer.ts';
import { blockSigpipe } from './sigpipe.ts';
import { callNow, callUntil, type Deadline } from './waiting.ts';

/** What one call of the kernel moves at most, in bytes. */
const TRANSFER_MAX = 0x7ffff000;

/** Options of `sendFile`. */
export interface SendFileOptions {
  /** Where in the file to begin, in bytes. The file's own position does not move. @default 0 */
  readonly offset?: number;
  /** How many bytes, fewer when the file ends before. @default up to the end of the file */
  readonly length?: number;
}

interface Progress {
  readonly file: number;
  /** The position, which the kernel moves. */
  readonly position: BigInt64Array;
  readonly length: number;
}

function beginFile(file: Handle, { offset = 0, length }: SendFileOptions): Progress {
  const fd = fdOf(file);
  asInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
  if (length !== undefined) asInteger(length, 'length', 0, Number.MAX_SAFE_INTEGER);
  blockSigpipe();
  return {
    file: fd,
    position: BigInt64Array.of(BigInt(offset)),
    length: length ?? Number.POSITIVE_INFINITY,
  };
}

function sendFileError(result: number, sent: number): SystemError {
  const isKind = result === -ERRNO.EINVAL;
  const kind = 'file must be a regular file or block device that is open for reading; ';
  return new SystemError(result, 'sendfile', {
    hint: `${isKind ? kind : ''}${sent} bytes were sent`,
  });
}

/** Sends a part of a file by the deadline: how many bytes, fewer only when the file has ended. */
export function sendWhole(
  fd: number,
  deadline: Deadline,
  from: Handle,
  options: SendFileOptions,
): number {
  const { file, position, length } = beginFile(from, options);
  let sent = 0;
  while (sent < length) {
    const size = Math.min(length - sent, TRANSFER_MAX);
    const result = callUntil(deadline, POLL.POLLOUT, sendfile, fd, file, position, size);
    if (result < 0) throw sendFileError(result, sent);
    if (result === 0) break;
    sent += result;
  }
  return sent;
}

/** Sends what there is room for: how many bytes, null when there was no room. */
export function sendPart(fd: number, from: Handle, options: SendFileOptions): number | null {
  const { file, position, length } = beginFile(from, options);
  const result = callNow(sendfile, fd, file, position, Math.min(length, TRANSFER_MAX));
  if (result >= 0) return result;
  if (result === -ERRNO.EAGAIN) return null;
  throw sendFileError(result, 0);
}
