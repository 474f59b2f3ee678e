/**
 * Multishot operations: one submission, many completions.
 *
 * Facts: a completion without IORING_CQE_F_MORE is the last one, whatever its reason: the end of the
 * stream, an error, no buffer, no descriptor, or nothing but the kernel's own bookkeeping.
 *
 * What this means for us: only the end of the stream, an error that will not pass and a cancellation
 * end the operation. After everything else it is started again, when that has a prospect: a receive
 * when a buffer comes back, an accept after a pause. Where the kernel has no multishot operations
 * every completion is a last one, and the same rules make many out of single ones.
 */
import type { Fd } from '../../platform/fd.ts';
import { ERRNO, POLL, SOCKET } from '../../sys/abi.ts';
import { IORING, IORING_OP, IOSQE } from '../../sys/linux/io-uring-abi.ts';
import type { AcceptedFd } from '../completion-queue.ts';
import type { MultishotOperation } from '../operation.ts';
import { markUsed, type ProvidedBuffers, ReceivedChunk } from '../provided-buffers.ts';
import { ITEMS_MAX, peerOf, SHORTAGES, Stream } from '../stream.ts';
import { PART } from './control-blocks.ts';
import type { Engine } from './engine.ts';
import type { RingBufferGroup } from './ring-buffer-group.ts';
import { IDLE, OVER, type Request, Task } from './task.ts';

const { EAGAIN, ECANCELED, ENOBUFS } = ERRNO;
const { ECONNABORTED, EPROTO, ENOPROTOOPT, EHOSTUNREACH, ENETDOWN, ENETUNREACH } = ERRNO;

/** accept(2): errors of a connection that is gone, not of the listener. */
const PASSING: readonly number[] = [
  ECONNABORTED,
  EPROTO,
  ENOPROTOOPT,
  EHOSTUNREACH,
  ENETDOWN,
  ENETUNREACH,
];

const POLL_FIRST = IOSQE.IORING_RECVSEND_POLL_FIRST;

/** `acceptMultishot`. */
export class AcceptStream extends Stream<AcceptedFd, Task, Engine> {
  readonly #isMultishot: boolean;
  readonly #rest: (stream: AcceptStream) => void;
  #isPausing = false;

  /** @param rest called when the process is short of something: start it again after a pause */
  constructor(
    engine: Engine,
    operation: MultishotOperation<AcceptedFd>,
    {
      fd,
      isMultishot,
      rest,
    }: {
      readonly fd: number;
      readonly isMultishot: boolean;
      readonly rest: (stream: AcceptStream) => void;
    },
  ) {
    super(engine, operation, new Task(operation, acceptRequest(fd, isMultishot)));
    this.task.completed = (result, _flags, isLast) => this.#completed(result, isLast);
    this.#isMultishot = isMultishot;
    this.#rest = rest;
  }

  /** Goes on after a pause. */
  resume(): void {
    if (this.task.state === IDLE && this.operation.pending < ITEMS_MAX) this.again();
  }

  #completed(result: number, isLast: boolean): void {
    const { engine, task } = this;
    if (result >= 0) {
      // The kernel has one place for the addresses of all: of many, it would be the last one's.
      const address = this.#isMultishot ? peerOf(result) : engine.blocks.getName(task.slot);
      this.deliver({ fd: result as Fd, address });
      if (this.operation.pending >= ITEMS_MAX && !isLast && !this.#isPausing) {
        this.#isPausing = true;
        engine.pause(task);
      }
    }
    if (!isLast) return;
    const isFull = this.operation.pending >= ITEMS_MAX;
    const isPaused = this.#isPausing && (result >= 0 || result === -ECANCELED);
    this.#isPausing = false;
    if (task.isCancelRequested) this.end(-ECANCELED);
    else if (isPaused || isFull) {
      // Whoever takes the items calls `resume`.
      if (!isFull) this.again();
    } else if (result >= 0 || PASSING.includes(-result)) this.again();
    else if (SHORTAGES.includes(-result)) this.#rest(this);
    else this.end(result);
  }
}

/**
 * `recvMultishot`. The kernel waits for bytes before it looks for a buffer (POLL_FIRST): otherwise
 * it would answer ENOBUFS to a connection that is idle, and a buffer that comes back would wake that
 * one instead of one that has bytes. Where the kernel cannot choose a buffer itself, it is asked to wait for bytes
 * first: a receive that names its buffer would hold it while its connection is idle.
 */
