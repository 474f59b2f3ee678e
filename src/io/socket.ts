import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL, SOCKET } from '../sys/abi.ts';
import {
  type Address,
  addressDetails,
  addressScratch,
  formatAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/address.ts';
import { pollFd } from '../sys/poll.ts';
import {
  acceptSocket,
  adoptSocket,
  bindAddress,
  getpeername,
  getsockname,
  listen,
  NO_SIGPIPE,
  openSocket,
  openSocketPair,
  recv,
  send,
  shutdown,
  socketDomain,
} from '../sys/socket.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import {
  connectInternet,
  connectUnix,
  connectVsock,
  dissolve,
  pendingError,
} from './connecting.ts';
import {
  assertWhole,
  LastDestination,
  lastSender,
  lengthFlag,
  type Received,
  recvFromCall,
  sendRefused,
  sendToCall,
} from './datagrams.ts';
import { MessageSocket } from './message-socket.ts';
import { Multicast } from './multicast.ts';
import {
  carriesMessages,
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
  readInteger,
  type SocketOption,
  type SocketOptionInput,
  type SocketOptionValue,
  setOption,
  setRawOption,
} from './socket-options.ts';
import { protocolNumber, socketRefused } from './socket-protocol.ts';
import { callNow, callUntil, type Deadline, deadlineAfter } from './waiting.ts';

const INT_MAX = 2 ** 31 - 1;
const CONNECTORS: Partial<Record<SocketFamily, typeof connectInternet>> = {
  unix: connectUnix,
  vsock: connectVsock,
};
const HINTS: Readonly<Record<string, string>> = {
  [`accept ${ERRNO.EINVAL}`]: 'it does not listen: call bind and listen first',
  [`recv ${ERRNO.ENOTCONN}`]: 'it is not connected: call connect first, or accept on a listener',
};
const DIRECTIONS = { read: SOCKET.SHUT_RD, write: SOCKET.SHUT_WR, both: SOCKET.SHUT_RDWR } as const;

/** A connection taken from a listening socket, and who is at its other end. */
export interface Accepted {
  readonly socket: Socket;
  readonly address: Address;
}

/** Options of `Socket.open`. */
export interface SocketOpenOptions {
  /**
   * The protocol's number or name: `tcp`, `udp`, `mptcp`, `icmp` and others of ipv4 and ipv6,
   * `route` and others of netlink, `all`, `ip`, `arp` and others of packet (numbers are those of
   * Ethernet: 0x0800 is IPv4), `raw`, `bcm`, `isotp`, `j1939` of can.
   * @default the family's usual one
   */
  readonly protocol?: number | string;
}

let adopt: (fd: number, family: SocketFamily, type: SocketType) => Socket;

/**
 * A socket: socket(2). It is closed on exec, and sending on it raises no SIGPIPE.
 *
 * Calls that the kernel refuses throw SystemError; `connect` and `bind` name the address in it.
 */
export class Socket extends MessageSocket {
  readonly family: SocketFamily;
  readonly type: SocketType;
  readonly #lastDestination: LastDestination;
  #destination: Address | null = null;

  static {
    adopt = (fd, family, type) => new Socket(fd, family, type, false);
  }

  private constructor(fd: number, family: SocketFamily, type: SocketType, inherited: boolean) {
    super(fd, inherited);
    this.family = family;
    this.type = type;
    this.#lastDestination = new LastDestination(family);
  }

  /**
   * Opens a socket that waits for ever. Throws SystemError: EMFILE; EAFNOSUPPORT, ESOCKTNOSUPPORT
   * and EPROTONOSUPPORT for what this kernel does not have; EPERM and EACCES with the privilege
   * that is missing. @see socket(2)
   */
  static open(
    family: SocketFamily,
    type: SocketType,
    { protocol }: SocketOpenOptions = {},
  ): Socket {
    const domain = familyNumber(family);
    const number = protocolNumber({ family, type }, protocol);
    const fd = openSocket(domain, typeNumber(type), number);
    if (fd < 0) throw socketRefused(fd, { family, type }, number);
    return adopt(fd, family, type);
  }

