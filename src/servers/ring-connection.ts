/**
 * One client of a loop whose bytes come and go as completions: the kernel has received before the
 * loop hears of it, and sends after the protocol has written.
 *
 * One send is under way at a time, since two could pass one another; behind it wait pieces of
 * leases, and behind those bytes of our own. A piece of a lease waits in the kernel until all of it
 * is sent, from where it lies. That holds memory which all receive into, so when others starve, who
 * does not read has his send cancelled: what is left of it is copied, and goes on when the kernel
 * says that there is room. Copies are sent as far as there is room at once, never waiting.
 */
import type { Address } from '../io.ts';
import { ERRNO } from '../sys/abi.ts';
import { BaseConnection, PHASE, toBytes } from './base-connection.ts';
import type { Data } from './protocol.ts';
import { GROUP } from './receive-pool.ts';
import type { RingWatcher } from './ring-watcher.ts';
import { SendQueue } from './send-queue.ts';
import { PIECE_BYTES } from './staging.ts';
import { COUNTER } from './statistics.ts';

const { bytesIn, bytesOut, messages, wouldBlock } = COUNTER;
const { EAGAIN, ECANCELED, ENOBUFS } = ERRNO;

/** What the send under way reads from. */
const NOTHING = 0;
/** A piece of a lease, in the receive pool. */
const PIECE = 1;
/** Bytes that went straight to the staging memory, and are nowhere else. */
const STAGED = 2;
/** A copy of the beginning of the queue. */
const QUEUED = 3;

/** From so many bytes on a receive counts as bulk. */
const BULK_BYTES = 16_384;
/** So many of the other kind in a row move a connection to the other group. */
const BULK_IN_A_ROW = 2;
const SMALL_IN_A_ROW = 8;
/** So many small ones in a row, and its receive is armed once for all to come. */
const CALM = 2;

/** What is kept of a piece that waits. */
const PIECE_FIELDS = 3;

/** The generation in a token: an identity that does not come back soon. */
const GENERATIONS = 0x7fffff;
const OPERATION_BITS = 8;

export class RingConnection extends BaseConnection {
  /** What stands in the upper word of its tokens, beside the operation. */
  readonly tag: number;
  /** Operations whose last completion has not come. */
  inFlight = 0;
  /** The group that its next receive selects from. */
  group: number = GROUP.small;
  /** A receive is under way. */
  isReceiving = false;
  /** It waits for a buffer. */
  isStarved = false;
  readonly #ring: RingWatcher;
  /** The batch of the loop in which the send under way began. */
  #sentIn = 0;
  /** The receive under way completes again and again. */
  #isMultishot = false;
  #isCancelling = false;
  /** How many pieces of one kind, small or bulk, came one after another. */
  #inARow = 0;
  /** How many small pieces came one after another, as far as that matters. */
  #calm = 0;
  /** Received while it was not to be read from. */
  #held: SendQueue | null = null;
  #hasHeldEnd = false;
  #sending = NOTHING;
  #sendBuffer = 0;
  #sendAddress = 0;
  #sendLength = 0;
  /** Pieces of leases behind the send under way: buffer, address, length of each, from `#behindAt` on. */
  readonly #behind: number[] = [];
  #behindAt = 0;
  #queue: SendQueue | null = null;
  #queued = 0;
  #hasRetired = false;

  constructor(ring: RingWatcher, id: number, fd: number, remoteAddress: Address) {
    super(ring.loop, id, fd, remoteAddress);
    this.#ring = ring;
    this.tag = ((id % GENERATIONS) + 1) << OPERATION_BITS;
  }

  get bytesQueued(): number {
    return this.#queued;
  }

