/**
 * The listening socket: made by whoever starts the workers, so that a busy port is the starter's error.
 *
 * It is made by system calls of its own: the whole of io/ would cost every server 10 MiB of modules.
 */
import { isIPv6 } from 'node:net';
import { SystemError } from '../errors.ts';
import { INET, SOCKET, TCP } from '../sys/abi.ts';
import {
  type Address,
  addressDetails,
  addressScratch,
  encodeAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { bindAddress, getsockname, listen, openSocket, setsockopt } from '../sys/socket.ts';

const { AF_INET, AF_INET6, SOCK_STREAM } = SOCKET;
const { SOL_SOCKET, SO_REUSEADDR } = SOCKET;
const ON = new Uint8Array(Int32Array.of(1).buffer);

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  /** Whether accept sleeps on it. */
  readonly isBlocking: boolean;
  /** The model cannot watch a listener numbered this or above. */
  readonly descriptorsBelow: number;
}

/** A socket that listens, and where. */
export class Listener {
  readonly address: Address;
  #fd: number;

  /** Binds and listens on a numeric host. Throws SystemError (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
  constructor(options: ListenOptions) {
    const { host, isBlocking } = options;
    this.#fd = openSocket(isIPv6(host) ? AF_INET6 : AF_INET, SOCK_STREAM, 0, !isBlocking);
    if (this.#fd < 0) throw new SystemError(this.#fd, 'socket');
    try {
      this.address = open(this.#fd, options);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Its number, or -1 once it is closed. */
  get fd(): number {
    return this.#fd;
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function open(fd: number, { host, port, backlog, descriptorsBelow }: ListenOptions): Address {
  if (fd >= descriptorsBelow) {
    throw new RangeError(
      `the listening socket got descriptor ${fd}, and this model watches those below ${descriptorsBelow} only; use poll or epoll`,
    );
  }
  const address: Address = { host, port };
  const { bytes, size } = encodeAddress(address);
  const steps: readonly [call: string, make: () => number][] = [
    ['setsockopt', () => setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, ON.length)],
    // Every kernel hands this option on to the sockets it accepts, which saves a call for each.
    ['setsockopt', () => setsockopt(fd, INET.IPPROTO_TCP, TCP.TCP_NODELAY, ON, ON.length)],
    ['bind', () => bindAddress(fd, bytes, size)],
    ['listen', () => listen(fd, backlog)],
  ];
  for (const [call, make] of steps) {
    const result = make();
    if (result < 0) throw new SystemError(result, call, addressDetails(address));
  }
  resetScratch();
  const result = getsockname(fd, addressScratch, sizeScratch);
  if (result < 0) throw new SystemError(result, 'getsockname');
  return scratchAddress();
}
