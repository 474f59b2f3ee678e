/**
 * A loop's completion port: what is under way, for whom, and the memory behind it.
 *
 * A packet carries the key of its handle, which is the descriptor's number, and the address of the
 * operation's OVERLAPPED. A descriptor is closed when nothing is under way on it any more, so that a
 * packet is never taken for one of whoever has the number next.
 */
import { SystemError } from '../errors.ts';
import { ERRNO, INET, SOCKET, TCP } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { openSocket, setsockopt, socketDomain } from '../sys/socket.ts';
import { CompletionPort } from '../sys/windows/completion-port.ts';
import { ACCEPT_ROOM, finishAccept, startAccept } from '../sys/windows/extensions.ts';
import {
  cancelOverlapped,
  NOW,
  overlappedResult,
  PENDING,
  resetOverlapped,
} from '../sys/windows/overlapped.ts';
import type { Loop } from './loop.ts';
import type { PortConnection } from './port-connection.ts';
import { Blocks, ReceiveBuffers, SendBlocks } from './port-memory.ts';
import type { Watcher } from './watcher.ts';

/** How many clients the kernel may take in by itself before the loop hears of the first. */
const ACCEPTS = 32;
/** An accept's OVERLAPPED, and behind it the room for two addresses; whole cache lines. */
const ACCEPT_AT = 64;
const ACCEPT_BLOCK = Math.ceil((ACCEPT_AT + ACCEPT_ROOM) / 64) * 64;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const ON = new Uint8Array(Int32Array.of(1).buffer);
/** How soon what found no room, or no socket, is tried again, in milliseconds. */
const RETRY_MS = 10;
/** How long the kernel gets to give everything back at the end, in milliseconds. */
const CLOSE_LIMIT_MS = 5_000;
const CLOSE_ROUND_MS = 20;

/** Memory that the kernel did not give back in time: it stays. */
const abandoned: PortWatcher[] = [];

export class PortWatcher implements Watcher {
  readonly isAccepting = false;
  readonly loop: Loop<PortConnection>;
  readonly port: CompletionPort;
  readonly blocks = new Blocks();
  readonly buffers = new ReceiveBuffers();
  readonly sendBlocks = new SendBlocks();
  /** Operations whose packet has not come. */
  underWay = 0;
  readonly #listenerFd: number;
  readonly #domain: number;
  readonly #accepts: Arena;
  readonly #acceptWords: Int32Array;
  /** The socket that each accept is to make a connection of; -1 while it rests. */
  readonly #sockets = new Int32Array(ACCEPTS).fill(-1);
  /** Accepts that were complete when their call returned. */
  readonly #accepted: number[] = [];
  #resting: number[] = [];
  #wantsClients = false;
  #isTied = false;
  #turns: PortConnection[] = [];
  #waiting: PortConnection[] = [];
  #isClosed = false;

  /** Opens the port, for the calling thread. Throws SystemError. */
  constructor(loop: Loop<PortConnection>) {
    this.loop = loop;
    this.#listenerFd = loop.listenerFd;
    this.#domain = socketDomain(loop.listenerFd);
    this.port = CompletionPort.open();
    this.#accepts = Arena.map(ACCEPTS * ACCEPT_BLOCK);
    this.#acceptWords = new Int32Array(this.#accepts.buffer);
  }

