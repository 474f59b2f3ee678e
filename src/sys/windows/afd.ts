/**
 * Readiness by completion: the poll of Winsock's own driver, AFD.
 *
 * Facts: select and WSAPoll ask the driver with one request (IOCTL_AFD_POLL) on a handle of its, and
 * sleep until it is complete. The request is overlapped: on a handle that is tied to a port it
 * completes there, when a socket is ready, or is closed, or the request is cancelled. No header
 * has it, and what is built on it is older than most that has: wepoll, libuv, mio.
 *
 * What this means for us: a queue that is asked to poll opens one such handle. The request and its
 * answer lie in mapped memory, like everything else that is the kernel's meanwhile.
 */
import { type Native, resolve } from '../ffi.ts';
import {
  AFD,
  AFD_POLL_INFO,
  FILE,
  NTSTATUS,
  OBJECT_ATTRIBUTES,
  OVERLAPPED,
  UNICODE_STRING,
} from './completion-abi.ts';
import { errnoOfStatus } from './errors.ts';
import { NTDLL } from './libraries.ts';
import { NOW, PENDING } from './overlapped.ts';

const DEVICE = '\\Device\\Afd\\Polyio';
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const LOW_WORDS = 2 ** 32;
const FILE_OPEN = 1;
const SHARE = FILE.FILE_SHARE_READ | FILE.FILE_SHARE_WRITE;

/** The events of poll(2) that the driver's stand for, as ready bits of selectors. */
const READABLE = 1;
const WRITABLE = 2;
const PRIORITY = 4;
const HANGUP = 8;
const ERROR = 16;

/** The driver's events for an interest in ready bits. */
export function afdEvents(interest: number): number {
  let events: number = AFD.ABORT | AFD.LOCAL_CLOSE | AFD.CONNECT_FAIL;
  if ((interest & READABLE) !== 0) events |= AFD.RECEIVE | AFD.DISCONNECT | AFD.ACCEPT;
  if ((interest & WRITABLE) !== 0) events |= AFD.SEND;
  if ((interest & PRIORITY) !== 0) events |= AFD.RECEIVE_EXPEDITED;
  return events;
}

/** The ready bits for the driver's events. */
export function readyOfAfd(events: number): number {
  let ready = 0;
  if ((events & (AFD.RECEIVE | AFD.DISCONNECT | AFD.ACCEPT)) !== 0) ready |= READABLE;
  if ((events & AFD.SEND) !== 0) ready |= WRITABLE;
  if ((events & AFD.RECEIVE_EXPEDITED) !== 0) ready |= PRIORITY;
  if ((events & (AFD.DISCONNECT | AFD.ABORT)) !== 0) ready |= HANGUP;
  if ((events & (AFD.ABORT | AFD.CONNECT_FAIL)) !== 0) ready |= ERROR;
  return ready;
}

let createNative: Native | undefined;

/** The native calls take structures that point to others; `address` has room for all of them. */
export const AFD_ROOM = 256;

/**
 * Opens the driver: a handle, or the negative error number.
 *
 * @param bytes AFD_ROOM bytes of mapped memory, which are free again afterwards
 */
export function openAfd(bytes: Uint8Array, address: number): number {
  createNative ??= resolve(
    'NtCreateFile',
    'int',
    [
      'address',
      'uint',
      'address',
      'address',
      'address',
      'uint',
      'uint',
      'uint',
      'uint',
      'address',
      'uint',
    ],
    NTDLL,
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, AFD_ROOM);
  const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  const [attributes, name, text] = [0, OBJECT_ATTRIBUTES.size, 80];
  const [handle, status] = [160, 176];
  bytes.fill(0, 0, AFD_ROOM);
  const path = Buffer.from(DEVICE, 'utf16le');
  bytes.set(path, text);
  view.setUint16(name, path.length, true);
  view.setUint16(name + UNICODE_STRING.fields.MaximumLength[0], path.length, true);
  put(name + UNICODE_STRING.fields.Buffer[0], address + text);
  view.setUint32(attributes, OBJECT_ATTRIBUTES.size, true);
  put(attributes + OBJECT_ATTRIBUTES.fields.ObjectName[0], address + name);
  const [handleAt, statusAt] = [address + handle, address + status];
  const access = FILE.SYNCHRONIZE;
  const result = createNative(handleAt, access, address, statusAt, 0, 0, SHARE, FILE_OPEN, 0, 0, 0);
  if (result !== NTSTATUS.STATUS_SUCCESS) return -errnoOfStatus(result >>> 0);
  return Number(view.getBigUint64(handle, true));
}

let ioctlNative: Native | undefined;
let cancelNative: Native | undefined;

/** Writes what a poll of one socket asks; `at` is where it begins, in words. */
export function writeAfdPoll(
  words: Int32Array,
  at: number,
  { socket, events }: { readonly socket: number; readonly events: number },
): void {
  const word = ([offset]: readonly [number, number]) => at + offset / WORD_BYTES;
  const { fields } = AFD_POLL_INFO;
  // For ever: the largest time there is.
  words[word(fields.Timeout)] = -1;
  words[word(fields.Timeout) + 1] = 0x7fffffff;
  words[word(fields.NumberOfHandles)] = 1;
  words[word(fields.Exclusive)] = 0;
  words[word(fields.Handle)] = socket | 0;
  words[word(fields.Handle) + 1] = Math.floor(socket / LOW_WORDS);
  words[word(fields.Events)] = events;
  words[word(fields.Status)] = 0;
}

/** The driver's events that a poll came to. */
export function readAfdPoll(words: Int32Array, at: number): number {
  const { NumberOfHandles, Events } = AFD_POLL_INFO.fields;
  if (words[at + NumberOfHandles[0] / WORD_BYTES] === 0) return 0;
  return words[at + Events[0] / WORD_BYTES] as number;
}

/** Asks the driver: NOW, PENDING or the negative error number. `info` is what `writeAfdPoll` wrote. */
export function startAfdPoll(afd: number, info: number, overlapped: number): number {
  ioctlNative ??= resolve(
    'NtDeviceIoControlFile',
    'int',
    [
      'address',
      'address',
      'address',
      'address',
      'address',
      'uint',
      'address',
      'uint',
      'address',
      'uint',
    ],
    NTDLL,
  );
  const { size } = AFD_POLL_INFO;
  const request = AFD.IOCTL_AFD_POLL;
  const status = ioctlNative(afd, 0, 0, overlapped, overlapped, request, info, size, info, size);
  if (status === NTSTATUS.STATUS_SUCCESS) return NOW;
  return status === NTSTATUS.STATUS_PENDING ? PENDING : -errnoOfStatus(status >>> 0);
}

const cancelScratch = new Uint8Array(OVERLAPPED.size);

/** Asks for the end of a poll: whether it was under way. */
export function cancelAfdPoll(afd: number, overlapped: number): boolean {
  cancelNative ??= resolve('NtCancelIoFileEx', 'int', ['address', 'address', 'buffer'], NTDLL);
  return cancelNative(afd, overlapped, cancelScratch) === NTSTATUS.STATUS_SUCCESS;
}
