/**
 * Sockets of Winsock, with the calls of <sys/socket.h>.
 *
 * Facts:
 * - FIONBIO makes a socket non-blocking, and nothing tells whether it is. There is no MSG_DONTWAIT.
 * - A thread that sleeps in recv, accept or connect cannot be woken without harm (wake-socket.ts).
 * - SO_REUSEADDR lets anybody take a port away from a server that listens on it;
 *   SO_EXCLUSIVEADDRUSE keeps it, and old connections that linger do not hinder a bind anyway.
 * - SO_RCVTIMEO and SO_SNDTIMEO are milliseconds, and say nothing to a non-blocking socket.
 * - A message that is larger than the buffer fails with WSAEMSGSIZE; how long it was is not told.
 * - A handle passes to child processes unless it is told not to.
 *
 * What this means for us: every socket is non-blocking for Winsock. Whether it is for its user
 * stands in our own table; for one that is blocking the call is tried, and when it would have to
 * wait, WSAPoll waits for the socket and for the wake of this thread before it is tried again. The
 * time limits are kept where the user put them, in the socket, and WSAPoll is given them. The
 * synchronous calls below are the only ones that use a caller's buffer.
 */
import {
  ERRNO,
  LINGER,
  OWN_FLAG,
  POLL,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKET,
  WINSOCK,
  WSAPROTOCOL_INFO,
} from './abi.ts';
import { errnoOfCode } from './errors.ts';
import { pollFd } from './poll.ts';
import { forgetSocket, isKnownSocket, isMarkedNonBlocking, noteSocket } from './socket-table.ts';
import {
  accept,
  bindSocket,
  closesocket,
  connectSocket,
  getName,
  getsockopt as getWinsockOption,
  ioctlsocket,
  recvBytes,
  recvBytesFrom,
  recvMemory,
  sendBytes,
  sendBytesTo,
  sendMemory,
  setHandleInformation,
  setsockopt as setWinsockOption,
  startWinsock,
  wsaDuplicateSocket,
  wsaSocket,
} from './winsock.ts';

export { getpeername, listen, shutdown } from './winsock.ts';

export const bindAddress = bindSocket;

const { DONTWAIT, TRUNC } = OWN_FLAG;
const { SOL_SOCKET, SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER } = SOCKET;
const FLAGS = WINSOCK.WSA_FLAG_OVERLAPPED | WINSOCK.WSA_FLAG_NO_HANDLE_INHERIT;
const FROM_INFO = -1;

/** No datagram is longer. */
const MESSAGE_MAX = 65_536;
const MILLISECOND = 1_000;

const on = Int32Array.of(1);
const option = new Int32Array(1);
const optionBytes = new Uint8Array(option.buffer);
const optionSize = new Int32Array(1);
let message: Uint8Array | undefined;

/** What every socket needs once it is there: the socket, or the negative error number. */
function takeIn(fd: number, nonBlocking: boolean): number {
  const result = ioctlsocket(fd, WINSOCK.FIONBIO, on);
  if (result >= 0 && noteSocket(fd, nonBlocking)) return fd;
  closesocket(fd);
  return result < 0 ? result : -ERRNO.EMFILE;
}

export function openSocket(
  domain: number,
  type: number,
  protocol: number,
  nonBlocking = false,
): number {
  startWinsock();
  const fd = wsaSocket(domain, type, protocol, null, 0, FLAGS);
  return fd < 0 ? fd : takeIn(fd, nonBlocking);
}

/** socketpair(2) is for Unix sockets, of which Windows has no pairs. */
export function openSocketPair(
  _domain: number,
  _type: number,
  _fds: Int32Array,
  _nonBlocking = false,
): number {
  return -ERRNO.EAFNOSUPPORT;
}

/** A second handle of the same socket, for whoever closes what he is given. */
export function duplicateSocket(fd: number): number {
  const info = new Uint8Array(WSAPROTOCOL_INFO.size);
  const result = wsaDuplicateSocket(fd, process.pid, info);
  if (result < 0) return result;
  const copy = wsaSocket(FROM_INFO, FROM_INFO, FROM_INFO, info, 0, FLAGS);
  return copy;
}

