/** <sys/socket.h>: results are bytes, descriptors or 0, or the negative error number. */
import { bind, type Native, report, resolve, settle, tap } from '../ffi.ts';
import { SOCKET, TIMEVAL } from './abi.ts';

const socket = bind<[domain: number, type: number, protocol: number]>('socket', 'int', [
  'int',
  'int',
  'int',
]);

/** socket(2): closed on exec. */
export function openSocket(
  domain: number,
  type: number,
  protocol: number,
  nonBlocking = false,
): number {
  const { SOCK_CLOEXEC, SOCK_NONBLOCK } = SOCKET;
  return socket(domain, type | SOCK_CLOEXEC | (nonBlocking ? SOCK_NONBLOCK : 0), protocol);
}

const socketpair = bind<[domain: number, type: number, protocol: number, fds: Int32Array]>(
  'socketpair',
  'int',
  ['int', 'int', 'int', 'buffer'],
);

/** socketpair(2), closed on exec: `fds` receives the two descriptors. */
export function openSocketPair(
  domain: number,
  type: number,
  fds: Int32Array,
  nonBlocking = false,
): number {
  const { SOCK_CLOEXEC, SOCK_NONBLOCK } = SOCKET;
  return socketpair(domain, type | SOCK_CLOEXEC | (nonBlocking ? SOCK_NONBLOCK : 0), 0, fds);
}

export const bindAddress = bind<[fd: number, address: Uint8Array, size: number]>('bind', 'int', [
  'fd',
  'buffer',
  'uint',
]);

export const listen = bind<[fd: number, backlog: number]>('listen', 'int', ['fd', 'int']);

const accept4 = bind<[fd: number, address: Uint8Array, size: Int32Array, flags: number]>(
  'accept4',
  'int',
  ['fd', 'buffer', 'buffer', 'int'],
);

/**
 * accept(2): the new descriptor, closed on exec, or the negative error number. `size` goes in as the
 * room in `address` and comes back as the address's length.
 */
export function acceptSocket(
  fd: number,
  address: Uint8Array,
  size: Int32Array,
  nonBlocking = false,
): number {
  const { SOCK_CLOEXEC, SOCK_NONBLOCK } = SOCKET;
  return accept4(fd, address, size, nonBlocking ? SOCK_CLOEXEC | SOCK_NONBLOCK : SOCK_CLOEXEC);
}

export const connect = bind<[fd: number, address: Uint8Array, size: number]>('connect', 'int', [
  'fd',
  'buffer',
  'uint',
]);

export const getsockname = bind<[fd: number, address: Uint8Array, size: Int32Array]>(
  'getsockname',
  'int',
  ['fd', 'buffer', 'buffer'],
);

export const getpeername = bind<[fd: number, address: Uint8Array, size: Int32Array]>(
  'getpeername',
  'int',
  ['fd', 'buffer', 'buffer'],
);

export const shutdown = bind<[fd: number, how: number]>('shutdown', 'int', ['fd', 'int']);

type Transfer<Memory> = [fd: number, memory: Memory, size: number, flags: number];

/** recv(2) into the caller's memory. */
export const recv = bind<Transfer<Uint8Array>>('recv', 'ssize', ['fd', 'buffer', 'size', 'int']);

/** send(2) from the caller's memory. */
export const send = bind<Transfer<Uint8Array>>('send', 'ssize', ['fd', 'buffer', 'size', 'int']);

/** sendto(2) from the caller's memory; the address to send to lies in mapped memory. */
export const sendto = bind<[...Transfer<Uint8Array>, address: number, addressSize: number]>(
  'sendto',
  'ssize',
  ['fd', 'buffer', 'size', 'int', 'address', 'uint'],
);

/**
 * recvfrom(2) into the caller's memory; the sender goes to mapped memory. At `sizeAddress` lies the
 * room for it, and afterwards its length.
 */
export const recvfrom = bind<[...Transfer<Uint8Array>, address: number, sizeAddress: number]>(
  'recvfrom',
  'ssize',
  ['fd', 'buffer', 'size', 'int', 'address', 'address'],
);

const TRANSFER_AT = ['fd', 'address', 'size', 'int'] as const;

let recvNative: Native | undefined;
let sendNative: Native | undefined;

/**
 * recv(2) into mapped memory, by its address: the cheaper form, for loops that own an arena.
 * `size` stays below 2^31, so that the result fits an int, which JavaScript gets without a detour
 * over a 64-bit number.
 */
export function recvAt(fd: number, address: number, size: number, flags: number): number {
  recvNative ??= resolve('recv', 'int', TRANSFER_AT);
  if (tap === null) return settle(recvNative(fd, address, size, flags));
  const start = performance.now();
  return report('recv', fd, start, settle(recvNative(fd, address, size, flags)));
}

/** send(2) from mapped memory, by its address; `size` as for `recvAt`. */
export function sendAt(fd: number, address: number, size: number, flags: number): number {
  sendNative ??= resolve('send', 'int', TRANSFER_AT);
  if (tap === null) return settle(sendNative(fd, address, size, flags));
  const start = performance.now();
  return report('send', fd, start, settle(sendNative(fd, address, size, flags)));
}

type Option = [fd: number, level: number, option: number, value: Uint8Array];

export const setsockopt = bind<[...Option, size: number]>('setsockopt', 'int', [
  'fd',
  'int',
  'int',
  'buffer',
  'uint',
]);

/** getsockopt(2): `size` goes in as the room in `value` and comes back as the option's length. */
export const getsockopt = bind<[...Option, size: Int32Array]>('getsockopt', 'int', [
  'fd',
  'int',
  'int',
  'buffer',
  'buffer',
]);

const timeval = new BigInt64Array(TIMEVAL.size / BigInt64Array.BYTES_PER_ELEMENT);
const timevalBytes = new Uint8Array(timeval.buffer);

/**
 * Lets the kernel end the waits of a blocking socket: after `ms` milliseconds (0: never) its recv
 * and send answer EAGAIN. 0, or the negative error number.
 */
export function setSocketTimeouts(fd: number, ms: number): number {
  const whole = Math.ceil(ms);
  timeval[0] = BigInt(Math.floor(whole / 1_000));
  timeval[1] = BigInt((whole % 1_000) * 1_000);
  const { SOL_SOCKET, SO_RCVTIMEO, SO_SNDTIMEO } = SOCKET;
  const result = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timevalBytes, timevalBytes.length);
  if (result < 0) return result;
  return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timevalBytes, timevalBytes.length);
}
