import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL, SOCKET } from '../sys/posix/abi.ts';
import {
  type Address,
  addressDetails,
  addressScratch,
  formatAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/posix/address.ts';
import { pollFd } from '../sys/posix/poll.ts';
import {
  accept4,
  bindAddress,
  getpeername,
  getsockname,
  listen,
  recv,
  send,
  shutdown,
  socket,
  socketpair,
} from '../sys/posix/socket.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import { connectInternet, connectUnix, pendingError } from './connecting.ts';
import { Descriptor } from './descriptor.ts';
import {
  describeSocket,
  encodeFor,
  familyNumber,
  type SocketFamily,
  type SocketType,
  typeNumber,
} from './socket-family.ts';
import {
  getOption,
  getRawOption,
  type SocketOption,
  type SocketOptionValue,
  setOption,
  setRawOption,
} from './socket-options.ts';
import { type Deadline, deadlineAfter } from './waiting.ts';

const INT_MAX = 2 ** 31 - 1;
const DIRECTIONS = { read: SOCKET.SHUT_RD, write: SOCKET.SHUT_WR, both: SOCKET.SHUT_RDWR } as const;

/** A connection taken from a listening socket, and who is at its other end. */
export interface Accepted {
  readonly socket: Socket;
  readonly address: Address;
}

/** Options of `Socket.open`. */
export interface SocketOpenOptions {
  /** The protocol's number (IPPROTO_MPTCP is 262). @default 0, the family's usual one */
  readonly protocol?: number;
}

let adopt: (fd: number, family: SocketFamily, type: SocketType) => Socket;

/**
 * A socket: socket(2). It is closed on exec, and sending on it raises no SIGPIPE.
 *
 * Calls that the kernel refuses throw SystemError; `connect` and `bind` name the address in it.
 */
export class Socket extends Descriptor {
  readonly family: SocketFamily;
  readonly type: SocketType;
  #destination: Address | null = null;

  static {
    adopt = (fd, family, type) => new Socket(fd, family, type, false);
  }

  private constructor(fd: number, family: SocketFamily, type: SocketType, inherited: boolean) {
    super(fd, inherited);
    this.family = family;
    this.type = type;
  }

  /** Opens a socket that waits for ever. Throws SystemError (EMFILE, EAFNOSUPPORT, EACCES). */
  static open(
    family: SocketFamily,
    type: SocketType,
    { protocol = 0 }: SocketOpenOptions = {},
  ): Socket {
    const domain = familyNumber(family);
    const flags = typeNumber(type) | SOCKET.SOCK_CLOEXEC;
    const fd = socket(domain, flags, asInteger(protocol, 'protocol', 0, INT_MAX));
    if (fd < 0) throw new SystemError(fd, 'socket');
    return adopt(fd, family, type);
  }

  /**
   * Adopts an open socket, which from now on this object closes. It is blocking or non-blocking as
   * it is found. Throws SystemError (EBADF, ENOTSOCK), TypeError when its family or type has no
   * name here.
   */
  static fromFd(fd: number): Socket {
    const checked = asFd(fd);
    const domain = getOption(checked, 'SO_DOMAIN') as number;
    const { family, type } = describeSocket(
      checked,
      domain,
      getOption(checked, 'SO_TYPE') as number,
    );
    return new Socket(checked, family, type, true);
  }

  /** Lets `bind` take a port whose old connections still linger (SO_REUSEADDR). */
  setReuseAddress(on: boolean): void {
    this.setOption('SO_REUSEADDR', on);
  }

  /**
   * Gives the socket a name. Throws SystemError (EADDRINUSE, EACCES, EADDRNOTAVAIL). @see bind(2)
   */
  bind(address: Address): void {
    const fd = this.openFd('bind');
    const { bytes, size } = encodeFor(this.family, address);
    const result = bindAddress(fd, bytes, size);
    if (result < 0) throw new SystemError(result, 'bind', addressDetails(address));
  }

  /**
   * Lets others connect. `backlog` (0 to 2^31-1, cut to net.core.somaxconn) is how many connections
   * wait to be accepted. Throws SystemError (EADDRINUSE). @see listen(2)
   */
  listen(backlog = 511): void {
    const fd = this.openFd('listen');
    const result = listen(fd, asInteger(backlog, 'backlog', 0, INT_MAX));
    if (result < 0) throw new SystemError(result, 'listen', addressDetails(this.localAddress));
  }

  /**
   * Waits for a connection and takes it. The new socket waits for ever, whatever this one does.
   * Throws SystemError: EMFILE and ENFILE leave the connection in the backlog; ECONNABORTED and
   * other errors of the network concern only a connection that is gone. @see accept(2)
   */
  accept(): Accepted {
    resetScratch();
    const flags = SOCKET.SOCK_CLOEXEC;
    const fd = this.wait('accept', POLL.POLLIN, accept4, addressScratch, sizeScratch, flags);
    return { socket: adopt(fd, this.family, this.type), address: scratchAddress() };
  }

  /** Takes a connection if one is there, else null. Throws TypeError on a blocking socket. */
  tryAccept(): Accepted | null {
    this.requireNonBlocking('tryAccept');
    resetScratch();
    const flags = SOCKET.SOCK_CLOEXEC;
    const fd = this.attempt('accept', accept4, addressScratch, sizeScratch, flags);
    if (fd === null) return null;
    return { socket: adopt(fd, this.family, this.type), address: scratchAddress() };
  }

  /**
   * Connects, waiting as the mode says. Throws SystemError (ECONNREFUSED, ENOENT, ETIMEDOUT; on a
   * non-blocking socket EINPROGRESS, or EAGAIN when a Unix listener's backlog is full). After
   * ETIMEDOUT or an interrupt the kernel may go on connecting: close the socket. @see connect(2)
   */
  connect(address: Address): void {
    const fd = this.openFd('connect');
    const result = this.#connect(fd, address, this.deadline());
    if (result < 0) throw new SystemError(result, 'connect', addressDetails(address));
  }

  /**
   * Begins to connect: true when that is already done, false while it is under way (wait until the
   * socket is writable, then `finishConnect`). Throws TypeError on a blocking socket; SystemError
   * as `connect`, EAGAIN when a Unix listener's backlog is full and nothing is under way.
   */
  startConnect(address: Address): boolean {
    this.requireNonBlocking('startConnect');
    const result = this.#connect(this.fd, address, deadlineAfter(0));
    if (result >= 0) return true;
    if (result === -ERRNO.EINPROGRESS) return false;
    throw new SystemError(result, 'connect', addressDetails(address));
  }

  /**
   * Asks how a connect that was started ended: true once connected, false while it is under way.
   * Never waits. Throws SystemError as `connect`, ENOTCONN when none was started or it had failed.
   */
  finishConnect(): boolean {
    const fd = this.openFd('finishConnect');
    const details = this.#destination === null ? {} : addressDetails(this.#destination);
    const ready = pollFd(fd, POLL.POLLOUT, 0);
    if (ready === 0) return false;
    const result = ready < 0 ? ready : pendingError(fd);
    if (result < 0) throw new SystemError(result, 'connect', details);
    if (this.remoteAddress === null) throw new SystemError(ERRNO.ENOTCONN, 'connect', details);
    return true;
  }

  /** Waits for bytes: how many came, 0 at the end of the stream. @see recv(2) */
  recv(buffer: ArrayBufferView): number {
    const bytes = asIncoming(buffer);
    return this.wait('recv', POLL.POLLIN, recv, bytes, bytes.length, 0);
  }

  /** Takes the bytes that are there: how many, 0 at the end of the stream, null when none are. */
  tryRecv(buffer: ArrayBufferView): number | null {
    this.openFd('tryRecv');
    const bytes = asIncoming(buffer);
    return this.attempt('recv', recv, bytes, bytes.length, SOCKET.MSG_DONTWAIT);
  }

  /** Waits for room and sends: how many bytes were taken, which may be fewer. @see send(2) */
  send(buffer: ArrayBufferView): number {
    const bytes = asOutgoing(buffer);
    return this.wait('send', POLL.POLLOUT, send, bytes, bytes.length, SOCKET.MSG_NOSIGNAL);
  }

  /** Sends what there is room for: how many bytes were taken, null when there was no room. */
  trySend(buffer: ArrayBufferView): number | null {
    this.openFd('trySend');
    const bytes = asOutgoing(buffer);
    const flags = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_DONTWAIT;
    return this.attempt('send', send, bytes, bytes.length, flags);
  }

  /**
   * Sends every byte; a timeout limits the whole of it. An error tells in its message how many
   * bytes were taken before it, on a non-blocking socket EAGAIN too: there `trySend` is the better
   * choice.
   */
  sendAll(buffer: ArrayBufferView): void {
    this.waitForAll('send', POLL.POLLOUT, send, asOutgoing(buffer), SOCKET.MSG_NOSIGNAL);
  }

  /**
   * Ends one direction or both: after 'write' the peer reads the end of the stream, after 'read' we
   * do. Everybody who shares the socket is concerned. Throws SystemError (ENOTCONN). @see
   * shutdown(2)
   */
  shutdown(direction: keyof typeof DIRECTIONS): void {
    const fd = this.openFd('shutdown');
    if (!Object.hasOwn(DIRECTIONS, direction)) {
      throw new TypeError(`direction must be read, write or both, got ${inspect(direction)}`);
    }
    const result = shutdown(fd, DIRECTIONS[direction]);
    if (result < 0) throw new SystemError(result, 'shutdown');
  }

  /** The socket's own address. @see getsockname(2) */
  get localAddress(): Address {
    const fd = this.openFd('localAddress');
    resetScratch();
    const result = getsockname(fd, addressScratch, sizeScratch);
    if (result < 0) throw new SystemError(result, 'getsockname');
    return scratchAddress();
  }

  /** The peer's address, or null when the socket is not connected. @see getpeername(2) */
  get remoteAddress(): Address | null {
    const fd = this.openFd('remoteAddress');
    resetScratch();
    const result = getpeername(fd, addressScratch, sizeScratch);
    if (result === -ERRNO.ENOTCONN) return null;
    if (result < 0) throw new SystemError(result, 'getpeername');
    return scratchAddress();
  }

  /**
   * Sets an option, before `bind` too. Throws TypeError, RangeError, SystemError. @see socket(7)
   */
  setOption<Name extends SocketOption>(name: Name, value: SocketOptionValue<Name>): void {
    setOption(this.openFd('setOption'), name, value);
  }

  /** An option's value, as the kernel has it: it doubles SO_SNDBUF and SO_RCVBUF, for example. */
  getOption<Name extends SocketOption>(name: Name): SocketOptionValue<Name> {
    return getOption(this.openFd('getOption'), name) as SocketOptionValue<Name>;
  }

  /** Sets an option by level and number; the bytes are its C value. @see setsockopt(2) */
  setRawOption(level: number, option: number, bytes: Uint8Array): void {
    setRawOption(this.openFd('setRawOption'), level, option, bytes);
  }

  /** The C value of an option, at most `size` bytes (0 to 65536) of it. @see getsockopt(2) */
  getRawOption(level: number, option: number, size: number): Uint8Array {
    return getRawOption(this.openFd('getRawOption'), level, option, size);
  }

  #connect(fd: number, address: Address, deadline: Deadline): number {
    const raw = encodeFor(this.family, address);
    this.#destination = address;
    return (this.family === 'unix' ? connectUnix : connectInternet)(fd, raw, deadline);
  }

  protected override describe(): string {
    const kind = `${this.family} ${this.type}`;
    try {
      const local = formatAddress(this.localAddress);
      if (this.getOption('SO_ACCEPTCONN')) return `${kind} ${local} listening`;
      const remote = this.remoteAddress;
      return `${kind} ${local}${remote === null ? '' : ` <- ${formatAddress(remote)}`}`;
    } catch {
      // Closed behind our back: what can be shown is shown.
      return kind;
    }
  }
}

/** Two Unix sockets that are connected to each other. @see socketpair(2) */
export function socketPair(type: SocketType = 'stream'): [Socket, Socket] {
  const fds = new Int32Array(2);
  const result = socketpair(SOCKET.AF_UNIX, typeNumber(type) | SOCKET.SOCK_CLOEXEC, 0, fds);
  if (result < 0) throw new SystemError(result, 'socketpair');
  return [adopt(fds[0] as number, 'unix', type), adopt(fds[1] as number, 'unix', type)];
}
