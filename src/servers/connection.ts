/**
 * One client of a loop that owns its descriptors: receiving, sending, queueing, half-close and the
 * goodbye, the same under every model but `node-net`.
 *
 * A connection never closes inside a callback: it is doomed there and closed when its loop settles,
 * so that no descriptor number is reused while events of the same batch still name it.
 */
import { inspect } from 'node:util';
import { SystemError, type SystemErrorDetails } from '../errors.ts';
import type { Address } from '../io.ts';
import { READABLE, WRITABLE } from '../readiness.ts';
import { SOCKIOS } from '../sys/linux/abi.ts';
import { ioctl } from '../sys/linux/ioctl.ts';
import { ERRNO, SOCKET } from '../sys/posix/abi.ts';
import {
  addressDetails,
  addressScratch,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/posix/address.ts';
import { getsockname, recv, recvAt, send, sendAt, shutdown } from '../sys/posix/socket.ts';
import { LINGER_BYTES, LINGER_MS, RECEIVE_BYTES } from './limits.ts';
import type { Loop } from './loop.ts';
import type { Chunk, Connection, Data } from './protocol.ts';
import { SendQueue } from './send-queue.ts';
import { COUNTER } from './statistics.ts';

const OPEN = 0;
/** Goodbye is asked for, bytes are still queued. */
const ENDING = 1;
/** Our FIN is sent; what the peer still sends is read and thrown away, so that closing sends no reset. */
const LINGERING = 2;
/** Over; closed when the loop settles. */
const DOOMED = 3;

const { bytesIn, bytesOut, messages, wouldBlock, connectionErrors, timeouts } = COUNTER;
const { EAGAIN, EINTR } = ERRNO;
const { MSG_NOSIGNAL, MSG_DONTWAIT, SHUT_WR } = SOCKET;

/** How much earlier than asked the kernel's timers may go off. */
const CLOCK_TICK_MS = 10;

const unsent = new Int32Array(1);
const thrownAway = new Uint8Array(RECEIVE_BYTES);

export class ServerConnection implements Connection {
  readonly id: number;
  readonly fd: number;
  readonly remoteAddress: Address;
  state: unknown = undefined;
  /** Where the loop keeps it in its list. */
  index = -1;
  /** The interest that the loop's watcher holds now. */
  watched = READABLE;
  /** Edge-triggered loops: the kernel said readable and has not yet said would-block. */
  unread = false;
  /** Edge-triggered loops: it is already on the list of those that may receive. */
  hasTurn = false;
  readonly #loop: Loop;
  #phase = OPEN;
  #queue: SendQueue | null = null;
  /** What a blocking send still holds. */
  #unsent = 0;
  #paused = false;
  #needsDrain = false;
  #peerEnded = false;
  #error: Error | undefined;
  #idleMs: number;
  #awaitsFirstByte: boolean;
  #firstByteDue: number;
  #lastActive: number;
  #lingered = 0;

  constructor(loop: Loop, id: number, fd: number, remoteAddress: Address) {
    this.#loop = loop;
    this.id = id;
    this.fd = fd;
    this.remoteAddress = remoteAddress;
    const { idleTimeoutMs, firstByteTimeoutMs } = loop.limits;
    const isTimed = idleTimeoutMs > 0 || firstByteTimeoutMs > 0;
    // The loop's clock stands still while nobody has a deadline.
    if (isTimed) loop.now = performance.now();
    this.#lastActive = loop.now;
    this.#idleMs = idleTimeoutMs;
    this.#awaitsFirstByte = firstByteTimeoutMs > 0;
    this.#firstByteDue = loop.now + firstByteTimeoutMs;
    if (isTimed) loop.trackTime(this);
  }

  get localAddress(): Address {
    // Its number may be somebody else's by now.
    if (this.isOver) return { unnamed: true };
    resetScratch();
    const result = getsockname(this.fd, addressScratch, sizeScratch);
    return result < 0 ? { unnamed: true } : scratchAddress();
  }

  get bytesQueued(): number {
    return (this.#queue === null ? 0 : this.#queue.length) + this.#unsent;
  }

  get closed(): boolean {
    return this.#phase !== OPEN;
  }

  /** True once nothing more will happen on it. */
  get isOver(): boolean {
    return this.#phase === DOOMED;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** What the loop has to wait for on this connection now. */
  get interest(): number {
    if (this.#phase === LINGERING) return READABLE;
    if (this.#phase === DOOMED) return 0;
    const writable = this.#queue === null ? 0 : WRITABLE;
    return this.wantsRead ? writable | READABLE : writable;
  }

  /** Whether receiving makes sense now; while the queue stands high it does not. */
  get wantsRead(): boolean {
    if (this.#phase === OPEN) return !this.#paused && !this.#peerEnded;
    return this.#phase === LINGERING;
  }

  /**
   * Phase 2 of receiving: one recv(2), then the protocol. False when there was nothing (more) to
   * receive. In a blocking loop it sleeps through phase 1 first.
   */
  receive(): boolean {
    const loop = this.#loop;
    if (!this.wantsRead) return false;
    const length = recvAt(this.fd, loop.lease.address, RECEIVE_BYTES, 0);
    if (length > 0 && this.#phase === OPEN) {
      const { counters, lease } = loop;
      counters[bytesIn] = (counters[bytesIn] as number) + length;
      counters[messages] = (counters[messages] as number) + 1;
      if (this.#awaitsFirstByte) this.#firstByte();
      if (loop.tracksTime) this.#lastActive = loop.now;
      lease.length = length;
      const error = loop.callbacks.data(this, lease);
      lease.end();
      if (error !== undefined) this.destroy(error);
      this.#rewatch();
      return true;
    }
    if (length > 0) return this.#discard(length);
    if (length < 0) return this.#notReceived(length);
    this.#peerEnd();
    return false;
  }

  #notReceived(result: number): boolean {
    const loop = this.#loop;
    if (result === -EINTR) {
      if (loop.isBlocking) loop.isRunning();
      return true;
    }
    if (result !== -EAGAIN) {
      if (this.#phase === LINGERING) this.#doom();
      else this.#fail(result, 'recv');
      return false;
    }
    if (loop.isBlocking) this.expire();
    else loop.counters[wouldBlock] = (loop.counters[wouldBlock] as number) + 1;
    return false;
  }

  #discard(length: number): boolean {
    this.#lingered += length;
    // The kernel's own time limit, which a blocking loop relies on, begins anew with each byte.
    const isLate = this.#loop.isBlocking && performance.now() - this.#lastActive > LINGER_MS;
    if (this.#lingered > LINGER_BYTES || isLate) this.#doom();
    return !this.isOver;
  }

  #peerEnd(): void {
    if (this.#phase === LINGERING) {
      this.#doom();
      return;
    }
    this.#peerEnded = true;
    if (this.#loop.callbacks.has('end')) {
      const error = this.#loop.callbacks.run('end', this);
      if (error !== undefined) this.destroy(error);
      // A blocking loop serves nobody else meanwhile: nothing could ever end this connection.
      else if (this.#loop.isBlocking) this.end();
    } else {
      this.end();
    }
    this.#rewatch();
  }

  write(data: Data): boolean {
    const loop = this.#loop;
    const { lease, counters } = loop;
    if (data !== lease || this.#queue !== null) return this.#writeBytes(data);
    if (this.#phase !== OPEN) return false;
    const { length } = lease;
    const sent = sendAt(this.fd, lease.address, length, MSG_NOSIGNAL);
    if (sent !== length) return this.#take(lease.bytes, sent);
    counters[bytesOut] = (counters[bytesOut] as number) + length;
    if (loop.tracksTime) this.#lastActive = loop.now;
    return true;
  }

  #writeBytes(data: Data): boolean {
    if (this.#phase !== OPEN) return false;
    const bytes = toBytes(data);
    if (bytes.length === 0) return this.bytesQueued < this.#loop.limits.highWatermark;
    if (this.#queue !== null) return this.#enqueue(bytes);
    return this.#take(bytes, send(this.fd, bytes, bytes.length, MSG_NOSIGNAL));
  }

  /** Goes on from the first answer of send(2): queues what the kernel did not take, or sleeps until it does. */
  #take(bytes: Uint8Array, answer: number): boolean {
    const sent = this.#countSent(answer);
    if (sent < 0) return false;
    if (sent === bytes.length) return true;
    if (!this.#loop.isBlocking) return this.#enqueue(bytes.subarray(sent));
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
    this.#drained();
    if (this.#phase === ENDING) this.#goodbye();
    return this.#phase === OPEN;
  }

  /** Bytes sent, 0 for would-block, -1 when the connection failed. */
  #countSent(answer: number): number {
    const { counters, tracksTime, now } = this.#loop;
    if (answer >= 0) {
      counters[bytesOut] = (counters[bytesOut] as number) + answer;
      if (tracksTime) this.#lastActive = now;
      return answer;
    }
    if (answer === -EAGAIN || answer === -EINTR) {
      counters[wouldBlock] = (counters[wouldBlock] as number) + 1;
      return 0;
    }
    this.#fail(answer, 'send');
    return -1;
  }

  /** Goes on after `first` bytes and the answer of send(2) that went with them. */
  #sleepUntilSent(bytes: Uint8Array, first: number, answer: number): void {
    let sent = first;
    let last = answer;
    while (sent < bytes.length) {
      this.#unsent = bytes.length - sent;
      if (last === -EINTR) this.#loop.isRunning();
      else if (last === -EAGAIN) this.expire();
      if (this.isOver) return;
      const rest = bytes.subarray(sent);
      last = send(this.fd, rest, rest.length, MSG_NOSIGNAL);
      sent += Math.max(this.#countSent(last), 0);
    }
    this.#unsent = 0;
  }

  #enqueue(bytes: Uint8Array): boolean {
    const { highWatermark, maxQueuedBytes } = this.#loop.limits;
    this.#queue ??= new SendQueue();
    if (this.#queue.length + bytes.length > maxQueuedBytes) {
      this.#fail(ERRNO.ENOBUFS, 'send', { hint: `more than ${maxQueuedBytes} bytes are queued` });
      return false;
    }
    this.#queue.push(bytes);
    if (this.#queue.length >= highWatermark) {
      this.#paused = true;
      this.#needsDrain = true;
    }
    this.#rewatch();
    return !this.#needsDrain;
  }

  /** Sends what is queued, as far as the kernel takes it. */
  flush(): void {
    const queue = this.#queue;
    if (queue === null || this.isOver) return;
    const { bytes } = queue;
    const sent = this.#countSent(send(this.fd, bytes, bytes.length, MSG_NOSIGNAL));
    if (sent <= 0) return;
    queue.shift(sent);
    if (queue.length === 0) this.#queue = null;
    if (queue.length <= this.#loop.limits.highWatermark / 2) this.#drained();
    if (this.#queue === null && this.#phase === ENDING) this.#goodbye();
    this.#rewatch();
  }

  #drained(): void {
    this.#paused = false;
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    if (this.#phase !== OPEN) return;
    const error = this.#loop.callbacks.run('drain', this);
    if (error !== undefined) this.destroy(error);
  }

  end(data?: Data): void {
    if (data !== undefined) this.write(data);
    if (this.#phase === LINGERING && this.#loop.isDraining) this.#hurry();
    if (this.#phase !== OPEN) return;
    this.#phase = ENDING;
    if (this.bytesQueued === 0) this.#goodbye();
    this.#rewatch();
  }

  destroy(error?: Error): void {
    if (this.isOver) return;
    this.#error = error;
    this.#doom();
  }

  setIdleTimeout(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`an idle timeout must be 0 or more milliseconds, got ${ms}`);
    }
    if (this.isOver) return;
    this.#idleMs = ms;
    this.#loop.trackTime(this);
    this.#lastActive = this.#loop.now;
  }

  /** How long nothing may move before this connection wants to be looked at, in ms; 0 for ever. */
  get timeLimit(): number {
    if (this.#phase === LINGERING) return LINGER_MS;
    if (!this.#awaitsFirstByte || this.#phase !== OPEN) return this.#idleMs;
    const left = Math.max(1, this.#firstByteDue - this.#loop.now);
    return this.#idleMs > 0 ? Math.min(this.#idleMs, left) : left;
  }

  /** When that is, on the loop's clock; Infinity for never. */
  get deadline(): number {
    if (this.#phase === DOOMED) return Number.POSITIVE_INFINITY;
    const limit = this.#phase === LINGERING ? LINGER_MS : this.#idleMs;
    const idle = limit === 0 ? Number.POSITIVE_INFINITY : this.#lastActive + limit;
    const isAwaited = this.#awaitsFirstByte && this.#phase === OPEN;
    return isAwaited ? Math.min(idle, this.#firstByteDue) : idle;
  }

  /** The deadline has passed. */
  expire(): void {
    const loop = this.#loop;
    if (this.#phase === LINGERING || this.#phase === DOOMED) {
      this.#doom();
      return;
    }
    loop.count(timeouts, 1);
    if (loop.isBlocking) loop.now = performance.now();
    const isMute = this.#awaitsFirstByte && loop.now >= this.#firstByteDue - CLOCK_TICK_MS;
    // One that is ending has had its callbacks: it gets the time, not another say.
    if (this.#phase === OPEN && !isMute && loop.callbacks.has('timeout')) {
      this.#lastActive = loop.now;
      if (this.#awaitsFirstByte) loop.trackTime(this);
      const error = loop.callbacks.run('timeout', this);
      if (error !== undefined) this.destroy(error);
    } else {
      this.destroy(new SystemError(ERRNO.ETIMEDOUT, 'recv', addressDetails(this.remoteAddress)));
    }
  }

  #firstByte(): void {
    this.#awaitsFirstByte = false;
    if (this.#loop.isBlocking) this.#loop.trackTime(this);
  }

  /** Everything is sent: FIN, then wait for the peer's own without answering it with a reset. */
  #goodbye(): void {
    if (this.#peerEnded || shutdown(this.fd, SHUT_WR) < 0) {
      this.#doom();
      return;
    }
    this.#phase = LINGERING;
    this.#loop.trackTime(this);
    this.#lastActive = this.#loop.now;
    if (this.#loop.isDraining) this.#hurry();
  }

  /** While the server drains nobody lingers: once the peer has everything and sent nothing more, it is over. */
  #hurry(): void {
    for (;;) {
      // Not into the lease: a callback further up may still be reading it.
      const length = recv(this.fd, thrownAway, thrownAway.length, MSG_DONTWAIT);
      if (length === -EAGAIN) break;
      if (length > 0 && this.#discard(length)) continue;
      this.#doom();
      return;
    }
    unsent[0] = 0;
    if (ioctl(this.fd, SOCKIOS.SIOCOUTQ, unsent) < 0 || unsent[0] === 0) this.#doom();
  }

  #fail(errno: number, call: string, details: SystemErrorDetails = {}): void {
    this.#loop.count(connectionErrors, 1);
    this.destroy(
      new SystemError(errno, call, { ...addressDetails(this.remoteAddress), ...details }),
    );
  }

  #doom(): void {
    if (this.#phase === DOOMED) return;
    this.#phase = DOOMED;
    this.#loop.doom(this);
  }

  #rewatch(): void {
    const wanted = this.interest;
    if (wanted === this.watched || this.#phase === DOOMED) return;
    this.#loop.rewatch(this, wanted);
  }
}

/** The bytes of whatever may be written. */
export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return data;
  const bytes: unknown = (data as Partial<Chunk> | null | undefined)?.bytes;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError(`write takes a chunk, a Uint8Array or a string, got ${inspect(data)}`);
}
