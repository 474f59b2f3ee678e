import { inspect } from 'node:util';
import { PolyioError, SystemError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import { asFd } from '../platform/fd.ts';
import { ERRNO, SOCKADDR_UN, SOCKET } from '../sys/abi.ts';
import { close, read, write } from '../sys/descriptor.ts';
import { EVENTFD } from '../sys/linux/abi.ts';
import { eventfd } from '../sys/linux/eventfd.ts';
import { bindAddress, connect, getsockname, openSocket } from '../sys/socket.ts';

const COUNTER_BYTES = 8;
const one = new Uint8Array(new BigUint64Array([1n]).buffer);
const counter = new Uint8Array(COUNTER_BYTES);

/** Options of `new Waker` and `Waker.open`. */
export interface WakerOptions {
  /**
   * Opens a descriptor that sends signals when it is woken, for a signal-driven selector: an
   * eventfd(2) sends none and would be `emulated` there. @default false
   */
  readonly signals?: boolean | undefined;
}

function openEventFd(): number {
  const fd = eventfd(0, EVENTFD.EFD_CLOEXEC | EVENTFD.EFD_NONBLOCK);
  if (fd < 0) throw new SystemError(fd, 'eventfd');
  return fd;
}

/** A Unix datagram socket that is connected to itself, under a name that the kernel chose. */
function openLoop(): number {
  const { AF_UNIX, SOCK_DGRAM } = SOCKET;
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0, true);
  if (fd < 0) throw new SystemError(fd, 'socket');
  const name = new Uint8Array(SOCKADDR_UN.size);
  name[SOCKADDR_UN.fields.sun_family[0]] = AF_UNIX;
  const size = Int32Array.of(name.length);
  const steps: readonly [call: string, make: () => number][] = [
    ['bind', () => bindAddress(fd, name, SOCKADDR_UN.fields.sun_family[1])],
    ['getsockname', () => getsockname(fd, name, size)],
    ['connect', () => connect(fd, name, size[0] as number)],
  ];
  for (const [call, make] of steps) {
    const result = make();
    if (result >= 0) continue;
    close(fd);
    throw new SystemError(result, call);
  }
  return fd;
}

/**
 * Ends a selector's wait from another thread: register it `READABLE`, send its `fd` to the other
 * thread, and `wake` there through `Waker.fromFd(fd)`. It is an eventfd(2), or a socket that
 * sends signals: wakes add up until `clear`, and one that comes before the wait is not lost.
 */
export class Waker {
  #fd: number;
  readonly #isOwner: boolean;

  /**
   * Opens one. Throws SystemError (EMFILE).
   *
   * @param shared the number of one that another thread owns, as `fromFd` passes it
   */
  constructor(shared?: number, { signals = false }: WakerOptions = {}) {
    this.#isOwner = shared === undefined;
    if (shared !== undefined) this.#fd = asFd(shared);
    else this.#fd = signals ? openLoop() : openEventFd();
  }

  /** Opens one. Throws SystemError (EMFILE). */
  static open(options: WakerOptions = {}): Waker {
    return new Waker(undefined, options);
  }

  /**
   * A waker that another thread of this process owns, by its number: `close` here leaves it open.
   * The owner must outlive it, or `wake` writes to whatever has that number then.
   */
  static fromFd(fd: number): Waker {
    return new Waker(asFd(fd));
  }

  /** Its descriptor, readable from `wake` until `clear`; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /** Makes the descriptor readable. Any thread may call it, any number of times. */
  wake(): void {
    const result = write(this.#assertOpen(), one, COUNTER_BYTES);
    // The counter or the queue is full: it is readable already.
    if (result < 0 && result !== -ERRNO.EAGAIN) throw new SystemError(result, 'write');
  }

  /** Makes the descriptor unreadable again; whether it had been woken. */
  clear(): boolean {
    const fd = this.#assertOpen();
    for (let wasWoken = false; ; wasWoken = true) {
      const result = read(fd, counter, COUNTER_BYTES);
      if (result === -ERRNO.EAGAIN) return wasWoken;
      if (result < 0 && result !== -ERRNO.EINTR) throw new SystemError(result, 'read');
    }
  }

  /** Closes the descriptor, unless another thread owns it. Can be repeated. */
  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    announceClosing(this);
    this.#fd = -1;
    if (this.#isOwner) close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `Waker{${this.#fd < 0 ? 'closed' : `fd ${this.#fd}`}}`;
  }

  #assertOpen(): number {
    if (this.#fd < 0) throw new PolyioError('ERR_POLYIO_CLOSED', 'the waker is closed');
    return this.#fd;
  }
}