  /** A completion of its receive. */
  received(result: number, flags: number, isLast: boolean): void {
    const { pool } = this.#ring;
    if (isLast) {
      this.inFlight--;
      this.isReceiving = false;
      this.#isCancelling = false;
    }
    if (pool.take(result > 0 ? result : 0, flags)) {
      const { buffer, lease } = pool;
      const { address, length } = lease;
      if (length > 0) this.#arrived(length);
      lease.length = 0;
      pool.release(buffer, address, length);
    }
    if (result === 0) this.#ended();
    else if (result < 0) this.#notReceived(result);
    if (isLast) this.rewatch();
  }

  #arrived(length: number): void {
    if (this.phase === PHASE.open && !this.paused) this.#deliver(length);
    else if (this.phase === PHASE.lingering) this.discard(length);
    else if (this.phase === PHASE.open) this.#hold();
  }

  #deliver(length: number): void {
    const { loop } = this;
    const { counters } = loop;
    counters[bytesIn] = (counters[bytesIn] as number) + length;
    counters[messages] = (counters[messages] as number) + 1;
    if (this.awaitsFirstByte) this.firstByte();
    if (loop.tracksTime) this.lastActive = loop.now;
    if (!this.#isMultishot) this.#weigh(length);
    else if (length >= BULK_BYTES) this.#cancelReceive();
    const error = loop.callbacks.data(this, this.#ring.pool.lease);
    if (error !== undefined) this.destroy(error);
  }

  /** While it receives one by one: which group, and which way, serves its traffic better. */
  #weigh(length: number): void {
    const isBulk = length >= BULK_BYTES;
    const fits = isBulk === (this.group === GROUP.bulk);
    this.#inARow = fits ? 0 : this.#inARow + 1;
    if (isBulk) this.#calm = 0;
    else if (this.#calm < CALM) this.#calm++;
    if (this.#inARow < (isBulk ? BULK_IN_A_ROW : SMALL_IN_A_ROW)) return;
    this.#inARow = 0;
    this.group = isBulk ? GROUP.bulk : GROUP.small;
  }

  /** A copy, so that whoever is slow does not hold what all receive into. */
  #hold(): void {
    const { bytes } = this.#ring.pool.lease;
    this.#held ??= new SendQueue(bytes.length);
    this.#held.push(bytes);
  }

  #ended(): void {
    if (this.phase === PHASE.doomed) return;
    if (this.paused && this.phase === PHASE.open) this.#hasHeldEnd = true;
    else if (!this.peerEnded) this.peerEnd();
  }

  #notReceived(result: number): void {
    if (result === -ECANCELED || this.phase === PHASE.doomed) return;
    if (result === -ENOBUFS) {
      this.#ring.starve(this);
      return;
    }
    if (this.phase === PHASE.lingering) this.doom();
    else this.fail(result, 'recv');
  }

  /** Hands over what was received while it was not to be read from, as long as it is to be read from. */
  #release(): void {
    const held = this.#held;
    if (held !== null) {
      this.#held = null;
      if (this.phase === PHASE.open) this.#deliverHeld(held.bytes);
    }
    if (!this.#hasHeldEnd || this.paused || this.#held !== null || this.isOver) return;
    this.#hasHeldEnd = false;
    this.peerEnd();
  }

  #deliverHeld(bytes: Uint8Array): void {
    const { loop } = this;
    loop.count(bytesIn, bytes.length);
    loop.count(messages, 1);
    const { lease } = loop;
    lease.memory = bytes;
    lease.length = bytes.length;
    const error = loop.callbacks.data(this, lease);
    lease.end();
    if (error !== undefined) this.destroy(error);
  }

  protected override rewatch(): void {
    const wants = this.wantsRead && !this.#hasHeldEnd;
    if (!this.isReceiving) {
      if (wants && !this.isStarved) this.receive();
    } else if (!wants && this.#isMultishot && this.phase !== PHASE.doomed) {
      // Of a whole buffer one more may come, which is then held.
      this.#cancelReceive();
    }
  }

  /** Arms its receive. */
  receive(): void {
    this.isReceiving = true;
    this.#isMultishot = this.#calm >= CALM && this.group === GROUP.small;
    this.inFlight++;
    this.#ring.armReceive(this, this.#isMultishot);
  }

  #cancelReceive(): void {
    this.#calm = 0;
    if (this.#isCancelling || !this.isReceiving) return;
    this.#isCancelling = true;
    this.inFlight++;
    this.#ring.cancelReceive(this);
  }

  /** The completion of a cancellation: what was cancelled has completed, or had. */
  cancelled(): void {
    this.inFlight--;
  }

  write(data: Data): boolean {
    const { pool } = this.#ring;
    const { lease } = pool;
    if (data !== lease || this.#queue !== null || lease.length === 0) return this.#writeBytes(data);
    if (this.phase !== PHASE.open) return false;
    const { address, length } = lease;
    if (!this.isWithinLimit(this.#queued + length)) return false;
    pool.hold(pool.buffer, address);
    if (this.#sending === NOTHING) this.#sendPiece(pool.buffer, address, length);
    else this.#behind.push(pool.buffer, address, length);
    return this.#enqueued(length);
  }

  #writeBytes(data: Data): boolean {
    if (this.phase !== PHASE.open) return false;
    const bytes = toBytes(data);
    const { length } = bytes;
    if (length === 0) return this.#queued < this.loop.limits.highWatermark;
    if (!this.isWithinLimit(this.#queued + length)) return false;
    if (this.#queue === null && this.#sending === NOTHING && length <= PIECE_BYTES) {
      const address = this.#ring.staging.place(bytes);
      if (address >= 0) {
        this.#send(STAGED, address, length);
        return this.#enqueued(length);
      }
    }
    this.#queue ??= new SendQueue();
    this.#queue.push(bytes);
    if (this.#sending === NOTHING) this.sendQueued();
    return this.#enqueued(length);
  }

  #enqueued(length: number): boolean {
    this.#queued += length;
    if (this.#queued >= this.loop.limits.highWatermark) {
      this.paused = true;
      this.needsDrain = true;
      this.rewatch();
    }
    return !this.needsDrain;
  }

  #sendPiece(buffer: number, address: number, length: number): void {
    this.#sendBuffer = buffer;
    this.#send(PIECE, address, length);
  }

  /** Sends the beginning of the queue, or has the loop try again when there is room to copy it to. */
  sendQueued(): void {
    const queue = this.#queue;
    if (queue === null || this.#sending !== NOTHING || this.isOver) return;
    const { bytes } = queue;
    const piece = bytes.length > PIECE_BYTES ? bytes.subarray(0, PIECE_BYTES) : bytes;
    const address = this.#ring.staging.place(piece);
    if (address >= 0) this.#send(QUEUED, address, piece.length);
    else this.#ring.await(this);
  }

  #send(kind: number, address: number, length: number): void {
    this.#sending = kind;
    this.#sendAddress = address;
    this.#sendLength = length;
    this.inFlight++;
    this.#sentIn = this.#ring.batch;
    this.#ring.armSend(this, address, length, kind === PIECE && !this.loop.tracksTime);
  }

  /** The completion of the send under way. */
  sent(result: number): void {
    const { counters, tracksTime, now } = this.loop;
    const kind = this.#sending;
    this.inFlight--;
    this.#sending = NOTHING;
    const isWhole = result === this.#sendLength;
    if (result > 0) {
      counters[bytesOut] = (counters[bytesOut] as number) + result;
      if (!this.isOver) this.#queued -= result;
      if (tracksTime) this.lastActive = now;
    }
    if (kind === QUEUED && result > 0) this.#shift(result);
    const goesOn = result >= 0 || result === -EAGAIN || result === -ECANCELED;
    if (!isWhole && goesOn && !this.isOver) this.#keepRest(kind, Math.max(result, 0));
    if (kind === PIECE)
      this.#ring.pool.release(this.#sendBuffer, this.#sendAddress, this.#sendLength);
    else this.#ring.staging.release();
    if (this.isOver) return;
    if (isWhole) this.#sendNext();
    else if (goesOn) this.#awaitRoom();
    else this.fail(result, 'send');
  }

  /** It may hold memory that others need: a send that the kernel has had and not finished is cancelled. */
  yieldMemory(): void {
    if (this.#sending !== PIECE || this.#sentIn >= this.#ring.batch || this.isOver) return;
    this.#sentIn = this.#ring.batch;
    this.inFlight++;
    this.#ring.cancelSend(this);
  }

  #shift(count: number): void {
    const queue = this.#queue;
    queue?.shift(count);
    if (queue?.length === 0) this.#queue = null;
  }

  /** What the kernel did not take, and all that waits behind it, become bytes of our own. */
  #keepRest(kind: number, sent: number): void {
    // The queue still has what its copy had, and then nothing else waits before it.
    if (kind === QUEUED) return;
    const rest = new SendQueue(this.#queued);
    const [address, length] = [this.#sendAddress + sent, this.#sendLength - sent];
    if (kind === PIECE) rest.push(this.#ring.pool.bytesAt(address, length));
    if (kind === STAGED) rest.push(this.#ring.staging.bytesAt(address, length));
    this.#emptyBehind(rest);
    if (this.#queue !== null) rest.push(this.#queue.bytes);
    this.#queue = rest;
  }

  /** Gives back the pieces that wait, after copying them when somebody wants their bytes. */
  #emptyBehind(copies: SendQueue | null): void {
    const { pool } = this.#ring;
    const behind = this.#behind;
    for (let i = this.#behindAt; i < behind.length; i += PIECE_FIELDS) {
      const address = behind[i + 1] as number;
      const length = behind[i + 2] as number;
      copies?.push(pool.bytesAt(address, length));
      pool.release(behind[i] as number, address, length);
    }
    behind.length = 0;
    this.#behindAt = 0;
  }

  #awaitRoom(): void {
    const { counters } = this.loop;
    counters[wouldBlock] = (counters[wouldBlock] as number) + 1;
    // Nothing may be sent past what waits.
    this.#sending = QUEUED;
    this.inFlight++;
    this.#ring.armRoom(this);
    this.#lowered();
  }

  /** The kernel has room again, or it is known why not: the next send tells. */
  roomy(): void {
    this.inFlight--;
    this.#sending = NOTHING;
    this.sendQueued();
  }

  #sendNext(): void {
    if (this.#behindAt < this.#behind.length) this.#sendBehind();
    else if (this.#queue !== null) this.sendQueued();
    if (this.paused || this.needsDrain) this.#lowered();
    if (this.#queued === 0 && this.phase === PHASE.ending) {
      this.goodbye();
      this.rewatch();
    }
  }

  #sendBehind(): void {
    const behind = this.#behind;
    const at = this.#behindAt;
    this.#sendPiece(behind[at] as number, behind[at + 1] as number, behind[at + 2] as number);
    this.#behindAt = at + PIECE_FIELDS;
    if (this.#behindAt < behind.length) return;
    behind.length = 0;
    this.#behindAt = 0;
  }

  /** The queue has become shorter: at the low watermark the connection is read from again. */
  #lowered(): void {
    if (!this.paused || this.#queued > this.loop.limits.highWatermark / 2) return;
    this.drained();
    if (!this.paused && !this.isOver) this.#release();
    this.rewatch();
  }

  protected override retire(): void {
    this.#emptyBehind(null);
    this.#queue = null;
    this.#queued = 0;
    this.#held = null;
    if (this.inFlight === 0) {
      this.depart();
    } else {
      this.inFlight++;
      this.#ring.cancelAllOf(this);
    }
  }

  /** Nothing is under way any more: the loop may close it. */
  depart(): void {
    if (this.#hasRetired) return;
    this.#hasRetired = true;
    this.loop.doom(this);
  }
}
