/**
 * Taking clients in, and turning them away when there is no room.
 *
 * A client that cannot be accepted for want of a descriptor stays in the kernel's queue, and the
 * listener stays ready: a loop that only tries again spins. So a spare descriptor is held: given
 * up for a moment, it lets the client be accepted and closed at once. When even that fails, the
 * listener rests for a while.
 */
import { PolyioError, SystemError } from '../errors.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { addressScratch, resetScratch, scratchAddress, sizeScratch } from '../sys/address.ts';
import { close, openSpareDescriptor, setNonBlocking } from '../sys/descriptor.ts';
import { pollFd } from '../sys/poll.ts';
import { acceptSocket, getpeername } from '../sys/socket.ts';
import type { BaseConnection } from './base-connection.ts';
import { ACCEPT_BATCH, ACCEPT_PAUSE_MS } from './limits.ts';
import type { Loop } from './loop.ts';
import type { DropReason } from './protocol.ts';
import { COUNTER } from './statistics.ts';

const { EAGAIN, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF, EINVAL, ENOTSOCK } = ERRNO;

/** Whether the error is about descriptors or memory, and so about everyone who waits. */
export function isShortage(errno: number): boolean {
  return errno === EMFILE || errno === ENFILE || errno === ENOBUFS || errno === ENOMEM;
}

export class Acceptor<Kind extends BaseConnection> {
  readonly #loop: Loop<Kind>;
  readonly #isNonBlocking: boolean;
  #spare = openSpareDescriptor();
  #nextId = 1;

  constructor(loop: Loop<Kind>) {
    this.#loop = loop;
    this.#isNonBlocking = !loop.isBlocking;
  }

  /** Accepts until nobody waits, or a batch is full: true when more may be waiting. */
  acceptBatch(): boolean {
    for (let i = 0; i < ACCEPT_BATCH; i++) {
      const fd = this.#accept();
      if (fd >= 0) this.#admit(fd);
      else if (!this.goesOn(-fd)) {
        if (i === 0 && fd === -EAGAIN && !this.#loop.isDraining)
          this.#loop.count(COUNTER.acceptsInVain, 1);
        return false;
      }
    }
    return true;
  }

  /** Takes in whoever waits at a listener that is about to go, and says goodbye to them. */
  emptyQueue(): void {
    const loop = this.#loop;
    setNonBlocking(loop.listenerFd, true);
    const batches = Math.ceil(loop.limits.backlog / ACCEPT_BATCH);
    // More than the queue holds came meanwhile: for them it is as if they had come too late.
    for (let i = 0; i <= batches && this.acceptBatch(); i++);
    // Nobody is left to sleep for them.
    if (loop.isBlocking) loop.abort();
    loop.settle();
  }

  /** Sleeps until a client is in. Null when a signal, a refusal or a shortage came instead. */
  acceptOne(): Kind | null {
    const fd = this.#accept();
    if (fd >= 0) return this.#admit(fd);
    if (!this.goesOn(-fd) && -fd !== EAGAIN) pollFd(-1, 0, ACCEPT_PAUSE_MS);
    return null;
  }

  /** Takes in a client that the kernel has accepted by itself; its address has to be asked for. */
  adopt(fd: number): void {
    resetScratch();
    getpeername(fd, addressScratch, sizeScratch);
    this.#admit(fd);
  }

  #accept(): number {
    resetScratch();
    const { listenerFd } = this.#loop;
    return acceptSocket(listenerFd, addressScratch, sizeScratch, this.#isNonBlocking);
  }

  #admit(fd: number): Kind | null {
    const loop = this.#loop;
    if (!loop.control.tryOpen(loop.limits.maxConnections)) {
      return this.#turnAway(fd, 'max-connections');
    }
    const connection = loop.connect(this.#nextId, fd, scratchAddress());
    try {
      loop.add(connection);
    } catch (error) {
      loop.control.closeOne();
      if (error instanceof PolyioError) throw error;
      return this.#turnAway(fd, error instanceof RangeError ? 'select-limit' : 'watch-refused');
    }
    this.#nextId++;
    loop.count(COUNTER.accepted, 1);
    const error = loop.callbacks.run('open', connection);
    if (error !== undefined) connection.destroy(error);
    // It came too late, and is told so.
    if (loop.isDraining) connection.end();
    return connection;
  }

  #turnAway(fd: number, reason: DropReason): null {
    close(fd);
    this.#loop.record.countDrop(reason);
    this.#loop.callbacks.drop(reason);
    return null;
  }

  /** Whether to accept again at once after this error. */
  goesOn(errno: number): boolean {
    if (errno === EAGAIN) {
      this.#loop.count(COUNTER.wouldBlock, 1);
      return false;
    }
    if (errno === EINTR) return true;
    if (isShortage(errno)) return this.#shed();
    this.#loop.count(COUNTER.acceptFailures, 1);
    if (errno === EBADF || errno === EINVAL || errno === ENOTSOCK) {
      throw new SystemError(errno, 'accept', { hint: 'the listening socket is gone' });
    }
    // What is left is about one client: it was reset before it was accepted, or a firewall refused it.
    return true;
  }

  /** Turns one client away with the help of the spare descriptor. False when the listener has to rest. */
  #shed(): boolean {
    const loop = this.#loop;
    if (this.#spare >= 0) close(this.#spare);
    const isSleepy = loop.isBlocking && pollFd(loop.listenerFd, POLL.POLLIN, 0) === 0;
    const fd = isSleepy ? -EAGAIN : this.#accept();
    if (fd >= 0) this.#turnAway(fd, 'descriptor-limit');
    this.#spare = openSpareDescriptor();
    // accept(2) takes its descriptor before it looks: without one it fails although nobody waits.
    loop.count(fd === -EAGAIN ? COUNTER.wouldBlock : COUNTER.acceptFailures, 1);
    if (fd === -EAGAIN) return false;
    if (fd >= 0 && this.#spare >= 0) return true;
    if (!loop.isBlocking) loop.pauseListening();
    return false;
  }

  close(): void {
    if (this.#spare >= 0) close(this.#spare);
    this.#spare = -1;
  }
}