export class RecvStream extends Stream<ReceivedChunk, Task, Engine> {
  readonly #fd: number;
  readonly #buffers: ProvidedBuffers;
  readonly #group: RingBufferGroup;
  /** The buffer that a receive names; -1 while it waits for bytes, or the kernel chooses. */
  #chosen = -1;

  constructor(
    engine: Engine,
    operation: MultishotOperation<ReceivedChunk>,
    { fd, buffers, group, isMultishot }: RecvStreamOptions,
  ) {
    const request = group.isInKernel ? chosenRequest(fd, group, isMultishot) : pollRequest(fd);
    super(engine, operation, new Task(operation, request));
    this.task.completed = (result, flags, isLast) => this.#completed(result, flags, isLast);
    this.#fd = fd;
    this.#buffers = buffers;
    this.#group = group;
    group.users++;
  }

  /** Goes on when a buffer has come back; false when it is no longer waiting for one. */
  resume(): boolean {
    if (this.task.state !== IDLE) return false;
    if (this.#group.isInKernel) this.again();
    else this.#receive();
    return true;
  }

  #completed(result: number, flags: number, isLast: boolean): void {
    if (!this.#group.isInKernel) {
      this.#completedByHand(result);
      return;
    }
    if ((flags & IORING.IORING_CQE_F_BUFFER) !== 0) {
      this.#take(flags >>> IORING.IORING_CQE_BUFFER_SHIFT, result);
    }
    if (!isLast) return;
    if (result > 0) this.again();
    else if (result === -ENOBUFS) this.#afterShortage();
    else this.end(result);
    // One that was woken for a buffer may have ended without it.
    if (this.#buffers.available > 0) this.#group.feed();
  }

  protected override end(result: number): void {
    if (this.task.state !== OVER) this.#group.users--;
    super.end(result);
  }

  #completedByHand(result: number): void {
    const index = this.#chosen;
    this.#chosen = -1;
    if (index >= 0) this.#take(index, result);
    else if (result >= 0) {
      this.#receive();
      return;
    }
    if (result <= 0 && result !== -EAGAIN) {
      this.end(result);
      return;
    }
    this.again(pollRequest(this.#fd));
  }

  /** Bytes are there: receives them into a buffer, or waits for one. */
  #receive(): void {
    if (this.task.isCancelRequested) {
      this.end(-ECANCELED);
      return;
    }
    this.#chosen = this.#group.choose();
    if (this.#chosen < 0) {
      this.#starve();
      return;
    }
    this.again({
      opcode: IORING_OP.IORING_OP_RECV,
      fd: this.#fd,
      address: this.#group.addressOf(this.#chosen),
      length: this.#buffers.size,
      flags: SOCKET.MSG_DONTWAIT,
    });
  }

  /** A buffer was filled, or comes back as it was. */
  #take(index: number, result: number): void {
    if (result <= 0) {
      this.#group.give(index);
      return;
    }
    markUsed(this.#buffers, index);
    this.deliver(new ReceivedChunk(this.#buffers, index, result));
  }

  #afterShortage(): void {
    // One may have come back since the kernel looked.
    if (this.#buffers.available > 0 || this.task.isCancelRequested) this.again();
    else this.#starve();
  }

  #starve(): void {
    this.engine.starved++;
    this.#group.starved.push(this);
  }
}

interface RecvStreamOptions {
  readonly fd: number;
  readonly buffers: ProvidedBuffers;
  readonly group: RingBufferGroup;
  readonly isMultishot: boolean;
}

function pollRequest(fd: number): Request {
  return { opcode: IORING_OP.IORING_OP_POLL_ADD, fd, flags: POLL.POLLIN };
}

function acceptRequest(fd: number, isMultishot: boolean): Request {
  const request = { opcode: IORING_OP.IORING_OP_ACCEPT, fd, flags: SOCKET.SOCK_CLOEXEC };
  if (isMultishot) return { ...request, ioprio: IOSQE.IORING_ACCEPT_MULTISHOT };
  return {
    ...request,
    part: PART.name,
    offsetPart: PART.nameLength,
    prepare: (blocks, slot) => blocks.clearName(slot),
  };
}

/** A receive into whichever buffer the kernel chooses. */
function chosenRequest(fd: number, group: RingBufferGroup, isMultishot: boolean): Request {
  return {
    opcode: IORING_OP.IORING_OP_RECV,
    fd,
    entryFlags: IOSQE.IOSQE_BUFFER_SELECT,
    group: group.number,
    ioprio: POLL_FIRST | (isMultishot ? IOSQE.IORING_RECV_MULTISHOT : 0),
  };
}