/** Takes in a socket that was opened elsewhere, as one that blocks: 0, or the negative error number. */
export function adoptSocket(fd: number): number {
  if (isKnownSocket(fd)) return 0;
  return socketDomain(fd) < 0 ? -ERRNO.ENOTSOCK : Math.min(takeIn(fd, false), 0);
}

/** closesocket: 0, or the negative error number. */
export function closeSocket(fd: number): number {
  forgetSocket(fd);
  return closesocket(fd);
}

/** How long this socket waits in a direction, in ms: -1 for ever. */
function limitOf(fd: number, name: number): number {
  optionSize[0] = optionBytes.length;
  const result = getWinsockOption(fd, SOL_SOCKET, name, optionBytes, optionSize);
  const ms = result < 0 ? 0 : (option[0] as number);
  return ms === 0 ? -1 : ms;
}

/** Whether a call that had to wait is to be made again: 0, or the negative error number. */
function waitFor(fd: number, events: number, flags: number): number {
  if ((flags & DONTWAIT) !== 0 || isMarkedNonBlocking(fd) || !isKnownSocket(fd)) {
    return -ERRNO.EAGAIN;
  }
  const limit = limitOf(fd, events === POLL.POLLOUT ? SO_SNDTIMEO : SO_RCVTIMEO);
  const ready = pollFd(fd, events, limit);
  if (ready === 0) return -ERRNO.EAGAIN;
  // What is no socket any more is named by the call.
  return ready === -ERRNO.EBADF ? 0 : Math.min(ready, 0);
}

/** The new connection, closed on exec: its socket, or the negative error number. */
export function acceptSocket(
  fd: number,
  address: Uint8Array,
  size: Int32Array,
  nonBlocking = false,
): number {
  const room = size[0] as number;
  for (;;) {
    size[0] = room;
    const accepted = accept(fd, address, size);
    if (accepted >= 0) {
      setHandleInformation(accepted, 1, 0);
      return takeIn(accepted, nonBlocking);
    }
    if (accepted !== -ERRNO.EAGAIN) return accepted;
    const again = waitFor(fd, POLL.POLLIN, 0);
    if (again < 0) return again;
  }
}

/** connect(2): a non-blocking one that is under way answers EINPROGRESS. */
export function connect(fd: number, address: Uint8Array, size: number): number {
  const result = connectSocket(fd, address, size);
  if (result !== -ERRNO.EAGAIN) return result;
  if (isMarkedNonBlocking(fd) || !isKnownSocket(fd)) return -ERRNO.EINPROGRESS;
  const ready = pollFd(fd, POLL.POLLOUT, limitOf(fd, SO_SNDTIMEO));
  if (ready === 0) return -ERRNO.EINPROGRESS;
  return ready < 0 ? ready : -pendingError(fd);
}

/** Winsock raises no signal. */
export const NO_SIGPIPE = 0;

/** Takes the peer of a datagram socket away, which no address at all does: 0, or the negative error number. */
export function removePeer(fd: number): number {
  const domain = socketDomain(fd);
  if (domain < 0) return domain;
  const nobody = new Uint8Array(SOCKADDR_IN6.size);
  new DataView(nobody.buffer).setUint16(0, domain, true);
  const size = domain === SOCKET.AF_INET6 ? SOCKADDR_IN6.size : SOCKADDR_IN.size;
  return connectSocket(fd, nobody, size);
}

/** getsockname(2): a socket that has no name yet has the wildcard's, which Winsock refuses to say. */
export function getsockname(fd: number, address: Uint8Array, size: Int32Array): number {
  const result = getName(fd, address, size);
  if (result !== -ERRNO.EINVAL) return result;
  const domain = socketDomain(fd);
  if (domain < 0) return domain;
  const length = domain === SOCKET.AF_INET6 ? SOCKADDR_IN6.size : SOCKADDR_IN.size;
  address.fill(0, 0, length);
  new DataView(address.buffer, address.byteOffset).setUint16(0, domain, true);
  size[0] = length;
  return 0;
}

