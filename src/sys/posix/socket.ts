/** <sys/socket.h>: results are bytes, descriptors or 0, or the negative error number. */
import { bind, type Native, report, resolve, type SystemCall, settle, tap } from '../ffi.ts';
import { ABSENT, BSD, ERRNO, SOCKADDR_IN, SOCKADDR_STORAGE, SOCKET, TIMEVAL } from './abi.ts';
import { closeOnExec, setNonBlocking } from './fcntl.ts';
import { recvWhole } from './message.ts';
import { close } from './unistd.ts';
import { HAS } from './ways.ts';

/** Whether a socket is as it should be right from its call. */
const IS_COMPLETE = HAS.sock_cloexec && HAS.nosignal;

const socket = bind<[domain: number, type: number, protocol: number]>('socket', 'int', [
  'int',
  'int',
  'int',
]);

/**
 * The flag by which send(2) and its kin raise no SIGPIPE, 0 where the socket itself has been told:
 * by `openSocket`, `openSocketPair`, `acceptSocket` or `adoptSocket`.
 */
export const NO_SIGPIPE = HAS.nosignal ? SOCKET.MSG_NOSIGNAL : 0;

/**
 * The option that tells a socket to raise no SIGPIPE. Linux has none; where it goes the other way
 * for a test, an option that changes nothing (SO_SELECT_ERR_QUEUE) stands for it, so that it shows.
 */
export const QUIET_OPTION = BSD.SO_NOSIGPIPE === ABSENT ? 45 : BSD.SO_NOSIGPIPE;
const ON = new Uint8Array(Int32Array.of(1).buffer);

function keepQuiet(fd: number): number {
  if (HAS.nosignal) return 0;
  return setsockopt(fd, SOCKET.SOL_SOCKET, QUIET_OPTION, ON, ON.length);
}

/** What a socket of elsewhere needs, so that no call of ours raises SIGPIPE: 0, or the negative error number. */
export function adoptSocket(fd: number): number {
  return keepQuiet(fd);
}

/** The flags that travel in a socket's type; where there are none, `finish` makes up for them. */
function typeFlags(nonBlocking: boolean): number {
  if (!HAS.sock_cloexec) return 0;
  return SOCKET.SOCK_CLOEXEC | (nonBlocking ? SOCKET.SOCK_NONBLOCK : 0);
}

/**
 * What a new descriptor still lacks. A program that another thread starts between the call and this
 * inherits it: nothing better is to be had there. The descriptor, or the negative error number, and
 * then it is closed.
 */
function finish(fd: number, isFlagged: boolean, nonBlocking: boolean): number {
  if (fd < 0) return fd;
  let result = keepQuiet(fd);
  if (result >= 0 && !isFlagged) {
    result = closeOnExec(fd);
    if (result >= 0) result = setNonBlocking(fd, nonBlocking);
  }
  if (result >= 0) return fd;
  close(fd);
  return result;
}

