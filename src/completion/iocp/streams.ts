/**
 * Multishot operations: accepts and receives that go on. The kernel has nothing of the kind, so one
 * operation follows another.
 *
 * A receive waits for bytes without a buffer (it receives nothing, which is complete when there is
 * something), and takes one when there are: an idle connection holds no memory.
 */
import type { Fd } from '../../platform/fd.ts';
import { ERRNO, SOCKET } from '../../sys/abi.ts';
import { socketType } from '../../sys/windows/extensions.ts';
import type { BufferGroup } from '../buffer-group.ts';
import type { AcceptedFd } from '../completion-queue.ts';
import type { MultishotOperation } from '../operation.ts';
import { markUsed, type ProvidedBuffers, ReceivedChunk } from '../provided-buffers.ts';
import { ITEMS_MAX, peerOf, SHORTAGES, Stream } from '../stream.ts';
import type { Engine } from './engine.ts';
import { acceptRequest, idleRequest, pollRequest, recvAtOnceRequest } from './requests.ts';
import { IDLE, OVER, type Request, Task } from './task.ts';

const { ECANCELED, ECONNABORTED, ECONNRESET } = ERRNO;
const { SOCK_STREAM } = SOCKET;
const READABLE = 1;

/** Errors of a connection that is gone, not of the listener. */
const PASSING: readonly number[] = [ECONNABORTED, ECONNRESET];

/** `acceptMultishot`. */
export class AcceptStream extends Stream<AcceptedFd, Task, Engine> {
  readonly #fd: number;
  readonly #rest: (stream: AcceptStream) => void;

  /** @param rest called when the process is short of something: start it again after a pause */
  constructor(
    engine: Engine,
    operation: MultishotOperation<AcceptedFd>,
    { fd, rest }: { readonly fd: number; readonly rest: (stream: AcceptStream) => void },
  ) {
    super(engine, operation, new Task(operation, acceptRequest(fd)));
    this.task.completed = (result) => this.#completed(result);
    this.#fd = fd;
    this.#rest = rest;
  }

  /** Goes on after a pause. */
  resume(): void {
    if (this.task.state !== IDLE || this.operation.pending >= ITEMS_MAX) return;
    this.again(acceptRequest(this.#fd));
  }

  #completed(result: number): void {
    if (result >= 0) this.deliver({ fd: result as Fd, address: peerOf(result) });
    if (this.task.isCancelRequested) this.end(-ECANCELED);
    else if (result >= 0 || PASSING.includes(-result)) this.resume();
    else if (SHORTAGES.includes(-result)) this.#rest(this);
    else this.end(result);
  }
}

/** `recvMultishot`. */
export class RecvStream extends Stream<ReceivedChunk, Task, Engine> {
  readonly #fd: number;
  readonly #buffers: ProvidedBuffers;
  readonly #group: BufferGroup;
  readonly #idle: Request;
  /** The buffer that a receive has; -1 while it waits for bytes. */
  #chosen = -1;

  constructor(
    engine: Engine,
    operation: MultishotOperation<ReceivedChunk>,
    {
      fd,
      buffers,
      group,
    }: {
      readonly fd: number;
      readonly buffers: ProvidedBuffers;
      readonly group: BufferGroup;
    },
  ) {
    const idle = waitForBytes(engine, fd);
    super(engine, operation, new Task(operation, idle));
    this.task.completed = (result) => this.#completed(result);
    this.#fd = fd;
    this.#buffers = buffers;
    this.#group = group;
    this.#idle = idle;
    group.users++;
  }

  /** Goes on when a buffer has come back; false when it is no longer waiting for one. */
  resume(): boolean {
    if (this.task.state !== IDLE) return false;
    this.#receive();
    return true;
  }

  #completed(result: number): void {
    const index = this.#chosen;
    this.#chosen = -1;
    if (index < 0) {
      if (result < 0) this.end(result);
      else this.#receive();
      return;
    }
    if (result > 0) {
      markUsed(this.#buffers, index);
      this.deliver(new ReceivedChunk(this.#buffers, index, result));
    } else this.#group.give(index);
    // Broken off because the bytes were gone: somebody else has received them.
    if (result > 0 || result === -ECANCELED) this.again(this.#idle);
    else this.end(result);
  }

  protected override end(result: number): void {
    if (this.task.state !== OVER) this.#group.users--;
    super.end(result);
  }

  /** Bytes are there: receives them into a buffer, or waits for one. */
  #receive(): void {
    if (this.task.isCancelRequested) {
      this.end(-ECANCELED);
      return;
    }
    this.#chosen = this.#group.choose();
    if (this.#chosen < 0) {
      this.engine.starved++;
      this.#group.starved.push(this);
      return;
    }
    const address = this.#group.addressOf(this.#chosen);
    this.again(recvAtOnceRequest(this.#fd, address, this.#buffers.size));
  }
}

/** A datagram would be lost to a receive of nothing: there, the driver is asked. */
function waitForBytes(engine: Engine, fd: number): Request {
  const type = socketType(fd);
  const isStream = type < 0 || type === SOCK_STREAM;
  return isStream ? idleRequest(fd) : pollRequest(engine, fd, READABLE);
}
