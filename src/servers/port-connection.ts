/**
 * One client of a loop that serves from a completion port.
 *
 * Until it speaks, its receive is one of no bytes: it completes when there are some, and until then
 * no buffer is held. A client with traffic gets a buffer, and the kernel puts the bytes there; as long
 * as there are many, it waits for more with one. When all buffers are in use, the bytes are fetched by
 * a call into the loop's one piece of memory.
 *
 * One send is under way at a time, since two could pass one another. An answer out of the lease is
 * sent from where it lies; what cannot go at once is copied, and waits.
 */
import type { Address } from '../io.ts';
import { ERRNO } from '../sys/abi.ts';
import { recvAt, send } from '../sys/socket.ts';
import {
  cancelOverlapped,
  NOW,
  overlappedResult,
  PENDING,
  resetOverlapped,
  startRecv,
  startSend,
} from '../sys/windows/overlapped.ts';
import { BaseConnection, PHASE, toBytes } from './base-connection.ts';
import { RECEIVE_BYTES } from './limits.ts';
import {
  type Block,
  PART,
  RECEIVE_BUFFER_BYTES,
  SEND_BLOCK_BYTES,
  type SendBlock,
  setBuffer,
} from './port-memory.ts';
import type { PortWatcher } from './port-watcher.ts';
import type { Data } from './protocol.ts';
import { SendQueue } from './send-queue.ts';
import { COUNTER } from './statistics.ts';

const { bytesIn, bytesOut, messages, wouldBlock } = COUNTER;
const { EAGAIN, ECANCELED } = ERRNO;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const NOTHING = -1;

/** What is under way in a direction. */
const IDLE = 0;
const UNDER_WAY = 1;
/** Complete when its call returned; its turn comes in this batch. */
const COMPLETE = 2;

export class PortConnection extends BaseConnection {
  readonly block: Block;
  readonly #watcher: PortWatcher;
  #receiving = IDLE;
  /** The buffer that it receives into; NOTHING while it waits for bytes without one. */
  #buffer = NOTHING;
  /** It has had traffic. */
  #isActive = false;
  #sending = IDLE;
  /** What the send under way reads from: a buffer that was received into, or a block. */
  #piece = NOTHING;
  #sendBlock: SendBlock | null = null;
  #sendAddress = 0;
  #sendLength = 0;
  /** Received while it was not to be read from. */
  #held: SendQueue | null = null;
  #hasHeldEnd = false;
  #queue: SendQueue | null = null;
  #queued = 0;
  #hasRetired = false;
  #hasTurn = false;

  constructor(watcher: PortWatcher, id: number, fd: number, remoteAddress: Address) {
    super(watcher.loop, id, fd, remoteAddress);
    this.#watcher = watcher;
    this.block = watcher.blocks.take();
  }

  get bytesQueued(): number {
    return this.#queued;
  }

  /** Operations that are not over. */
  get inFlight(): number {
    return Number(this.#receiving !== IDLE) + Number(this.#sending !== IDLE);
  }

  /** A packet of one of its operations, by the address of the OVERLAPPED. */
  completed(overlapped: number): void {
    if (overlapped === this.block.address + PART.send) {
      this.#sending = COMPLETE;
      this.#sent();
    } else {
      this.#receiving = COMPLETE;
      this.#received();
    }
    this.#checkGone();
  }

  /** What was complete at once. */
  takeTurn(): void {
    this.#hasTurn = false;
    if (this.#sending === COMPLETE) this.#sent();
    if (this.#receiving === COMPLETE) this.#received();
    this.#checkGone();
  }

  #queueTurn(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    this.#watcher.queueTurn(this);
  }

  #checkGone(): void {
    if (this.isOver && this.inFlight === 0) this.depart();
  }

  /** Waits for bytes: into a buffer, when it has spoken and there is one to spare; else without. */
  receive(): void {
    if (this.#receiving !== IDLE) return;
    if (this.#isActive && this.#buffer < 0) this.#buffer = this.#watcher.buffers.takeAhead();
    this.#startReceive(this.#buffer);
  }

  #startReceive(buffer: number): void {
    const { words, at, address } = this.block;
    const place = buffer < 0 ? 0 : this.#watcher.buffers.addressOf(buffer);
    const length = buffer < 0 ? 0 : RECEIVE_BUFFER_BYTES;
    setBuffer(words, at + PART.receiveBuffer / WORD_BYTES, place, length);
    words[at + PART.flags / WORD_BYTES] = 0;
    resetOverlapped(words, at + PART.receive / WORD_BYTES);
    const [vector, flags] = [address + PART.receiveBuffer, address + PART.flags];
    const answer = startRecv(this.fd, vector, flags, address + PART.receive);
    if (answer === PENDING) {
      this.#receiving = UNDER_WAY;
      this.#watcher.underWay++;
    } else if (answer === NOW) {
      this.#receiving = COMPLETE;
      this.#queueTurn();
    } else this.#refused(answer);
  }

  #refused(answer: number): void {
    this.#giveBuffer();
    this.#notReceived(answer);
  }

  #giveBuffer(): void {
    const buffer = this.#buffer;
    this.#buffer = NOTHING;
    if (buffer >= 0) this.#watcher.buffers.release(buffer);
  }