/** socket(2): closed on exec. */
export function openSocket(
  domain: number,
  type: number,
  protocol: number,
  nonBlocking = false,
): number {
  const fd = socket(domain, type | typeFlags(nonBlocking), protocol);
  return IS_COMPLETE ? fd : finish(fd, HAS.sock_cloexec, nonBlocking);
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
  const result = socketpair(domain, type | typeFlags(nonBlocking), 0, fds);
  if (IS_COMPLETE || result < 0) return result;
  const [first = -1, second = -1] = fds;
  for (const [fd, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const finished = finish(fd, HAS.sock_cloexec, nonBlocking);
    if (finished >= 0) continue;
    close(other);
    return finished;
  }
  return result;
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

const accept = bind<[fd: number, address: Uint8Array, size: Int32Array]>('accept', 'int', [
  'fd',
  'buffer',
  'buffer',
]);

/**
 * accept(2): the new descriptor, closed on exec, or the negative error number. `size` goes in as the
 * room in `address` and comes back as the address's length. It is non-blocking if that is asked for,
 * whatever the listener is: accept(2) hands O_NONBLOCK on in the BSDs and not in Linux. Options such
 * as TCP_NODELAY are handed on everywhere.
 */
export function acceptSocket(
  fd: number,
  address: Uint8Array,
  size: Int32Array,
  nonBlocking = false,
): number {
  if (!HAS.accept4) return finish(accept(fd, address, size), false, nonBlocking);
  const { SOCK_CLOEXEC, SOCK_NONBLOCK } = SOCKET;
  const flags = nonBlocking ? SOCK_CLOEXEC | SOCK_NONBLOCK : SOCK_CLOEXEC;
  const accepted = accept4(fd, address, size, flags);
  return HAS.nosignal ? accepted : finish(accepted, true, nonBlocking);
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

type Sender = [address: number, sizeAddress: number];
type Receive = SystemCall<Transfer<Uint8Array>>;
type ReceiveFrom = SystemCall<[...Transfer<Uint8Array>, ...Sender]>;

/** What runs in place of the receiving calls while somebody traces, and tells the tap itself. */
export interface ReceiveTwin {
  /** Whether this descriptor's receives are its business. */
  takes(fd: number): boolean;
  readonly recv: Receive;
  readonly recvAt: SystemCall<Transfer<number>>;
  readonly recvfrom: ReceiveFrom;
}

let twin: ReceiveTwin | null = null;

/** Has the calling thread's receives run by a twin, or by themselves again with `null`. */
export function setReceiveTwin(next: ReceiveTwin | null): void {
  twin = next;
}

const recvBound: Receive = bind('recv', 'ssize', ['fd', 'buffer', 'size', 'int']);

function recvPlain(fd: number, bytes: Uint8Array, size: number, flags: number): number {
  return (twin?.takes(fd) ? twin.recv : recvBound)(fd, bytes, size, flags);
}

/**
 * recv(2) into the caller's memory. With MSG_TRUNC it answers the whole length of a message, which
 * may be more than there was room for; a stream must not be asked so.
 */
export const recv = HAS.trunc ? recvPlain : recvAsking;

function recvAsking(fd: number, bytes: Uint8Array, size: number, flags: number): number {
  const { MSG_TRUNC } = SOCKET;
  if ((flags & MSG_TRUNC) === 0) return recvPlain(fd, bytes, size, flags);
  return recvWhole(fd, bytes.subarray(0, size), flags & ~MSG_TRUNC, 0, 0);
}

/** send(2) from the caller's memory. */
export const send = bind<Transfer<Uint8Array>>('send', 'ssize', ['fd', 'buffer', 'size', 'int']);

/** sendto(2) from the caller's memory; the address to send to lies in mapped memory. */
export const sendto = bind<[...Transfer<Uint8Array>, address: number, addressSize: number]>(
  'sendto',
  'ssize',
  ['fd', 'buffer', 'size', 'int', 'address', 'uint'],
);

const RECEIVE_FROM = ['fd', 'buffer', 'size', 'int', 'address', 'address'] as const;
const recvfromBound: ReceiveFrom = bind('recvfrom', 'ssize', RECEIVE_FROM);

const recvfromPlain: ReceiveFrom = (fd, bytes, size, flags, address, sizeAddress) =>
  (twin?.takes(fd) ? twin.recvfrom : recvfromBound)(fd, bytes, size, flags, address, sizeAddress);

/**
 * recvfrom(2) into the caller's memory; the sender goes to mapped memory. At `sizeAddress` lies the
 * room for it, and afterwards its length. MSG_TRUNC as in `recv`.
 */
export const recvfrom = HAS.trunc ? recvfromPlain : recvfromAsking;

function recvfromAsking(
  ...[fd, bytes, size, flags, address, sizeAddress]: [...Transfer<Uint8Array>, ...Sender]
): number {
  const { MSG_TRUNC } = SOCKET;
  if ((flags & MSG_TRUNC) === 0) {
    return recvfromPlain(fd, bytes, size, flags, address, sizeAddress);
  }
  return recvWhole(fd, bytes.subarray(0, size), flags & ~MSG_TRUNC, address, sizeAddress);
}

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
  if (twin?.takes(fd)) return twin.recvAt(fd, address, size, flags);
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

/** In whole words: where the fraction has four bytes, its upper half is padding. */
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

const INT_SIZE = 4;

/** The family of a socket, which some systems tell only by its address; or the negative error number. */
export function socketDomain(fd: number): number {
  if (SOCKET.SO_DOMAIN !== ABSENT) {
    const value = new Uint8Array(INT_SIZE);
    const result = getsockopt(
      fd,
      SOCKET.SOL_SOCKET,
      SOCKET.SO_DOMAIN,
      value,
      Int32Array.of(INT_SIZE),
    );
    return result < 0 ? result : new DataView(value.buffer).getInt32(0, true);
  }
  const address = new Uint8Array(SOCKADDR_STORAGE.size);
  const result = getsockname(fd, address, Int32Array.of(address.length));
  const [offset] = SOCKADDR_STORAGE.fields.ss_family;
  return result < 0 ? result : (address[offset] as number);
}

/** An address of no family: what takes a peer away is no address at all. */
const NO_PEER = new Uint8Array(SOCKADDR_IN.size);

/**
 * Takes the peer of a socket away: 0, or the negative error number. The BSDs do it and complain
 * about the address all the same.
 */
export function removePeer(fd: number): number {
  const [offset, size] = SOCKADDR_STORAGE.fields.ss_family;
  if (offset === 0) return connect(fd, NO_PEER, size);
  NO_PEER[0] = NO_PEER.length;
  const result = connect(fd, NO_PEER, NO_PEER.length);
  const isComplaint = result === -ERRNO.EAFNOSUPPORT || result === -ERRNO.EADDRNOTAVAIL;
  return isComplaint ? 0 : result;
}

/** Before the bind of a server: old connections that linger do not hinder it. */
export function prepareListener(fd: number): number {
  return setsockopt(fd, SOCKET.SOL_SOCKET, SOCKET.SO_REUSEADDR, ON, ON.length);
}

/** Before the bind: other sockets of this user that ask for the same may have the port as well. */
export function sharePort(fd: number): number {
  return setsockopt(fd, SOCKET.SOL_SOCKET, SOCKET.SO_REUSEPORT, ON, ON.length);
}
