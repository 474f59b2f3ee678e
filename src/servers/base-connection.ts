/**
 * One client of a loop that owns its descriptors, whichever way its bytes come and go: its phases
 * from the first byte to the goodbye, its limits of time, and the protocol's callbacks.
 *
 * A connection never closes inside a callback: it is doomed there and closed when its loop settles,
 * so that no descriptor number is reused while events of the same batch still name it.
 */
import { inspect } from 'node:util';
import { SystemError, type SystemErrorDetails } from '../errors.ts';
import type { Address } from '../io.ts';
import { READABLE } from '../readiness.ts';
import { ERRNO, SOCKET } from '../sys/abi.ts';
import {
  addressDetails,
  addressScratch,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/address.ts';
import { getsockname, recv, shutdown, unsentBytes } from '../sys/socket.ts';
import { LINGER_BYTES, LINGER_MS, RECEIVE_BYTES } from './limits.ts';
import type { Loop } from './loop.ts';
import type { Chunk, Connection, Data } from './protocol.ts';
import { COUNTER } from './statistics.ts';

/** The phases of a connection, in their order. */
export const PHASE = {
  open: 0,
  /** Goodbye is asked for, bytes are still queued. */
  ending: 1,
  /** Our FIN is sent; what the peer still sends is read and thrown away, so that closing sends no reset. */
  lingering: 2,
  /** Over; closed when the loop settles. */
  doomed: 3,
} as const;

const { connectionErrors, timeouts } = COUNTER;
const { MSG_DONTWAIT, SHUT_WR } = SOCKET;

/** How much earlier than asked the kernel's timers may go off. */
const CLOCK_TICK_MS = 10;

const thrownAway = new Uint8Array(RECEIVE_BYTES);

export abstract class BaseConnection implements Connection {
  readonly id: number;
  readonly fd: number;
  readonly remoteAddress: Address;
  state: unknown = undefined;
  /** Where the loop keeps it in its list. */
  index = -1;
  /** The interest that the loop's watcher holds now. */
  watched = READABLE;
  protected readonly loop: Loop<BaseConnection>;
  protected phase: number = PHASE.open;
  /** Not read from, because its own queue stands high. */
  protected paused = false;
  protected needsDrain = false;
  protected peerEnded = false;
  protected awaitsFirstByte: boolean;
  protected lastActive: number;
  #error: Error | undefined;
  #idleMs: number;
  #firstByteDue: number;
  #lingered = 0;

  constructor(loop: Loop<BaseConnection>, id: number, fd: number, remoteAddress: Address) {
    this.loop = loop;
    this.id = id;
    this.fd = fd;
    this.remoteAddress = remoteAddress;
    const { idleTimeoutMs, firstByteTimeoutMs } = loop.limits;
    const isTimed = idleTimeoutMs > 0 || firstByteTimeoutMs > 0;
    // The loop's clock stands still while nobody has a deadline.
    if (isTimed) loop.now = performance.now();
    this.lastActive = loop.now;
    this.#idleMs = idleTimeoutMs;
    this.awaitsFirstByte = firstByteTimeoutMs > 0;
    this.#firstByteDue = loop.now + firstByteTimeoutMs;
    if (isTimed) loop.trackTime(this);
  }

  abstract get bytesQueued(): number;
  abstract write(data: Data): boolean;
  /** Tells the kernel what the loop waits for on this connection now, if that has changed. */
  protected abstract rewatch(): void;
  /** It is over: has it closed as soon as nothing names its descriptor any more. */
  protected abstract retire(): void;

  get localAddress(): Address {
    // Its number may be somebody else's by now.
    if (this.isOver) return { unnamed: true };
    resetScratch();
    const result = getsockname(this.fd, addressScratch, sizeScratch);
    return result < 0 ? { unnamed: true } : scratchAddress();
  }

  get closed(): boolean {
    return this.phase !== PHASE.open;
  }

  /** True once nothing more will happen on it. */
  get isOver(): boolean {
    return this.phase === PHASE.doomed;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  /** Whether receiving makes sense now; while the queue stands high it does not. */
  get wantsRead(): boolean {
    if (this.phase === PHASE.open) return !this.paused && !this.peerEnded;
    return this.phase === PHASE.lingering;
  }

  /** After our goodbye: so much came and is thrown away. False when it was too much. */
  protected discard(length: number): boolean {
    this.#lingered += length;
    // The kernel's own time limit, which a blocking loop relies on, begins anew with each byte.
    const isLate = this.loop.isBlocking && performance.now() - this.lastActive > LINGER_MS;
    if (this.#lingered > LINGER_BYTES || isLate) this.doom();
    return !this.isOver;
  }

  /** The peer's FIN. */
  protected peerEnd(): void {
    if (this.phase === PHASE.lingering) {
      this.doom();
      return;
    }
    this.peerEnded = true;
    if (this.loop.callbacks.has('end')) {
      const error = this.loop.callbacks.run('end', this);
      if (error !== undefined) this.destroy(error);
      // A blocking loop serves nobody else meanwhile: nothing could ever end this connection.
      else if (this.loop.isBlocking) this.end();
    } else {
      this.end();
    }
    this.rewatch();
  }

  /** Not more than so much may be queued: false, and the connection's end, when it would be. */
  protected isWithinLimit(queued: number): boolean {
    const { maxQueuedBytes } = this.loop.limits;
    if (queued <= maxQueuedBytes) return true;
    this.fail(ERRNO.ENOBUFS, 'send', { hint: `more than ${maxQueuedBytes} bytes are queued` });
    return false;
  }

  /** The queue has fallen to the low watermark. */
  protected drained(): void {
    this.paused = false;
    if (!this.needsDrain) return;
    this.needsDrain = false;
    if (this.phase !== PHASE.open) return;
    const error = this.loop.callbacks.run('drain', this);
    if (error !== undefined) this.destroy(error);
  }

  end(data?: Data): void {
    if (data !== undefined) this.write(data);
    if (this.phase === PHASE.lingering && this.loop.isDraining) this.#hurry();
    if (this.phase !== PHASE.open) return;
    this.phase = PHASE.ending;
    if (this.bytesQueued === 0) this.goodbye();
    this.rewatch();
  }

  destroy(error?: Error): void {
    if (this.isOver) return;
    this.#error = error;
    this.doom();
  }

  setIdleTimeout(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`an idle timeout must be 0 or more milliseconds, got ${ms}`);
    }
    if (this.isOver) return;
    this.#idleMs = ms;
    this.loop.trackTime(this);
    this.lastActive = this.loop.now;
  }

  /** How long nothing may move before this connection wants to be looked at, in ms; 0 for ever. */
  get timeLimit(): number {
    if (this.phase === PHASE.lingering) return LINGER_MS;
    if (!this.awaitsFirstByte || this.phase !== PHASE.open) return this.#idleMs;
    const left = Math.max(1, this.#firstByteDue - this.loop.now);
    return this.#idleMs > 0 ? Math.min(this.#idleMs, left) : left;
  }

  /** When that is, on the loop's clock; Infinity for never. */
  get deadline(): number {
    if (this.phase === PHASE.doomed) return Number.POSITIVE_INFINITY;
    const limit = this.phase === PHASE.lingering ? LINGER_MS : this.#idleMs;
    const idle = limit === 0 ? Number.POSITIVE_INFINITY : this.lastActive + limit;
    const isAwaited = this.awaitsFirstByte && this.phase === PHASE.open;
    return isAwaited ? Math.min(idle, this.#firstByteDue) : idle;
  }

  /** The deadline has passed. */
  expire(): void {
    const { loop } = this;
    if (this.phase === PHASE.lingering || this.phase === PHASE.doomed) {
      this.doom();
      return;
    }
    loop.count(timeouts, 1);
    if (loop.isBlocking) loop.now = performance.now();
    const isMute = this.awaitsFirstByte && loop.now >= this.#firstByteDue - CLOCK_TICK_MS;
    // One that is ending has had its callbacks: it gets the time, not another say.
    if (this.phase === PHASE.open && !isMute && loop.callbacks.has('timeout')) {
      this.lastActive = loop.now;
      if (this.awaitsFirstByte) loop.trackTime(this);
      const error = loop.callbacks.run('timeout', this);
      if (error !== undefined) this.destroy(error);
    } else {
      this.destroy(new SystemError(ERRNO.ETIMEDOUT, 'recv', addressDetails(this.remoteAddress)));
    }
  }

  protected firstByte(): void {
    this.awaitsFirstByte = false;
    if (this.loop.isBlocking) this.loop.trackTime(this);
  }

  /** Everything is sent: FIN, then wait for the peer's own without answering it with a reset. */
  protected goodbye(): void {
    if (this.peerEnded || shutdown(this.fd, SHUT_WR) < 0) {
      this.doom();
      return;
    }
    this.phase = PHASE.lingering;
    this.loop.trackTime(this);
    this.lastActive = this.loop.now;
    if (this.loop.isDraining) this.#hurry();
  }

  /** While the server drains nobody lingers: once the peer has everything and sent nothing more, it is over. */
  #hurry(): void {
    for (;;) {
      // Not into the lease: a callback further up may still be reading it.
      const length = recv(this.fd, thrownAway, thrownAway.length, MSG_DONTWAIT);
      if (length === -ERRNO.EAGAIN) break;
      if (length > 0 && this.discard(length)) continue;
      this.doom();
      return;
    }
    const unsent = unsentBytes(this.fd);
    // Where the system does not tell, closing now could be a reset that takes the reply with it.
    if (unsent !== -ERRNO.EOPNOTSUPP && unsent <= 0) this.doom();
  }

  /** The kernel's answer ends it. */
  protected fail(errno: number, call: string, details: SystemErrorDetails = {}): void {
    this.loop.count(connectionErrors, 1);
    this.destroy(
      new SystemError(errno, call, { ...addressDetails(this.remoteAddress), ...details }),
    );
  }

  protected doom(): void {
    if (this.phase === PHASE.doomed) return;
    this.phase = PHASE.doomed;
    this.retire();
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
