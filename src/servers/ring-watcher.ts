/**
 * A loop's ring: what it has armed, for whom, and the memory behind it.
 *
 * A token (the 64 bits that come back with a completion) says who and what: the descriptor in its
 * lower word; in the upper one the operation, and above it the generation of the connection, so
 * that a completion of somebody who has left is never taken for one of whoever has that number now.
 */

import { SystemError } from '../errors.ts';
import { ERRNO, POLL, SOCKET } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { descriptorLimit } from '../sys/limits.ts';
import { forbiddenFeatures } from '../sys/linux/io-uring/features.ts';
import { highWord, Ring, SQE, sqeHead } from '../sys/linux/io-uring/ring.ts';
import { IORING_OP, IOSQE, SINCE_6_14 } from '../sys/linux/io-uring-abi.ts';
import type { Loop } from './loop.ts';
import { type PoolSizes, ReceivePool } from './receive-pool.ts';
import type { RingConnection } from './ring-connection.ts';
import { Staging } from './staging.ts';
import { STOP } from './statistics.ts';
import type { Watcher } from './watcher.ts';

/** The operations of tokens. */
export const OPERATION = {
  nothing: 0,
  accept: 1,
  receive: 2,
  send: 3,
  room: 4,
  cancel: 5,
  wake: 6,
  client: 7,
} as const;

export const OPERATION_MASK = 0xff;

const SUBMISSIONS = 4_096;
const COMPLETIONS = 32_768;
const FILES_MAX = 65_536;
/** So often the loop looks for buffers without sleeping. */
const DRY_BATCHES = 1_000;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const { IORING_OP_ACCEPT, IORING_OP_RECV, IORING_OP_SEND, IORING_OP_POLL_ADD } = IORING_OP;
const { IORING_OP_ASYNC_CANCEL, IORING_OP_FILES_UPDATE, IORING_OP_CLOSE } = IORING_OP;
const { IOSQE_FIXED_FILE, IOSQE_BUFFER_SELECT, IORING_RECV_MULTISHOT } = IOSQE;
const { IORING_ASYNC_CANCEL_ALL, IORING_ASYNC_CANCEL_FD } = IOSQE;

const ACCEPT = sqeHead(IORING_OP_ACCEPT);
const ACCEPT_AGAIN = sqeHead(IORING_OP_ACCEPT, 0, IOSQE.IORING_ACCEPT_MULTISHOT);
const POLL_ADD = sqeHead(IORING_OP_POLL_ADD);
const CANCEL = sqeHead(IORING_OP_ASYNC_CANCEL);
const SEND = sqeHead(IORING_OP_SEND);
const RECEIVE = sqeHead(IORING_OP_RECV, IOSQE_BUFFER_SELECT);
const RECEIVE_AGAIN = sqeHead(IORING_OP_RECV, IOSQE_BUFFER_SELECT, IORING_RECV_MULTISHOT);
/** The flag of submissions whose descriptor is a place in the ring's own table. */
const FIXED = sqeHead(0, IOSQE_FIXED_FILE);
const SEND_ALL = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_WAITALL;
const SEND_NOW = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_DONTWAIT;

export class RingWatcher implements Watcher {
  readonly loop: Loop<RingConnection>;
  readonly ring: Ring;
  readonly pool: ReceivePool;
  readonly staging = new Staging();
  isAccepting = false;
  readonly #listenerFd: number;
  /** Each descriptor's number at its own place, for the kernel to read; null without a table. */
  readonly #numbers: Arena | null;
  readonly #files: number;
  /** Counts the batches. */
  batch = 0;
  /** For how many batches somebody has waited for a buffer and nobody got one: 0 when nobody waits. */
  #dryBatches = 0;
  #wantsClients = false;
  #starved: RingConnection[] = [];
  #waiting: RingConnection[] = [];

  /** Opens the ring, for the calling thread. Throws what `Ring` throws. */
  constructor(loop: Loop<RingConnection>, sizes?: PoolSizes) {
    const without = forbiddenFeatures();
    this.loop = loop;
    this.#listenerFd = loop.listenerFd;
    this.ring = new Ring({ entries: SUBMISSIONS, completions: COMPLETIONS, without });
    this.pool = new ReceivePool(this.ring, !without.includes('incremental-buffers'), sizes);
    // Before 6.13 a closed place was given back only when every older operation was through.
    const isPrompt = (this.ring.features & SINCE_6_14.IORING_FEAT_RW_ATTR) !== 0;
    const files = Math.min(FILES_MAX, descriptorLimit());
    const hasTable = isPrompt && !without.includes('file-table') && this.ring.registerFiles(files);
    this.#files = hasTable ? files : 0;
    this.#numbers = hasTable ? Arena.map(files * WORD_BYTES) : null;
  }

  listen(): void {
    this.#wantsClients = true;
    if (!this.isAccepting) this.#armAccept();
  }

