/**
 * Facts about overlapped calls:
 * - The call names an OVERLAPPED and memory, and returns. Both are the kernel's until the operation
 *   is complete, whether somebody cancelled it or not: the status is written into the OVERLAPPED.
 * - TRUE or 0 says that it is complete already, ERROR_IO_PENDING that it goes on; any other error
 *   that it was refused, and then nothing comes of it later.
 * - CancelIoEx asks for the end of one operation: found or not found. What was found still completes,
 *   with STATUS_CANCELLED or with the result that was faster.
 * - A read beyond the end of a file, and one of a pipe whose other end is closed, are errors.
 *
 * What this means for us: a start answers NOW, PENDING or the negative error number, and takes
 * addresses of mapped memory and nothing else. The end of a file is no error here.
 */
import { type Native, report, resolve, settle, settleTruth, tap } from '../ffi.ts';
import { ERRNO } from './abi.ts';
import { NTSTATUS, OVERLAPPED } from './completion-abi.ts';
import { errnoOfStatus } from './errors.ts';
import { KERNEL32, WS2_32 } from './libraries.ts';

const { EBADF, EINPROGRESS, EPERM } = ERRNO;
/** libuv's number for the end of a file. */
const EOF = 4_095;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

/** It is complete, and its result stands in the OVERLAPPED; no packet comes. */
export const NOW = 0;
/** A packet comes when it is complete. */
export const PENDING = 1;

const STATUS_AT = OVERLAPPED.fields.Internal[0] / WORD_BYTES;
const COUNT_AT = OVERLAPPED.fields.InternalHigh[0] / WORD_BYTES;
const OFFSET_AT = OVERLAPPED.fields.Offset[0] / WORD_BYTES;

/** Makes an OVERLAPPED ready for its next operation; `at` is where it begins, in words. */
export function resetOverlapped(words: Int32Array, at: number, offset = 0): void {
  words[at + STATUS_AT] = 0;
  words[at + STATUS_AT + 1] = 0;
  words[at + COUNT_AT] = 0;
  words[at + COUNT_AT + 1] = 0;
  words[at + OFFSET_AT] = offset | 0;
  words[at + OFFSET_AT + 1] = Math.floor(offset / 2 ** 32) | 0;
}

/** Whether the kernel is through with it: it writes that before it posts a packet. */
export function isComplete(words: Int32Array, at: number): boolean {
  return words[at + STATUS_AT] !== NTSTATUS.STATUS_PENDING;
}

/** What an operation that is complete came to: the bytes, or the negative error number. */
export function overlappedResult(words: Int32Array, at: number): number {
  const status = words[at + STATUS_AT] as number;
  if (status >= 0) return words[at + COUNT_AT] as number;
  if (status === NTSTATUS.STATUS_END_OF_FILE || status === NTSTATUS.STATUS_PIPE_BROKEN) return 0;
  return -errnoOfStatus(status >>> 0);
}

/** How many bytes were moved, whatever the status: a message that was cut has some. */
export function overlappedCount(words: Int32Array, at: number): number {
  return words[at + COUNT_AT] as number;
}

/** A call's answer, of which `settle` has made the error number, as that of a start. */
export function started(answer: number): number {
  if (answer >= 0) return NOW;
  return answer === -EINPROGRESS ? PENDING : answer;
}

let recvNative: Native | undefined;
let sendNative: Native | undefined;

const TRANSFER = ['fd', 'address', 'uint', 'address', 'address', 'address', 'address'] as const;
const SEND = ['fd', 'address', 'uint', 'address', 'uint', 'address', 'address'] as const;

/** WSARecv into one buffer: `buffers` is the address of a WSABUF, `flags` that of a 32-bit word. */
export function startRecv(
  socket: number,
  buffers: number,
  flags: number,
  overlapped: number,
): number {
  recvNative ??= resolve('WSARecv', 'int', TRANSFER, WS2_32);
  const start = tap === null ? 0 : performance.now();
  const answer = started(settle(recvNative(socket, buffers, 1, 0, flags, overlapped, 0)));
  return tap === null ? answer : report('WSARecv', socket, start, answer);
}

/** WSASend out of one buffer. */
export function startSend(socket: number, buffers: number, overlapped: number): number {
  sendNative ??= resolve('WSASend', 'int', SEND, WS2_32);
  const start = tap === null ? 0 : performance.now();
  const answer = started(settle(sendNative(socket, buffers, 1, 0, 0, overlapped, 0)));
  return tap === null ? answer : report('WSASend', socket, start, answer);
}

let recvFromNative: Native | undefined;
let sendToNative: Native | undefined;

/** WSARecvFrom: the sender goes to `name`, and the length of its address to the word at `size`. */
export function startRecvFrom(
  socket: number,
  buffers: number,
  { flags, name, size }: { readonly flags: number; readonly name: number; readonly size: number },
  overlapped: number,
): number {
  recvFromNative ??= resolve(
    'WSARecvFrom',
    'int',
    [...TRANSFER.slice(0, 5), 'address', 'address', 'address', 'address'],
    WS2_32,
  );
  return started(settle(recvFromNative(socket, buffers, 1, 0, flags, name, size, overlapped, 0)));
}

/** WSASendTo: the address to send to lies at `name`. */
export function startSendTo(
  socket: number,
  buffers: number,
  { name, size }: { readonly name: number; readonly size: number },
  overlapped: number,
): number {
  sendToNative ??= resolve(
    'WSASendTo',
    'int',
    [...SEND.slice(0, 5), 'address', 'int', 'address', 'address'],
    WS2_32,
  );
  return started(settle(sendToNative(socket, buffers, 1, 0, 0, name, size, overlapped, 0)));
}

let readNative: Native | undefined;
let writeNative: Native | undefined;
const FILE = ['address', 'address', 'uint', 'address', 'address'] as const;

/** ReadFile at the offset in the OVERLAPPED. The end of the file is a result of 0 bytes. */
export function startRead(
  handle: number,
  address: number,
  length: number,
  overlapped: number,
): number {
  readNative ??= resolve('ReadFile', 'int', FILE, KERNEL32);
  const answer = settleTruth(readNative(handle, address, length, 0, overlapped));
  return answer === -EOF ? NOW : transferStarted(answer);
}

/** WriteFile at the offset in the OVERLAPPED. */
export function startWrite(
  handle: number,
  address: number,
  length: number,
  overlapped: number,
): number {
  writeNative ??= resolve('WriteFile', 'int', FILE, KERNEL32);
  return transferStarted(settleTruth(writeNative(handle, address, length, 0, overlapped)));
}

/** A handle that was not opened for it is no handle for it, as everywhere else. */
function transferStarted(answer: number): number {
  return answer === -EPERM ? -EBADF : started(answer);
}

let cancelNative: Native | undefined;

/** CancelIoEx: whether the operation was under way. `overlapped` 0 means all of the handle's. */
export function cancelOverlapped(handle: number, overlapped: number): boolean {
  cancelNative ??= resolve('CancelIoEx', 'int', ['address', 'address'], KERNEL32);
  return cancelNative(handle, overlapped) !== 0;
}
