/**
 * The connections of a load that never send: opened before the others, in steps.
 *
 * Whoever connects faster than a server accepts fills its queue, and then waits a second for each of
 * the kernel's repetitions. So after every so many a byte goes there and back on one connection
 * more: its answer says that those before it have been accepted. A server that serves few at once
 * does not answer; then they are opened without it.
 */
import { ERRNO, POLL, SOCKET } from '../../sys/abi.ts';
import { close } from '../../sys/descriptor.ts';
import { pollFd } from '../../sys/poll.ts';
import { recv, send } from '../../sys/socket.ts';
import { Dialer } from './dial.ts';
import type { Faults } from './faults.ts';
import type { LoadPlan } from './plan.ts';

const STEP = 128;
const SLICE_MS = 20;
const ANSWER_MS = 2_000;

export class IdleConnections {
  readonly #dialer: Dialer;
  readonly #fds: number[] = [];
  readonly #wanted: number;
  readonly #faults: Faults;
  readonly #isStopped: () => boolean;
  #isAnswering = true;
  #isOver = false;

  constructor({ target, idle }: LoadPlan, faults: Faults, isStopped: () => boolean) {
    this.#dialer = new Dialer(target, false);
    this.#wanted = idle;
    this.#faults = faults;
    this.#isStopped = isStopped;
  }

  get open(): number {
    return this.#fds.length;
  }

  /** Whether more are to be opened. */
  get isOpening(): boolean {
    return !this.#isOver && this.#fds.length < this.#wanted;
  }

  /** Opens some more. */
  openSome(): void {
    for (let i = 0; i < STEP && this.isOpening; i++) this.#openOne();
    if (this.#isAnswering && !this.#isOver) this.#isAnswering = this.#askServer();
  }

  #openOne(): void {
    const fd = this.#connect();
    if (fd >= 0) this.#fds.push(fd);
    else {
      this.#isOver = true;
      if (!this.#isStopped()) {
        const connection = this.#fds.length + 1;
        this.#faults.add('connect', { connection, call: 'connect', errno: -fd, isIdle: true });
      }
    }
  }

  /** A connection, or the negative error number. */
  #connect(): number {
    const fd = this.#dialer.open();
    if (fd < 0) return fd;
    const { EAGAIN, EINPROGRESS, ETIMEDOUT } = ERRNO;
    const deadline = performance.now() + ANSWER_MS;
    let result = this.#dialer.connect(fd);
    while (result === -EAGAIN || result === -EINPROGRESS) {
      const isUnderWay = result === -EINPROGRESS;
      const ready = pollFd(isUnderWay ? fd : -1, POLL.POLLOUT, SLICE_MS);
      if (ready > 0) result = this.#dialer.outcome(fd);
      else if (performance.now() > deadline || this.#isStopped()) result = -ETIMEDOUT;
      else if (!isUnderWay) result = this.#dialer.connect(fd);
    }
    if (result === 0) return fd;
    close(fd);
    return result;
  }

  #askServer(): boolean {
    const fd = this.#connect();
    if (fd < 0) return false;
    const byte = new Uint8Array(1);
    let isAnswered = false;
    if (send(fd, byte, 1, SOCKET.MSG_NOSIGNAL | SOCKET.MSG_DONTWAIT) === 1) {
      const deadline = performance.now() + ANSWER_MS;
      while (!isAnswered && performance.now() < deadline && !this.#isStopped()) {
        if (pollFd(fd, POLL.POLLIN, SLICE_MS) <= 0) continue;
        isAnswered = recv(fd, byte, 1, SOCKET.MSG_DONTWAIT) === 1;
        if (!isAnswered) break;
      }
    }
    close(fd);
    return isAnswered;
  }

  /** How many of them the server has closed. */
  closedByServer(): number {
    return this.#fds.filter((fd) => pollFd(fd, POLL.POLLIN, 0) > 0).length;
  }

  close(): void {
    for (const fd of this.#fds) close(fd);
    this.#fds.length = 0;
  }
}