  ignore(): void {
    this.#wantsClients = false;
    if (!this.isAccepting) return;
    const at = this.ring.prepare(CANCEL, -1, -1, OPERATION.nothing);
    this.ring.sqes[at + SQE.address] = this.#listenerFd;
    this.ring.sqes[at + SQE.address + 1] = OPERATION.accept;
    // Before it is said that nobody is accepted any more.
    this.ring.submit();
  }

  #armAccept(): void {
    this.isAccepting = true;
    // The kernel wakes whoever has waited longest: one that never has to queue again gets them all.
    const head = this.loop.isShared ? ACCEPT : ACCEPT_AGAIN;
    const at = this.ring.prepare(head, this.#listenerFd, this.#listenerFd, OPERATION.accept);
    this.ring.sqes[at + SQE.flags] = SOCKET.SOCK_CLOEXEC;
  }

  /** A completion of the accept: a client, or why there is none. */
  accepted(result: number, isLast: boolean): void {
    if (isLast) this.isAccepting = false;
    if (result >= 0) {
      if (this.#wantsClients || this.loop.control.stop === STOP.drain) this.loop.adopt(result);
      else close(result);
    }
    if (!isLast || !this.#wantsClients) return;
    const mayGoOn = result >= 0 || result === -ERRNO.ECANCELED || this.loop.acceptFailed(-result);
    if (!this.#wantsClients || this.isAccepting) return;
    if (mayGoOn) this.#armAccept();
    else this.#armPoll(this.#listenerFd, POLL.POLLIN, this.#listenerFd, OPERATION.client);
  }

  /** After a shortage: somebody waits to be accepted. */
  clientWaits(): void {
    this.loop.accept();
    if (this.#wantsClients && !this.isAccepting) this.#armAccept();
  }

  addWaker(fd: number): void {
    this.#armPoll(fd, POLL.POLLIN, fd, OPERATION.wake);
  }

  /** The starter's waker was rung. */
  woken(fd: number): void {
    this.loop.clearWaker();
    this.addWaker(fd);
  }

  #armPoll(fd: number, events: number, low: number, high: number): void {
    const at = this.ring.prepare(POLL_ADD, fd, low, high);
    this.ring.sqes[at + SQE.flags] = events;
  }

  /** Takes a descriptor into the ring's table, and its connection's first receive under way. */
  add(connection: RingConnection): void {
    if (connection.fd < this.#files) this.#addFile(connection.fd);
    connection.receive();
  }

  #addFile(fd: number): void {
    const numbers = this.#numbers as Arena;
    new Int32Array(numbers.buffer)[fd] = fd;
    const { sqes } = this.ring;
    const at = this.ring.prepare(sqeHead(IORING_OP_FILES_UPDATE), -1, -1, OPERATION.nothing);
    const address = numbers.address + fd * WORD_BYTES;
    sqes[at + SQE.address] = address | 0;
    sqes[at + SQE.address + 1] = highWord(address);
    sqes[at + SQE.length] = 1;
    sqes[at + SQE.offset] = fd;
  }

  change(): void {}

  /** Nothing is under way on it any more: its place in the table goes, and with it the last hold. */
  remove(fd: number): void {
    if (fd >= this.#files) return;
    const at = this.ring.prepare(sqeHead(IORING_OP_CLOSE), 0, -1, OPERATION.nothing);
    this.ring.sqes[at + SQE.fileIndex] = fd + 1;
  }

  armReceive(connection: RingConnection, isMultishot: boolean): void {
    const { fd } = connection;
    const head = (isMultishot ? RECEIVE_AGAIN : RECEIVE) | (fd < this.#files ? FIXED : 0);
    const at = this.ring.prepare(head, fd, fd, connection.tag | OPERATION.receive);
    this.ring.sqes[at + SQE.bufferGroup] = connection.group;
  }

  armSend(connection: RingConnection, address: number, length: number, waits: boolean): void {
    const { fd } = connection;
    const { ring } = this;
    const head = fd < this.#files ? SEND | FIXED : SEND;
    const at = ring.prepare(head, fd, fd, connection.tag | OPERATION.send);
    const { sqes } = ring;
    sqes[at + SQE.address] = address | 0;
    if (address > 0x7fffffff) sqes[at + SQE.address + 1] = highWord(address);
    sqes[at + SQE.length] = length;
    sqes[at + SQE.flags] = waits ? SEND_ALL : SEND_NOW;
  }

  /** Has the kernel say when it has room for more of this one's bytes. */
  armRoom(connection: RingConnection): void {
    const { fd } = connection;
    this.#armPoll(fd, POLL.POLLOUT, fd, connection.tag | OPERATION.room);
  }

  cancelReceive(connection: RingConnection): void {
    this.#cancel(connection, OPERATION.receive);
  }

  cancelSend(connection: RingConnection): void {
    this.#cancel(connection, OPERATION.send);
  }

  #cancel({ fd, tag }: RingConnection, operation: number): void {
    const at = this.ring.prepare(CANCEL, -1, fd, tag | OPERATION.cancel);
    this.ring.sqes[at + SQE.address] = fd;
    this.ring.sqes[at + SQE.address + 1] = tag | operation;
  }

  /** Closing a descriptor cancels nothing: everything under way on it has to be. */
  cancelAllOf(connection: RingConnection): void {
    const { fd, tag } = connection;
    const at = this.ring.prepare(CANCEL, fd, fd, tag | OPERATION.cancel);
    this.ring.sqes[at + SQE.flags] = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_FD;
  }

  /** Its receive found no buffer: it is armed again when one has come back. */
  starve(connection: RingConnection): void {
    connection.isStarved = true;
    this.#starved.push(connection);
  }

  /** Its bytes found no room to be copied to. */
  await(connection: RingConnection): void {
    this.#waiting.push(connection);
  }

  /** Whose connection a token names; undefined when it has left. */
  connectionOf(low: number, high: number): RingConnection | undefined {
    const connection = this.loop.connectionAt(low);
    return connection?.tag === (high & ~OPERATION_MASK) ? connection : undefined;
  }

  /** A completion that is about no connection of now. */
  other(operation: number, fd: number, result: number, flags: number): void {
    if (operation === OPERATION.wake) this.woken(fd);
    else if (operation === OPERATION.client) this.clientWaits();
    // Of somebody who has left: whatever came for him lies in a buffer.
    else if (this.pool.take(Math.max(result, 0), flags)) {
      const { buffer, lease } = this.pool;
      this.pool.release(buffer, lease.address, lease.length);
    }
  }

  /** Between two batches: whoever waited for memory goes on as far as there is some. */
  goOn(): void {
    if (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const connection of waiting) connection.sendQueued();
    }
    if (this.#starved.length > 0) this.#feed();
    else this.#dryBatches = 0;
  }

  #feed(): void {
    const starved = this.#starved;
    this.#starved = [];
    const fed = [0, 0];
    let isDry = false;
    for (const connection of starved) {
      const { group } = connection;
      if ((fed[group] as number) >= this.pool.free(group)) {
        this.#starved.push(connection);
        // Nobody of its group goes on.
        if (fed[group] === 0) isDry = true;
        continue;
      }
      connection.isStarved = false;
      if (!connection.wantsRead || connection.isReceiving) continue;
      fed[group] = (fed[group] as number) + 1;
      connection.receive();
    }
    // A receive without bytes wants a buffer all the same: whoever was fed may take none of them.
    if (this.#starved.length === 0) this.#dryBatches = 0;
    else if (!isDry) this.#dryBatches = 1;
    else if (this.#dryBatches++ > 0) this.#collect();
  }

  /** No buffer has come back: those that wait in the kernel behind who does not read are called back. */
  #collect(): void {
    for (const connection of this.loop.connections) connection.yieldMemory();
  }

  /** Submits what is prepared and sleeps until something is complete: how many completions there are. */
  enter(timeoutMs: number | undefined): number {
    const { ring } = this;
    this.batch++;
    // Nobody sleeps while somebody waits for a buffer: what is sent at once gives some back, and the
    // rest is called back then.
    const isDry = this.#dryBatches > 0 && this.#dryBatches < DRY_BATCHES;
    const result = ring.enter(isDry ? 0 : 1, timeoutMs);
    if (result < 0) this.#check(result);
    return ring.available();
  }

  #check(result: number): void {
    const { EINTR, EAGAIN, EBUSY, ETIME } = ERRNO;
    if (result === -EINTR || result === -EAGAIN || result === -EBUSY || result === -ETIME) return;
    throw new SystemError(result, 'io_uring_enter');
  }

  /** Ends everything under way, and gives the memory back when the kernel has let go of it. */
  close(): void {
    const { ring } = this;
    if (ring.fd < 0) return;
    this.#wantsClients = false;
    ring.cancelAll();
    this.#closeUnseen();
    ring.close();
    this.pool.close();
    this.staging.close();
    this.#numbers?.close();
    for (const connection of this.loop.connections) {
      connection.inFlight = 0;
      if (connection.isOver) connection.depart();
    }
  }

  /** Clients that were accepted and never seen. */
  #closeUnseen(): void {
    const { ring } = this;
    for (let count = ring.available(); count > 0; count = ring.available()) {
      for (let i = 0; i < count; i++) {
        const at = ring.completionAt(i);
        const isAccept = ring.cqes[at + 1] === OPERATION.accept;
        const fd = ring.cqes[at + 2] as number;
        if (isAccept && fd >= 0) close(fd);
      }
      ring.seen(count);
      ring.enter(0);
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