  #received(): void {
    const { words, at } = this.block;
    const result = overlappedResult(words, at + PART.receive / WORD_BYTES);
    this.#receiving = IDLE;
    if (result < 0) {
      this.#giveBuffer();
      this.#notReceived(result);
    } else if (this.#buffer >= 0) this.#filled(result);
    else if (this.wantsRead) this.#fetch();
    this.rewatch();
  }

  /** Bytes are there, and it has no buffer for them. */
  #fetch(): void {
    const { lease } = this.loop;
    this.#isActive = true;
    const buffer = this.#watcher.buffers.take();
    if (buffer >= 0) {
      this.#buffer = buffer;
      this.#startReceive(buffer);
      return;
    }
    const length = recvAt(this.fd, lease.address, RECEIVE_BYTES, 0);
    if (length > 0) {
      lease.length = length;
      this.#arrived(length, lease.bytes);
      lease.end();
    } else if (length === 0) this.#ended();
    else if (length !== -EAGAIN) this.#notReceived(length);
  }

  #filled(length: number): void {
    const { buffers } = this.#watcher;
    const buffer = this.#buffer;
    if (length === 0) {
      this.#giveBuffer();
      this.#ended();
      return;
    }
    const lease = buffers.lend(buffer, length);
    this.#buffer = NOTHING;
    this.#arrived(length, null);
    lease.length = 0;
    buffers.release(buffer);
  }

  /** @param bytes where they lie in the loop's own memory; null in a buffer */
  #arrived(length: number, bytes: Uint8Array | null): void {
    if (this.phase === PHASE.open && !this.paused) this.#deliver(length, bytes !== null);
    else if (this.phase === PHASE.lingering) this.discard(length);
    else if (this.phase === PHASE.open) {
      const held = bytes ?? this.#watcher.buffers.lease.bytes;
      // A copy, so that whoever is slow does not hold what all receive into.
      this.#held ??= new SendQueue(held.length);
      this.#held.push(held);
    }
  }

  #deliver(length: number, isOwn: boolean): void {
    const { loop } = this;
    loop.count(bytesIn, length);
    loop.count(messages, 1);
    if (this.awaitsFirstByte) this.firstByte();
    if (loop.tracksTime) this.lastActive = loop.now;
    const lease = isOwn ? loop.lease : this.#watcher.buffers.lease;
    const error = loop.callbacks.data(this, lease);
    if (error !== undefined) this.destroy(error);
  }

  #ended(): void {
    if (this.phase === PHASE.doomed) return;
    if (this.paused && this.phase === PHASE.open) this.#hasHeldEnd = true;
    else if (!this.peerEnded) this.peerEnd();
  }

  #notReceived(result: number): void {
    if (result === -ECANCELED || this.phase === PHASE.doomed) return;
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
    const { lease } = loop;
    const { memory } = lease;
    loop.count(bytesIn, bytes.length);
    loop.count(messages, 1);
    lease.memory = bytes;
    lease.length = bytes.length;
    const error = loop.callbacks.data(this, lease);
    lease.end();
    lease.memory = memory;
    if (error !== undefined) this.destroy(error);
  }

  protected override rewatch(): void {
    const wants = this.wantsRead && !this.#hasHeldEnd && !this.isOver;
    if (wants && this.#receiving === IDLE) this.receive();
  }

  write(data: Data): boolean {
    const { lease } = this.#watcher.buffers;
    const isIdle = this.#sending === IDLE && this.#queue === null;
    if (data !== lease || !isIdle || lease.length === 0) return this.#writeBytes(data);
    if (this.phase !== PHASE.open) return false;
    const { address, length } = lease;
    if (!this.isWithinLimit(length)) return false;
    this.#piece = Math.floor(lease.offset / RECEIVE_BUFFER_BYTES);
    this.#watcher.buffers.hold(this.#piece);
    this.#queued += length;
    this.#startSend(address, length);
    return this.#enqueued();
  }

  #writeBytes(data: Data): boolean {
    if (this.phase !== PHASE.open) return false;
    const bytes = toBytes(data);
    const { length } = bytes;
    if (length === 0) return this.#queued < this.loop.limits.highWatermark;
    if (!this.isWithinLimit(this.#queued + length)) return false;
    let sent = 0;
    if (this.#sending === IDLE && this.#queue === null) {
      const answer = send(this.fd, bytes, length, 0);
      if (answer < 0 && answer !== -EAGAIN) {
        this.fail(answer, 'send');
        return false;
      }
      sent = Math.max(answer, 0);
      this.#countSent(sent);
      if (sent < length) this.loop.count(wouldBlock, 1);
    }
    if (sent < length) {
      this.#queue ??= new SendQueue();
      this.#queue.push(bytes.subarray(sent));
      this.#queued += length - sent;
      this.sendQueued();
    }
    return this.#enqueued();
  }

  #countSent(count: number): void {
    this.loop.count(bytesOut, count);
    if (this.loop.tracksTime && count > 0) this.lastActive = this.loop.now;
  }

  #enqueued(): boolean {
    if (this.isOver) return false;
    if (this.#queued >= this.loop.limits.highWatermark) {
      this.paused = true;
      this.needsDrain = true;
    }
    return !this.needsDrain;
  }

  /** Sends the beginning of the queue, or has the loop try again when there is room to copy it to. */
  sendQueued(): void {
    const queue = this.#queue;
    if (queue === null || this.#sending !== IDLE || this.isOver) return;
    const block = this.#watcher.sendBlocks.take();
    if (block === null) {
      this.#watcher.await(this);
      return;
    }
    const { bytes } = queue;
    const piece = bytes.length > SEND_BLOCK_BYTES ? bytes.subarray(0, SEND_BLOCK_BYTES) : bytes;
    block.bytes.set(piece);
    this.#sendBlock = block;
    this.#startSend(block.address, piece.length);
  }

  #startSend(place: number, length: number): void {
    const { words, at, address } = this.block;
    this.#sendAddress = place;
    this.#sendLength = length;
    setBuffer(words, at + PART.sendBuffer / WORD_BYTES, place, length);
    resetOverlapped(words, at + PART.send / WORD_BYTES);
    const answer = startSend(this.fd, address + PART.sendBuffer, address + PART.send);
    if (answer === PENDING) {
      this.#sending = UNDER_WAY;
      this.#watcher.underWay++;
    } else if (answer === NOW && this.#piece >= 0) {
      // What an echo does: it is through, and nothing else waits for it.
      const sent = overlappedResult(words, at + PART.send / WORD_BYTES);
      this.#finishSend(sent);
    } else if (answer === NOW) {
      this.#sending = COMPLETE;
      this.#queueTurn();
    } else this.#finishSend(answer);
  }

  /** The send under way is complete. */
  #sent(): void {
    const { words, at } = this.block;
    this.#sending = IDLE;
    this.#finishSend(overlappedResult(words, at + PART.send / WORD_BYTES));
    if (!this.isOver) this.#sendNext();
  }

  /** Counts what was sent, keeps what was not, and gives the memory back. */
  #finishSend(result: number): void {
    const sent = Math.max(result, 0);
    this.#countSent(sent);
    if (!this.isOver) this.#queued -= sent;
    const { buffers, sendBlocks } = this.#watcher;
    if (this.#piece >= 0) {
      if (sent < this.#sendLength && !this.isOver) this.#keepRest(sent);
      buffers.release(this.#piece);
      this.#piece = NOTHING;
    } else if (this.#sendBlock !== null) {
      if (sent > 0) this.#shift(sent);
      sendBlocks.give(this.#sendBlock);
      this.#sendBlock = null;
    }
    if (this.isOver || result >= 0) return;
    if (result === -EAGAIN || result === -ECANCELED) this.#watcher.await(this);
    else this.fail(result, 'send');
  }

  #shift(count: number): void {
    const queue = this.#queue;
    queue?.shift(count);
    if (queue?.length === 0) this.#queue = null;
  }

  /** What the kernel did not take of a lease, and all that waits behind it, become bytes of our own. */
  #keepRest(sent: number): void {
    const rest = new SendQueue(this.#queued);
    const { buffers } = this.#watcher;
    rest.push(buffers.bytesAt(this.#sendAddress + sent, this.#sendLength - sent));
    if (this.#queue !== null) rest.push(this.#queue.bytes);
    this.#queue = rest;
  }

  #sendNext(): void {
    this.sendQueued();
    if (this.paused || this.needsDrain) this.#lowered();
    if (this.#queued === 0 && this.phase === PHASE.ending) {
      this.goodbye();
      this.rewatch();
    }
  }

  /** The queue has become shorter: at the low watermark the connection is read from again. */
  #lowered(): void {
    if (!this.paused || this.#queued > this.loop.limits.highWatermark / 2) return;
    this.drained();
    if (!this.paused && !this.isOver) this.#release();
    this.rewatch();
  }

  protected override retire(): void {
    this.#queue = null;
    this.#queued = 0;
    this.#held = null;
    if (this.inFlight === 0) {
      this.depart();
      return;
    }
    const { address } = this.block;
    if (this.#receiving === UNDER_WAY) cancelOverlapped(this.fd, address + PART.receive);
    if (this.#sending === UNDER_WAY) cancelOverlapped(this.fd, address + PART.send);
  }

  /** Nothing is under way any more: the loop may close it. */
  depart(): void {
    if (this.#hasRetired) return;
    this.#hasRetired = true;
    this.#giveBuffer();
    this.#watcher.blocks.give(this.block);
    this.loop.doom(this);
  }

  /** The loop ends, and the kernel has let go of everything. */
  abandon(): void {
    this.#receiving = IDLE;
    this.#sending = IDLE;
    if (this.isOver) this.depart();
  }
}
