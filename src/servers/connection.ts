/**
 * One client of a loop that waits for readiness or sleeps in its calls: phase 2, receiving and
 * sending by synchronous calls, and the queue of what the kernel had no room for.
 */
import { READABLE, WRITABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { NO_SIGPIPE, recvAt, send, sendAt } from '../sys/socket.ts';
import { BaseConnection, PHASE, toBytes } from './base-connection.ts';
import { RECEIVE_BYTES } from './limits.ts';
import type { Data } from './protocol.ts';
import { SendQueue } from './send-queue.ts';
import { COUNTER } from './statistics.ts';

const { bytesIn, bytesOut, messages, wouldBlock } = COUNTER;
const { EAGAIN, EINTR } = ERRNO;

export class ServerConnection extends BaseConnection {
  /** Edge-triggered loops: the kernel said readable and has not yet said would-block. */
  unread = false;
  /** Edge-triggered loops: it is already on the list of those that may receive. */
  hasTurn = false;
  #queue: SendQueue | null = null;
  /** What a blocking send still holds. */
  #unsent = 0;

  get bytesQueued(): number {
    return (this.#queue === null ? 0 : this.#queue.length) + this.#unsent;
  }

  /** What the loop has to wait for on this connection now. */
  get interest(): number {
    if (this.phase === PHASE.lingering) return READABLE;
    if (this.phase === PHASE.doomed) return 0;
    const writable = this.#queue === null ? 0 : WRITABLE;
    return this.wantsRead ? writable | READABLE : writable;
  }

  /**
   * Phase 2 of receiving: one recv(2), then the protocol. False when there was nothing (more) to
   * receive. In a blocking loop it sleeps through phase 1 first.
   */
  receive(): boolean {
    const { loop } = this;
    if (!this.wantsRead) return false;
    const length = recvAt(this.fd, loop.lease.address, RECEIVE_BYTES, 0);
    if (length > 0 && this.phase === PHASE.open) {
      const { counters, lease } = loop;
      counters[bytesIn] = (counters[bytesIn] as number) + length;
      counters[messages] = (counters[messages] as number) + 1;
      if (this.awaitsFirstByte) this.firstByte();
      if (loop.tracksTime) this.lastActive = loop.now;
      lease.length = length;
      const error = loop.callbacks.data(this, lease);
      lease.end();
      if (error !== undefined) this.destroy(error);
      this.rewatch();
      return true;
    }
    if (length > 0) return this.discard(length);
    if (length < 0) return this.#notReceived(length);
    this.peerEnd();
    return false;
  }

  #notReceived(result: number): boolean {
    const { loop } = this;
    if (result === -EINTR) {
      if (loop.isBlocking) loop.isRunning();
      return true;
    }
    if (result !== -EAGAIN) {
      if (this.phase === PHASE.lingering) this.doom();
      else this.fail(result, 'recv');
      return false;
    }
    if (loop.isBlocking) this.expire();
    else loop.counters[wouldBlock] = (loop.counters[wouldBlock] as number) + 1;
    return false;
  }

  write(data: Data): boolean {
    const { loop } = this;
    const { lease, counters } = loop;
    if (data !== lease || this.#queue !== null) return this.#writeBytes(data);
    if (this.phase !== PHASE.open) return false;
    const { length } = lease;
    const sent = sendAt(this.fd, lease.address, length, NO_SIGPIPE);
    if (sent !== length) return this.#take(lease.bytes, sent);
    counters[bytesOut] = (counters[bytesOut] as number) + length;
    if (loop.tracksTime) this.lastActive = loop.now;
    return true;
  }

  #writeBytes(data: Data): boolean {
    if (this.phase !== PHASE.open) return false;
    const bytes = toBytes(data);
    if (bytes.length === 0) return this.bytesQueued < this.loop.limits.highWatermark;
    if (this.#queue !== null) return this.#enqueue(bytes);
    return this.#take(bytes, send(this.fd, bytes, bytes.length, NO_SIGPIPE));
  }

  /** Goes on from the first answer of send(2): queues what the kernel did not take, or sleeps until it does. */
  #take(bytes: Uint8Array, answer: number): boolean {
    const sent = this.#countSent(answer);
    if (sent < 0) return false;
    if (sent === bytes.length) return true;
    if (!this.loop.isBlocking) return this.#enqueue(bytes.subarray(sent));
    // What a callback writes while this sleeps (timeout does) has to wait its turn.
    const meanwhile = new SendQueue();
    this.#queue = meanwhile;
    this.#sleepUntilSent(bytes, sent, answer);
    while (meanwhile.length > 0 && !this.isOver) {
      const next = meanwhile.bytes;
      meanwhile.clear();
      this.#sleepUntilSent(next, 0, 0);
    }
    if (this.isOver) return false;
    this.#queue = null;
    this.drained();
    if (this.phase === PHASE.ending) this.goodbye();
    return this.phase === PHASE.open;
  }

  /** Bytes sent, 0 for would-block, -1 when the connection failed. */
  #countSent(answer: number): number {
    const { counters, tracksTime, now } = this.loop;
    if (answer >= 0) {
      counters[bytesOut] = (counters[bytesOut] as number) + answer;
      if (tracksTime) this.lastActive = now;
      return answer;
    }
    if (answer === -EAGAIN || answer === -EINTR) {
      counters[wouldBlock] = (counters[wouldBlock] as number) + 1;
      return 0;
    }
    this.fail(answer, 'send');
    return -1;
  }

  /** Goes on after `first` bytes and the answer of send(2) that went with them. */
  #sleepUntilSent(bytes: Uint8Array, first: number, answer: number): void {
    let sent = first;
    let last = answer;
    while (sent < bytes.length) {
      this.#unsent = bytes.length - sent;
      if (last === -EINTR) this.loop.isRunning();
      else if (last === -EAGAIN) this.expire();
      if (this.isOver) return;
      const rest = bytes.subarray(sent);
      last = send(this.fd, rest, rest.length, NO_SIGPIPE);
      sent += Math.max(this.#countSent(last), 0);
    }
    this.#unsent = 0;
  }

  #enqueue(bytes: Uint8Array): boolean {
    this.#queue ??= new SendQueue();
    if (!this.isWithinLimit(this.#queue.length + bytes.length)) return false;
    this.#queue.push(bytes);
    if (this.#queue.length >= this.loop.limits.highWatermark) {
      this.paused = true;
      this.needsDrain = true;
    }
    this.rewatch();
    return !this.needsDrain;
  }

  /** Sends what is queued, as far as the kernel takes it. */
  flush(): void {
    const queue = this.#queue;
    if (queue === null || this.isOver) return;
    const { bytes } = queue;
    const sent = this.#countSent(send(this.fd, bytes, bytes.length, NO_SIGPIPE));
    if (sent <= 0) return;
    queue.shift(sent);
    if (queue.length === 0) this.#queue = null;
    if (queue.length <= this.loop.limits.highWatermark / 2) this.drained();
    if (this.#queue === null && this.phase === PHASE.ending) this.goodbye();
    this.rewatch();
  }

  protected override rewatch(): void {
    const wanted = this.interest;
    if (wanted === this.watched || this.phase === PHASE.doomed) return;
    this.loop.rewatch(this, wanted);
  }

  protected override retire(): void {
    this.loop.doom(this);
  }
}