function pendingError(fd: number): number {
  optionSize[0] = optionBytes.length;
  const result = getsockopt(fd, SOL_SOCKET, SOCKET.SO_ERROR, optionBytes, optionSize);
  return result < 0 ? -result : (option[0] as number);
}

/** recv(2) into the caller's memory. */
export function recv(fd: number, bytes: Uint8Array, size: number, flags: number): number {
  if ((flags & TRUNC) !== 0) return recvWhole(fd, bytes, size, flags);
  const plain = flags & ~DONTWAIT;
  for (;;) {
    const result = recvBytes(fd, bytes, size, plain);
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLIN, flags);
    if (again < 0) return again;
  }
}

/** recv(2) into mapped memory, by its address. */
export function recvAt(fd: number, address: number, size: number, flags: number): number {
  const plain = flags & ~DONTWAIT;
  for (;;) {
    const result = recvMemory(fd, address, size, plain);
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLIN, flags);
    if (again < 0) return again;
  }
}

/** send(2) from the caller's memory. */
export function send(fd: number, bytes: Uint8Array, size: number, flags: number): number {
  const plain = flags & ~DONTWAIT;
  for (;;) {
    const result = sendBytes(fd, bytes, size, plain);
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLOUT, flags);
    if (again < 0) return again;
  }
}

/** send(2) from mapped memory, by its address. */
export function sendAt(fd: number, address: number, size: number, flags: number): number {
  const plain = flags & ~DONTWAIT;
  for (;;) {
    const result = sendMemory(fd, address, size, plain);
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLOUT, flags);
    if (again < 0) return again;
  }
}

/** sendto(2) from the caller's memory; the address to send to lies in mapped memory. */
export function sendto(
  fd: number,
  bytes: Uint8Array,
  size: number,
  flags: number,
  address: number,
  addressSize: number,
): number {
  const plain = flags & ~DONTWAIT;
  for (;;) {
    const result = sendBytesTo(fd, bytes, size, plain, address, addressSize);
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLOUT, flags);
    if (again < 0) return again;
  }
}

/** recvfrom(2) into the caller's memory; the sender and its length go to mapped memory. */
export function recvfrom(
  fd: number,
  bytes: Uint8Array,
  size: number,
  flags: number,
  address: number,
  sizeAddress: number,
): number {
  const isWhole = (flags & TRUNC) !== 0;
  const into = isWhole ? messageRoom() : bytes;
  const room = isWhole ? MESSAGE_MAX : size;
  const plain = flags & ~(DONTWAIT | TRUNC);
  for (;;) {
    const result = recvBytesFrom(fd, into, room, plain, address, sizeAddress);
    if (result >= 0 && isWhole) bytes.set(into.subarray(0, Math.min(result, size)));
    if (result !== -ERRNO.EAGAIN) return result;
    const again = waitFor(fd, POLL.POLLIN, flags);
    if (again < 0) return again;
  }
}

function messageRoom(): Uint8Array {
  message ??= new Uint8Array(MESSAGE_MAX);
  return message;
}

/** Receives into room for any message, since a smaller buffer would not tell how long it was. */
function recvWhole(fd: number, bytes: Uint8Array, size: number, flags: number): number {
  const room = messageRoom();
  const result = recv(fd, room, MESSAGE_MAX, flags & ~TRUNC);
  if (result > 0) bytes.set(room.subarray(0, Math.min(result, size)));
  return result;
}

function isTimeLimit(level: number, name: number): boolean {
  return level === SOL_SOCKET && (name === SO_RCVTIMEO || name === SO_SNDTIMEO);
}