  listen(): void {
    this.#wantsClients = true;
    if (!this.#isTied) {
      const result = this.port.associate(this.#listenerFd, this.#listenerFd);
      if (result < 0) throw new SystemError(result, 'CreateIoCompletionPort');
      this.#isTied = true;
    }
    this.#resting = [];
    for (let index = 0; index < ACCEPTS; index++) {
      if (this.#sockets[index] === -1) this.#armAccept(index);
    }
  }

  ignore(): void {
    this.#wantsClients = false;
    for (let index = 0; index < ACCEPTS; index++) {
      if (this.#sockets[index] !== -1) cancelOverlapped(this.#listenerFd, this.#acceptAt(index));
    }
  }

  #acceptAt(index: number): number {
    return this.#accepts.address + index * ACCEPT_BLOCK;
  }

  #armAccept(index: number): void {
    const socket = openSocket(this.#domain, SOCKET.SOCK_STREAM, 0, true);
    if (socket < 0) {
      this.#notAccepted(index, socket);
      return;
    }
    const at = this.#acceptAt(index);
    this.#sockets[index] = socket;
    resetOverlapped(this.#acceptWords, (index * ACCEPT_BLOCK) / WORD_BYTES);
    const answer = startAccept(this.#listenerFd, socket, at + ACCEPT_AT, at);
    if (answer === PENDING) this.underWay++;
    else if (answer === NOW) this.#accepted.push(index);
    else {
      this.#sockets[index] = -1;
      close(socket);
      this.#notAccepted(index, answer);
    }
  }

  /** There is no socket, or no client: the accept rests for a moment. */
  #notAccepted(index: number, result: number): void {
    if (this.#wantsClients) this.#resting.push(index);
    if (result !== -ERRNO.ECANCELED) this.loop.acceptFailed(-result);
  }

  /** The end of an accept: a client, or why there is none. */
  #acceptCompleted(index: number): void {
    const socket = this.#sockets[index] as number;
    this.#sockets[index] = -1;
    const words = this.#acceptWords;
    const came = overlappedResult(words, (index * ACCEPT_BLOCK) / WORD_BYTES);
    const result = came < 0 ? came : finishAccept(socket, this.#listenerFd);
    if (result < 0 || !this.#wantsClients) {
      close(socket);
      if (result < 0) this.#notAccepted(index, result);
      return;
    }
    setsockopt(socket, INET.IPPROTO_TCP, TCP.TCP_NODELAY, ON, ON.length);
    this.loop.adopt(socket);
    if (this.#wantsClients && this.#sockets[index] === -1) this.#armAccept(index);
  }

  /** The starter rings by posting a packet (see sys/windows/threads.ts), not by a descriptor. */
  addWaker(): void {}

  /** Ties a descriptor to the port, and waits for its first bytes. */
  add(connection: PortConnection): void {
    const result = this.port.associate(connection.fd, connection.fd);
    if (result < 0) throw new SystemError(result, 'CreateIoCompletionPort');
    connection.receive();
  }

  change(): void {}

  remove(): void {}

  /** One of its operations was complete at once: it has its turn in this batch. */
  queueTurn(connection: PortConnection): void {
    this.#turns.push(connection);
  }

  /** Its bytes found no room to be copied to. */
  await(connection: PortConnection): void {
    this.#waiting.push(connection);
  }

  /** Sleeps until something is complete: how many packets there are. */
  enter(timeoutMs: number | undefined): number {
    const isBusy = this.#turns.length > 0 || this.#accepted.length > 0;
    const result = this.port.wait(isBusy ? 0 : this.#limit(timeoutMs));
    if (result < 0) throw new SystemError(result, 'GetQueuedCompletionStatusEx');
    return result;
  }

  #limit(timeoutMs: number | undefined): number {
    const limit = timeoutMs === undefined ? -1 : Math.ceil(timeoutMs);
    const isRetrying = this.#waiting.length > 0 || this.#resting.length > 0;
    if (!isRetrying) return limit;
    return limit < 0 ? RETRY_MS : Math.min(limit, RETRY_MS);
  }

  /** Takes in packet `index` of this batch. */
  take(index: number): void {
    const overlapped = this.port.overlappedAt(index);
    // A wake-up: the loop looks at its stop word.
    if (overlapped === 0) return;
    this.underWay--;
    const fd = this.port.keyAt(index);
    if (fd === this.#listenerFd) {
      this.#acceptCompleted((overlapped - this.#accepts.address) / ACCEPT_BLOCK);
    } else this.loop.connectionAt(fd)?.completed(overlapped);
  }

  /** What was complete at once has its turn; what found no room or no socket tries again. */
  goOn(): void {
    for (const index of this.#accepted.splice(0)) this.#acceptCompleted(index);
    if (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const connection of waiting) connection.sendQueued();
    }
    if (this.#resting.length > 0 && this.#wantsClients) {
      for (const index of this.#resting.splice(0)) {
        if (this.#sockets[index] === -1) this.#armAccept(index);
      }
    }
    if (this.#turns.length === 0) return;
    const turns = this.#turns;
    this.#turns = [];
    for (const connection of turns) connection.takeTurn();
  }

  /** Ends everything under way, and gives the memory back when the kernel has let go of it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.ignore();
    for (const connection of this.loop.connections) cancelOverlapped(connection.fd, 0);
    const isThrough = this.#drain();
    for (const socket of this.#sockets) if (socket !== -1) close(socket);
    for (const connection of this.loop.connections) connection.abandon();
    this.port.close();
    if (!isThrough) {
      // Better lost than written by two.
      abandoned.push(this);
      return;
    }
    this.#accepts.close();
    this.blocks.close();
    this.buffers.close();
    this.sendBlocks.close();
  }

  /** Takes packets until there are none to come: false when that takes too long. */
  #drain(): boolean {
    const deadline = performance.now() + CLOSE_LIMIT_MS;
    while (this.underWay > 0) {
      if (performance.now() > deadline) return false;
      const count = this.port.wait(CLOSE_ROUND_MS);
      for (let index = 0; index < count; index++) {
        if (this.port.overlappedAt(index) !== 0) this.underWay--;
      }
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
