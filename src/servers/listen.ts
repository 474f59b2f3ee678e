/**
 * The listening socket: made by whoever starts the workers, so that a busy port is the starter's error.
 *
 * It is made by system calls of its own: the whole of io/ would cost every server 10 MiB of modules.
 */
import { isIPv6 } from 'node:net';
import { SystemError } from '../errors.ts';
import { ERRNO, INET, SOCKET, TCP } from '../sys/abi.ts';
import {
  type Address,
  addressDetails,
  addressScratch,
  encodeAddress,
  type InternetAddress,
  type PathAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import {
  bindAddress,
  getsockname,
  listen,
  openSocket,
  prepareListener,
  setsockopt,
  sharePort,
} from '../sys/socket.ts';

import { occupant, SocketFile } from './socket-file.ts';

const { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM } = SOCKET;
const ON = new Uint8Array(Int32Array.of(1).buffer);

export interface ListenOptions {
  /** A numeric host and a port, or the file of a Unix socket. */
  readonly where: InternetAddress | PathAddress;
  readonly backlog: number;
  /** Whether accept sleeps on it. */
  readonly isBlocking: boolean;
  /** The model cannot watch a listener numbered this or above. */
  readonly descriptorsBelow: number;
  /** Others that ask for the same may listen on the port as well. @default false */
  readonly sharesPort?: boolean;
}

/** A socket that listens, and where. */
export class Listener {
  readonly address: Address;
  #fd: number;
  /** The file that a Unix socket has made. */
  #file: SocketFile | null = null;

  /** Binds and listens. Throws SystemError (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
  constructor(options: ListenOptions) {
    const { where, isBlocking } = options;
    this.#fd = openSocket(familyOf(where), SOCK_STREAM, 0, !isBlocking);
    if (this.#fd < 0) throw new SystemError(this.#fd, 'socket');
    try {
      bindTo(this.#fd, options);
      if ('path' in where) this.#file = new SocketFile(where.path);
      this.address = listenOn(this.#fd, options);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Its number, or -1 once it is closed. */
  get fd(): number {
    return this.#fd;
  }

  /** Closes it; the file of a Unix socket goes with it. */
  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) close(fd);
    this.#file?.remove();
    this.#file = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function familyOf(where: InternetAddress | PathAddress): number {
  if ('path' in where) return AF_UNIX;
  return isIPv6(where.host) ? AF_INET6 : AF_INET;
}

function bindTo(fd: number, { where, descriptorsBelow, sharesPort }: ListenOptions): void {
  if (fd >= descriptorsBelow) {
    throw new RangeError(
      `the listening socket got descriptor ${fd}, and this model watches those below ${descriptorsBelow} only; use poll or epoll`,
    );
  }
  const { bytes, size } = encodeAddress(where);
  if ('host' in where) {
    const options = [
      () => prepareListener(fd),
      () => (sharesPort === true ? sharePort(fd) : 0),
      // Every kernel hands TCP_NODELAY on to the sockets it accepts, which saves a call for each.
      () => setsockopt(fd, INET.IPPROTO_TCP, TCP.TCP_NODELAY, ON, ON.length),
    ];
    for (const set of options) {
      const result = set();
      if (result < 0) throw new SystemError(result, 'setsockopt', addressDetails(where));
    }
  }
  const result = bindAddress(fd, bytes, size);
  if (result >= 0) return;
  const isTaken = result === -ERRNO.EADDRINUSE && 'path' in where;
  const hint = isTaken ? occupant(where.path) : undefined;
  throw new SystemError(result, 'bind', { ...addressDetails(where), hint });
}

function listenOn(fd: number, { where, backlog }: ListenOptions): Address {
  const listening = listen(fd, backlog);
  if (listening < 0) throw new SystemError(listening, 'listen', addressDetails(where));
  resetScratch();
  const result = getsockname(fd, addressScratch, sizeScratch);
  if (result < 0) throw new SystemError(result, 'getsockname');
  return scratchAddress();
}

/**
 * A listening socket for each of `count` workers, all on one port: the one that was asked for, or,
 * for port 0, the one that the first of them got. Throws what `Listener` throws, and leaves none open.
 */
export function listenApart(options: ListenOptions, count: number): Listener[] {
  const first = new Listener({ ...options, sharesPort: true });
  const listeners = [first];
  try {
    const where = first.address as InternetAddress;
    while (listeners.length < count) {
      listeners.push(new Listener({ ...options, where, sharesPort: true }));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}
