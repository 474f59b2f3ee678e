import { inspect } from 'node:util';
import { PolyioError, SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { EVENTFD } from '../sys/linux/abi.ts';
import { eventfd } from '../sys/linux/eventfd.ts';
import { ERRNO } from '../sys/posix/abi.ts';
import { close, read, write } from '../sys/posix/unistd.ts';

const COUNTER_BYTES = 8;
const one = new Uint8Array(new BigUint64Array([1n]).buffer);
const counter = new Uint8Array(COUNTER_BYTES);

/**
 * Ends a selector's wait from another thread: register it `READABLE`, send its `fd` to the other
 * thread, and `wake` there through `Waker.fromFd(fd)`. It is an eventfd(2): wakes add up until
 * `clear`, and one that comes before the wait is not lost.
 */
export class Waker {
  #fd: number;
  readonly #isOwner: boolean;

  /**
   * Opens one. Throws SystemError (EMFILE).
   *
   * @param shared the number of one that another thread owns, as `fromFd` passes it
   */
  constructor(shared?: number) {
    this.#isOwner = shared === undefined;
    this.#fd =
      shared === undefined ? eventfd(0, EVENTFD.EFD_CLOEXEC | EVENTFD.EFD_NONBLOCK) : asFd(shared);
    if (this.#fd < 0) throw new SystemError(this.#fd, 'eventfd');
  }

  /** The same as `new Waker()`. */
  static open(): Waker {
    return new Waker();
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
    // The counter is full: it is readable already.
    if (result < 0 && result !== -ERRNO.EAGAIN) throw new SystemError(result, 'write');
  }

  /** Makes the descriptor unreadable again; whether it had been woken. */
  clear(): boolean {
    const result = read(this.#assertOpen(), counter, COUNTER_BYTES);
    if (result < 0 && result !== -ERRNO.EAGAIN) throw new SystemError(result, 'read');
    return result > 0;
  }

  /** Closes the descriptor, unless another thread owns it. Can be repeated. */
  close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0 && this.#isOwner) close(fd);
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