  /**
   * Adopts an open socket, which from now on this object closes. It is blocking or non-blocking as
   * it is found. Throws SystemError (EBADF, ENOTSOCK), TypeError when its family or type has no
   * name here.
   */
  static fromFd(fd: number): Socket {
    const checked = asFd(fd);
    const { SOL_SOCKET, SO_TYPE } = SOCKET;
    const domain = socketDomain(checked);
    if (domain < 0) throw new SystemError(domain, 'getsockopt', { hint: 'SO_DOMAIN' });
    const number = readInteger(checked, SOL_SOCKET, SO_TYPE, 'SO_TYPE');
    const { family, type } = describeSocket(checked, domain, number);
    const quiet = adoptSocket(checked);
    if (quiet < 0) throw new SystemError(quiet, 'setsockopt', { hint: 'SO_NOSIGPIPE' });
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
    if (result >= 0) return;
    const isFile = result === -ERRNO.EADDRINUSE && 'path' in address;
    const hint = isFile
      ? 'something of that name is there: remove it when nobody uses it'
      : undefined;
    throw new SystemError(result, 'bind', { ...addressDetails(address), hint });
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
    const fd = this.wait('accept', POLL.POLLIN, acceptSocket, addressScratch, sizeScratch, false);
    return { socket: adopt(fd, this.family, this.type), address: scratchAddress() };
  }

  /** Takes a connection if one is there, else null. Throws TypeError on a blocking socket. */
  tryAccept(): Accepted | null {
    this.requireNonBlocking('tryAccept');
    resetScratch();
    const fd = this.attempt('accept', acceptSocket, addressScratch, sizeScratch, false);
    if (fd === null) return null;
    return { socket: adopt(fd, this.family, this.type), address: scratchAddress() };
  }

  /**
   * Connects, waiting as the mode says. Throws SystemError (ECONNREFUSED, ENOENT, ETIMEDOUT; on a
   * non-blocking socket EINPROGRESS, or EAGAIN when a Unix listener's backlog is full). After
   * ETIMEDOUT or an interrupt the kernel may go on connecting: close the socket.
   *
   * A datagram socket is connected at once: `send` then goes to that peer and only what it sends is
   * received. @see connect(2)
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

  /**
   * Takes the peer away again: a datagram socket receives from everybody, a connected stream is
   * reset. A port that the kernel chose is given up with it (one that `bind` named stays): the next
   * `sendTo` gets another. Throws SystemError. @see connect(2), AF_UNSPEC
   */
  disconnect(): void {
    const result = dissolve(this.openFd('disconnect'));
    if (result < 0) throw new SystemError(result, 'connect');
    this.#destination = null;
  }

  /**
   * Waits for bytes: how many came, 0 at the end of the stream. Of other types than `stream` each
   * call takes one message, which may be empty: 0 too. Throws SystemError EMSGSIZE for one that is
   * larger than the buffer, whose rest is lost; `recvFrom` tells instead. @see recv(2)
   */
  recv(buffer: ArrayBufferView): number {
    const bytes = asIncoming(buffer);
    const flags = lengthFlag(this.type);
    const length = this.wait('recv', POLL.POLLIN, recv, bytes, bytes.length, flags);
    return assertWhole(length, bytes.length);
  }

  /** Takes the bytes that are there: how many, 0 at the end of the stream, null when none are. */
  tryRecv(buffer: ArrayBufferView): number | null {
    this.openFd('tryRecv');
    const bytes = asIncoming(buffer);
    const flags = SOCKET.MSG_DONTWAIT | lengthFlag(this.type);
    const length = this.attempt('recv', recv, bytes, bytes.length, flags);
    return length === null ? null : assertWhole(length, bytes.length);
  }

  /**
   * Waits for a message: how much of it came, how long it was, and who sent it. @see recvfrom(2)
   */
  recvFrom(buffer: ArrayBufferView): Received {
    const bytes = asIncoming(buffer);
    const flags = lengthFlag(this.type);
    const length = this.wait('recvfrom', POLL.POLLIN, recvFromCall, bytes, flags, undefined);
    return this.#received(length, bytes.length);
  }

  /** Takes a message if one is there, else null. */
  tryRecvFrom(buffer: ArrayBufferView): Received | null {
    this.openFd('tryRecvFrom');
    const bytes = asIncoming(buffer);
    const flags = SOCKET.MSG_DONTWAIT | lengthFlag(this.type);
    const length = this.attempt('recvfrom', recvFromCall, bytes, flags, undefined);
    return length === null ? null : this.#received(length, bytes.length);
  }

  /**
   * Waits for room and sends: how many bytes were taken, which may be fewer; of other types than
   * `stream` the message is taken whole or refused with EMSGSIZE. @see send(2)
   */
  send(buffer: ArrayBufferView): number {
    const fd = this.openFd('send');
    const bytes = asOutgoing(buffer);
    const flags = NO_SIGPIPE;
    const deadline = this.deadline();
    const sent = callUntil(deadline, POLL.POLLOUT, send, fd, bytes, bytes.length, flags);
    if (sent < 0) throw sendRefused(sent, 'send', bytes.length);
    return sent;
  }

