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
import { SystemError } from '../../errors.ts';
import type { Fd } from '../../platform/fd.ts';
import { IORING, IORING_OP, IOSQE } from '../../sys/linux/io-uring-abi.ts';
import { ERRNO, SOCKET } from '../../sys/posix/abi.ts';
import {
  type Address,
  addressScratch,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../../sys/posix/address.ts';
import { getpeername } from '../../sys/posix/socket.ts';
import type { AcceptedFd } from '../completion-queue.ts';
import { deliver, fail, type MultishotOperation, succeed, wake } from '../operation.ts';
import { markUsed, type ProvidedBuffers, ReceivedChunk } from '../provided-buffers.ts';
import type { BufferGroup } from './buffer-group.ts';
import { PART } from './control-blocks.ts';
import type { Engine } from './engine.ts';
import { IDLE, OVER, type Request, Task } from './task.ts';

const { ECANCELED, ENOBUFS, EMFILE, ENFILE, ENOMEM } = ERRNO;
const { ECONNABORTED, EPROTO, ENOPROTOOPT, EHOSTUNREACH, ENETDOWN, ENETUNREACH } = ERRNO;

/** An accept with so many connections that nobody has taken pauses until they are. */
export const ITEMS_MAX = 1_024;

const SHORTAGES: readonly number[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM];
/** accept(2): errors of a connection that is gone, not of the listener. */
const PASSING: readonly number[] = [
  ECONNABORTED,
  EPROTO,
  ENOPROTOOPT,
  EHOSTUNREACH,
  ENETDOWN,
  ENETUNREACH,
];

/** What the two have in common: the task behind a multishot operation, and its end. */
abstract class Stream<Item> {
  readonly task: Task;
  readonly operation: MultishotOperation<Item>;
  protected readonly engine: Engine;
  #count = 0;

  constructor(engine: Engine, operation: MultishotOperation<Item>, request: Request) {
    this.engine = engine;
    this.operation = operation;
    this.task = new Task(operation, request);
    this.task.completed = (result, flags, isLast) => this.completed(result, flags, isLast);
  }

  protected abstract completed(result: number, flags: number, isLast: boolean): void;

  protected deliver(item: Item): void {
    this.#count++;
    this.engine.items++;
    deliver(this.operation, item);
    this.engine.list(this.task);
    wake(this.operation);
  }

  /** Starts the submission again, unless somebody wants it to end. */
  protected again(): void {
    if (this.task.isCancelRequested) {
      this.end(-ECANCELED);
      return;
    }
    this.engine.rearmed++;
    this.engine.restart(this.task);
  }

  protected end(result: number): void {
    const { operation, task } = this;
    if (result < 0)
      fail(operation, new SystemError(result, operation.name.replace('Multishot', '')));
    else succeed(operation, this.#count);
    this.engine.end(task);
    wake(operation);
  }
}

/** Who is at the other end; a connection that is gone already has no name any more. */
function peerOf(fd: number): Address {
  resetScratch();
  const result = getpeername(fd, addressScratch, sizeScratch);
  return result < 0 ? { unnamed: true } : scratchAddress();
}

/** `acceptMultishot`. */
export class AcceptStream extends Stream<AcceptedFd> {
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
    const request = { opcode: IORING_OP.IORING_OP_ACCEPT, fd, flags: SOCKET.SOCK_CLOEXEC };
    super(
      engine,
      operation,
      isMultishot
        ? { ...request, ioprio: IOSQE.IORING_ACCEPT_MULTISHOT }
        : {
            ...request,
            part: PART.name,
            offsetPart: PART.nameLength,
            prepare: (blocks, slot) => blocks.clearName(slot),
          },
    );
    this.#isMultishot = isMultishot;
    this.#rest = rest;
  }

  /** Goes on after a pause. */
  resume(): void {
    if (this.task.state === IDLE && this.operation.pending < ITEMS_MAX) this.again();
  }

  protected override completed(result: number, _flags: number, isLast: boolean): void {
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

/** `recvMultishot`. */
export class RecvStream extends Stream<ReceivedChunk> {
  readonly #buffers: ProvidedBuffers;
  readonly #group: BufferGroup;
  /** The buffer of a single receive, where the kernel cannot choose one itself. */
  #chosen = -1;

  constructor(
    engine: Engine,
    operation: MultishotOperation<ReceivedChunk>,
    {
      fd,
      buffers,
      group,
      isMultishot,
    }: {
      readonly fd: number;
      readonly buffers: ProvidedBuffers;
      readonly group: BufferGroup;
      readonly isMultishot: boolean;
    },
  ) {
    const request = { opcode: IORING_OP.IORING_OP_RECV, fd };
    super(
      engine,
      operation,
      group.isInKernel
        ? {
            ...request,
            entryFlags: IOSQE.IOSQE_BUFFER_SELECT,
            group: group.number,
            ioprio: isMultishot ? IOSQE.IORING_RECV_MULTISHOT : 0,
          }
        : request,
    );
    this.#buffers = buffers;
    this.#group = group;
    group.users++;
  }

  /** Records the operation; where no buffer is left it waits for one first. */
  start(): void {
    if (this.#chooseBuffer()) {
      this.engine.record(this.task, false);
      return;
    }
    this.engine.park(this.task);
    this.#starve();
  }

  /** Goes on when a buffer has come back; false when it is no longer waiting for one. */
  resume(): boolean {
    if (this.task.state !== IDLE) return false;
    this.#go();
    return true;
  }

  #go(): void {
    if (this.task.isCancelRequested || this.#chooseBuffer()) this.again();
    else this.#starve();
  }

  /** Gets a buffer where that is ours to do; false when there is none. */
  #chooseBuffer(): boolean {
    const group = this.#group;
    if (group.isInKernel) return true;
    this.#chosen = group.choose();
    if (this.#chosen < 0) return false;
    const address = group.addressOf(this.#chosen);
    this.task.request = { ...this.task.request, address, length: this.#buffers.size };
    return true;
  }

  #starve(): void {
    this.engine.starved++;
    this.#group.starved.push(this);
  }

  protected override completed(result: number, flags: number, isLast: boolean): void {
    const group = this.#group;
    const isNamed = group.isInKernel && (flags & IORING.IORING_CQE_F_BUFFER) !== 0;
    const index = isNamed ? flags >>> IORING.IORING_CQE_BUFFER_SHIFT : this.#chosen;
    this.#chosen = -1;
    if (result > 0) {
      markUsed(this.#buffers, index);
      this.deliver(new ReceivedChunk(this.#buffers, index, result));
    } else if (index >= 0) group.give(index);
    if (!isLast) return;
    if (result === -ENOBUFS) this.#afterShortage();
    else if (result > 0) this.#go();
    else this.end(result);
  }

  protected override end(result: number): void {
    if (this.task.state !== OVER) this.#group.users--;
    super.end(result);
  }

  #afterShortage(): void {
    // One may have come back since the kernel looked.
    if (this.#buffers.available > 0 || this.task.isCancelRequested) this.#go();
    else this.#starve();
  }
}
