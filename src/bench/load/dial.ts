/** Opening connections without ever sleeping in connect(2), so that a load can be stopped. */
import { isIPv6 } from 'node:net';
import { ERRNO, INET, SOCKET, TCP } from '../../sys/abi.ts';
import {
  addressScratch,
  encodeAddress,
  formatAddress,
  type RawAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../../sys/address.ts';
import { setNonBlocking } from '../../sys/descriptor.ts';
import { isEintr } from '../../sys/interrupt.ts';
import { connect, getsockname, getsockopt, openSocket, setsockopt } from '../../sys/socket.ts';
import { isUdp, type LoadTarget } from './plan.ts';

const { AF_INET, AF_INET6, AF_UNIX, SOCK_STREAM, SOCK_DGRAM } = SOCKET;
const { SOL_SOCKET, SO_ERROR } = SOCKET;
const WORD = new Int32Array(1);
const WORD_BYTES = new Uint8Array(WORD.buffer);
const SIZE = new Int32Array(1);

export class Dialer {
  readonly #address: RawAddress;
  readonly #family: number;
  readonly #type: number;
  readonly #isTcp: boolean;
  readonly #isBlocking: boolean;

  /** @param isBlocking whether a connected socket is to block */
  constructor(target: LoadTarget, isBlocking: boolean) {
    this.#address = encodeAddress(target);
    const isPath = 'path' in target;
    this.#family = isPath ? AF_UNIX : isIPv6(target.host) ? AF_INET6 : AF_INET;
    this.#type = isUdp(target) ? SOCK_DGRAM : SOCK_STREAM;
    this.#isTcp = !isPath && !isUdp(target);
    this.#isBlocking = isBlocking;
  }

  /** A new socket, or the negative error number. */
  open(): number {
    const fd = openSocket(this.#family, this.#type, 0, true);
    if (fd >= 0 && this.#isTcp) {
      WORD[0] = 1;
      setsockopt(fd, INET.IPPROTO_TCP, TCP.TCP_NODELAY, WORD_BYTES, WORD_BYTES.length);
    }
    return fd;
  }

  /**
   * Begins to connect it: 0 when it is connected, EINPROGRESS when that will be decided, EAGAIN when
   * a Unix listener has no room now, or another negative error number.
   */
  connect(fd: number): number {
    const { bytes, size } = this.#address;
    const result = connect(fd, bytes, size);
    return isEintr(result) ? -ERRNO.EINPROGRESS : result;
  }

  /** What came of a connect that was under way: 0, or the negative error number. */
  outcome(fd: number): number {
    SIZE[0] = WORD_BYTES.length;
    const result = getsockopt(fd, SOL_SOCKET, SO_ERROR, WORD_BYTES, SIZE);
    return result < 0 ? result : -(WORD[0] as number);
  }

  /** Prepares a connected socket for its engine. */
  settle(fd: number): void {
    if (this.#isBlocking) setNonBlocking(fd, false);
  }
}

/** The local end of a connection, for people; null when it has no name. */
export function localName(fd: number): string | null {
  resetScratch();
  if (getsockname(fd, addressScratch, sizeScratch) < 0) return null;
  const address = scratchAddress();
  return 'unnamed' in address ? null : formatAddress(address);
}