  /**
   * Waits for room and sends one message to `address`: how many bytes were taken, all of them.
   * Throws SystemError with the address: EMSGSIZE, ECONNREFUSED and ENOENT where no Unix socket
   * is, ENETUNREACH. On a UDP socket ECONNREFUSED is about an earlier message. @see sendto(2)
   */
  sendTo(buffer: ArrayBufferView, address: Address): number {
    const fd = this.openFd('sendTo');
    const bytes = asOutgoing(buffer);
    const raw = this.#lastDestination.encode(address);
    // Room for a message is there nearly always, and what need not wait need not prepare for it.
    const flags = NO_SIGPIPE;
    let sent = callNow(sendToCall, fd, bytes, raw, flags | SOCKET.MSG_DONTWAIT);
    if (sent === -ERRNO.EAGAIN) {
      sent = callUntil(this.deadline(), POLL.POLLOUT, sendToCall, fd, bytes, raw, flags);
    }
    if (sent < 0) throw sendRefused(sent, 'sendto', bytes.length, address);
    return sent;
  }

  /** Sends one message to `address` if there is room: how many bytes, null when there was none. */
  trySendTo(buffer: ArrayBufferView, address: Address): number | null {
    const fd = this.openFd('trySendTo');
    const bytes = asOutgoing(buffer);
    const raw = this.#lastDestination.encode(address);
    const flags = NO_SIGPIPE | SOCKET.MSG_DONTWAIT;
    const sent = callNow(sendToCall, fd, bytes, raw, flags);
    if (sent === -ERRNO.EAGAIN) return null;
    if (sent < 0) throw sendRefused(sent, 'sendto', bytes.length, address);
    return sent;
  }

  /** Sends what there is room for: how many bytes were taken, null when there was no room. */
  trySend(buffer: ArrayBufferView): number | null {
    const fd = this.openFd('trySend');
    const bytes = asOutgoing(buffer);
    const flags = NO_SIGPIPE | SOCKET.MSG_DONTWAIT;
    const sent = callNow(send, fd, bytes, bytes.length, flags);
    if (sent === -ERRNO.EAGAIN) return null;
    if (sent < 0) throw sendRefused(sent, 'send', bytes.length);
    return sent;
  }

  /**
   * Sends every byte; a timeout limits the whole of it. An error tells in its message how many
   * bytes were taken before it, on a non-blocking socket EAGAIN too: there `trySend` is the better
   * choice. Of other types than `stream` it is one message, as `send` sends it.
   */
  sendAll(buffer: ArrayBufferView): void {
    if (carriesMessages(this.type)) this.send(buffer);
    else this.waitForAll('send', POLL.POLLOUT, send, asOutgoing(buffer), NO_SIGPIPE);
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

  /** The peer's address, or null when the socket has none. @see getpeername(2) */
  get remoteAddress(): Address | null {
    const fd = this.openFd('remoteAddress');
    resetScratch();
    const result = getpeername(fd, addressScratch, sizeScratch);
    if (result === -ERRNO.ENOTCONN || result === -ERRNO.EOPNOTSUPP) return null;
    if (result < 0) throw new SystemError(result, 'getpeername');
    return scratchAddress();
  }

  /** Groups of receivers: joining and leaving them, and how what is sent to them travels. */
  get multicast(): Multicast {
    this.openFd('multicast');
    return new Multicast(this);
  }

  /**
   * Sets an option, before `bind` too. Throws TypeError for an option of another kind of socket,
   * TypeError or RangeError for the value, SystemError with the option's name. @see socket(7)
   */
  setOption<Name extends SocketOption>(name: Name, value: SocketOptionInput<Name>): void {
    this.openFd('setOption');
    setOption(this, name, value);
  }

  /** An option's value, as the kernel has it: it doubles SO_SNDBUF and SO_RCVBUF, for example. */
  getOption<Name extends SocketOption>(name: Name): SocketOptionValue<Name> {
    this.openFd('getOption');
    return getOption(this, name) as SocketOptionValue<Name>;
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
    return (CONNECTORS[this.family] ?? connectInternet)(fd, raw, deadline);
  }

  #received(length: number, room: number): Received {
    const bytes = Math.min(length, room);
    return { bytes, length, truncated: length > room, address: lastSender() };
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    return super.failure(result, name, hint ?? HINTS[`${name} ${-result}`]);
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

/**
 * Two Unix sockets that are connected to each other, of any type but `raw`. @see socketpair(2)
 */
export function socketPair(type: Exclude<SocketType, 'raw'> = 'stream'): [Socket, Socket] {
  if ((type as SocketType) === 'raw') {
    throw new TypeError("the type of a pair is one of stream, datagram, seqpacket; got 'raw'");
  }
  const fds = new Int32Array(2);
  const result = openSocketPair(SOCKET.AF_UNIX, typeNumber(type), fds);
  if (result < 0) throw new SystemError(result, 'socketpair');
  return [adopt(fds[0] as number, 'unix', type), adopt(fds[1] as number, 'unix', type)];
}