/** A `struct linger` of two ints, as POSIX has it, from the two shorts of Winsock. */
function toShorts(value: Uint8Array): Uint8Array {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const shorts = Uint16Array.of(view.getInt32(0, true), Math.min(view.getInt32(4, true), 0xffff));
  return new Uint8Array(shorts.buffer);
}

/** Milliseconds from a `struct timeval` of two 64-bit numbers, as 64-bit POSIX systems have it. */
function toMilliseconds(value: Uint8Array): Uint8Array {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const seconds = Number(view.getBigInt64(0, true));
  const rest = Math.ceil(Number(view.getBigInt64(8, true)) / MILLISECOND);
  return new Uint8Array(Int32Array.of(seconds * MILLISECOND + rest).buffer);
}

/**
 * setsockopt(2). Values have the form that they have on POSIX systems: a time limit is a `struct
 * timeval`, a linger two ints.
 */
export function setsockopt(
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  size: number,
): number {
  let given = value;
  let length = size;
  if (isTimeLimit(level, name) && size > optionBytes.length) given = toMilliseconds(value);
  if (level === SOL_SOCKET && name === SO_LINGER && size > LINGER.size) given = toShorts(value);
  if (given !== value) length = given.length;
  return setWinsockOption(fd, level, name, given, length);
}

/** getsockopt(2), with values as for `setsockopt`; SO_ERROR is an error number of `ERRNO`. */
export function getsockopt(
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  size: Int32Array,
): number {
  const result = getWinsockOption(fd, level, name, value, size);
  if (result < 0 || level !== SOL_SOCKET) return result;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (name === SOCKET.SO_ERROR) {
    const code = view.getInt32(0, true);
    view.setInt32(0, code === 0 ? 0 : errnoOfCode(code), true);
  } else if (isTimeLimit(level, name) && value.length >= 16) {
    const ms = view.getInt32(0, true);
    view.setBigInt64(0, BigInt(Math.floor(ms / MILLISECOND)), true);
    view.setBigInt64(8, BigInt((ms % MILLISECOND) * MILLISECOND), true);
    size[0] = 16;
  } else if (name === SO_LINGER && value.length >= 8) {
    const seconds = view.getUint16(2, true);
    view.setInt32(0, view.getUint16(0, true), true);
    view.setInt32(4, seconds, true);
    size[0] = 8;
  }
  return result;
}

/** After `ms` milliseconds (0: never) the waits of a blocking socket answer EAGAIN. */
export function setSocketTimeouts(fd: number, ms: number): number {
  option[0] = Math.ceil(ms);
  const result = setWinsockOption(fd, SOL_SOCKET, SO_RCVTIMEO, optionBytes, optionBytes.length);
  if (result < 0) return result;
  return setWinsockOption(fd, SOL_SOCKET, SO_SNDTIMEO, optionBytes, optionBytes.length);
}

/**
 * Before the bind of a server: nobody else gets its port. SO_REUSEADDR would give it to whoever
 * asks.
 */
export function prepareListener(fd: number): number {
  option[0] = 1;
  const { SO_EXCLUSIVEADDRUSE } = WINSOCK;
  return setWinsockOption(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, optionBytes, optionBytes.length);
}

/** A port belongs to one socket here. */
export function sharePort(_fd: number): number {
  return -ERRNO.EOPNOTSUPP;
}

/** The address family of a socket, or the negative error number. */
export function socketDomain(fd: number): number {
  const info = new Uint8Array(WSAPROTOCOL_INFO.size);
  const size = Int32Array.of(info.length);
  const result = getWinsockOption(fd, SOL_SOCKET, WINSOCK.SO_PROTOCOL_INFOW, info, size);
  if (result < 0) return result;
  return new DataView(info.buffer).getInt32(WSAPROTOCOL_INFO.fields.iAddressFamily[0], true);
}

/** Windows tells only by SIO_TCP_INFO, and not every version, what the peer has not acknowledged. */
export function unsentBytes(_fd: number): number {
  return -ERRNO.EOPNOTSUPP;
}
