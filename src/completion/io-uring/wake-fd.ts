/**
 * The descriptor that tells of completions.
 *
 * Facts: a ring's own descriptor is readable while completions are there. With DEFER_TASKRUN they
 * come about only when the thread asks for them, and work that could make some wakes nobody who
 * polls that descriptor. An eventfd that is registered with the ring is signalled for both.
 *
 * What this means for us: such a ring gets an eventfd the first time that somebody wants to be woken
 * by it. It is cleared before completions are looked for, so that none is missed.
 */
import { SystemError } from '../../errors.ts';
import { close, read } from '../../sys/descriptor.ts';
import { EVENTFD } from '../../sys/linux/abi.ts';
import { eventfd } from '../../sys/linux/eventfd.ts';
import type { Ring } from '../../sys/linux/io-uring/ring.ts';
import { IORING_REGISTER } from '../../sys/linux/io-uring-abi.ts';
import type { SlotPool } from '../queue-buffer.ts';

const counter = new Uint8Array(BigUint64Array.BYTES_PER_ELEMENT);

export class WakeFd {
  readonly #ring: Ring;
  readonly #pool: SlotPool;
  #eventFd = -1;

  constructor(ring: Ring, pool: SlotPool) {
    this.#ring = ring;
    this.#pool = pool;
  }

  /** Its number; -1 once the ring is closed. Throws SystemError (EMFILE). */
  get fd(): number {
    if (this.#ring.fd < 0 || !this.#ring.isDeferred) return this.#ring.fd;
    if (this.#eventFd < 0) this.#eventFd = this.#open();
    return this.#eventFd;
  }

  /** Whoever looks for completions now need not be woken for them. */
  clear(): void {
    if (this.#eventFd >= 0) read(this.#eventFd, counter, counter.length);
  }

  /** After the ring is closed. */
  close(): void {
    if (this.#eventFd >= 0) close(this.#eventFd);
    this.#eventFd = -1;
  }

  #open(): number {
    // Readable at first: completions that are there already signal nothing.
    const fd = eventfd(1, EVENTFD.EFD_CLOEXEC | EVENTFD.EFD_NONBLOCK);
    if (fd < 0) throw new SystemError(fd, 'eventfd');
    const slot = this.#pool.take(Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(slot.bytes.buffer, slot.bytes.byteOffset, 1)[0] = fd;
    const request = IORING_REGISTER.IORING_REGISTER_EVENTFD;
    const result = this.#ring.register(request, slot.address, 1);
    this.#pool.disown(slot);
    if (result >= 0) return fd;
    close(fd);
    throw new SystemError(result, 'io_uring_register');
  }
}
