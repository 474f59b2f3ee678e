/**
 * The queue behind its methods: it records what they plan, settles receipts, keeps multishot
 * operations going, waits, and ends.
 */
import { PolyioError, SystemError } from '../../errors.ts';
import type { Fd, Handle } from '../../platform/fd.ts';
import { fdOf } from '../../platform/fd.ts';
import { asInteger, asTimeout } from '../../platform/integers.ts';
import { ERRNO } from '../../sys/abi.ts';
import { close } from '../../sys/descriptor.ts';
import { CompletionPort } from '../../sys/windows/completion-port.ts';
import { closeHandle } from '../../sys/windows/file.ts';
import { asFlag, asPowerOfTwo } from '../arguments.ts';
import { BufferGroup, type BufferGroups } from '../buffer-group.ts';
import type { AcceptedFd, CompletionQueueOptions, OperationOptions } from '../completion-queue.ts';
import {
  discardItems,
  fail,
  MultishotOperation,
  Operation,
  type OperationOwner,
  setWork,
  succeed,
  workOf,
} from '../operation.ts';
import { type Plan, settle } from '../plan.ts';
import {
  type BuffersOwner,
  endLease,
  ProvidedBuffers,
  type ReceivedChunk,
} from '../provided-buffers.ts';
import { SlotPool } from '../queue-buffer.ts';
import { Engine } from './engine.ts';
import type { FilePosition } from './requests.ts';
import { AcceptStream, RecvStream } from './streams.ts';
import { Task } from './task.ts';

const ENTRIES_MIN = 16;
const ENTRIES_MAX = 32_768;
const OPERATIONS_MAX = 2 ** 20;
const MEMORY_MIN = 2 ** 20;
const MEMORY_MAX = 2 ** 40;
/** How long accepting rests when the process is short of sockets or memory, in milliseconds. */
const PAUSE_MS = 50;
/** How long the kernel gets to give operations back when the queue closes, in milliseconds. */
const CLOSE_LIMIT_MS = 5_000;
const CLOSE_ROUND_MS = 20;

/** Open queues: the kernel may write into the memory of one that the program has forgotten. */
const open = new Set<QueueCore>();
/** Queues whose operations the kernel did not give back. */
const abandoned: QueueCore[] = [];

export class QueueCore {
  readonly engine: Engine;
  readonly port: CompletionPort;
  readonly pool: SlotPool;
  isClosed = false;
  /** What receipts and provided buffers need of the queue, and its users do not see. */
  readonly #owner: OperationOwner & BuffersOwner = this.#newOwner();
  readonly #groups: BufferGroups<BufferGroup> = new Map();
  /** Multishot operations that may have items which nobody took. */
  readonly #streams = new Map<MultishotOperation<unknown>, AcceptStream | RecvStream>();
  /** Where the operations that name no position are in their files. */
  readonly #positions = new Map<number, number>();
  #resting: AcceptStream[] = [];
  #isClosing = false;

  constructor(options: CompletionQueueOptions) {
    const { entries = 4_096, operationsMax = 65_536, memoryMax = 2 ** 28 } = options;
    asPowerOfTwo(entries, 'entries', ENTRIES_MIN, ENTRIES_MAX);
    asInteger(operationsMax, 'operationsMax', 1, OPERATIONS_MAX);
    asInteger(memoryMax, 'memoryMax', MEMORY_MIN, MEMORY_MAX);
    this.pool = new SlotPool(memoryMax);
    this.port = CompletionPort.open();
    this.engine = new Engine(this.port, this.pool, { inFlightMax: entries, operationsMax });
    open.add(this);
  }

  /** Throws what forbids one operation more; whoever records one takes nothing before. */
  admit(name: string, { link, drain, timeoutMs }: OperationOptions): void {
    this.assertOpen(name);
    asFlag(link, 'link');
    asFlag(drain, 'drain');
    asTimeout(timeoutMs);
    this.engine.checkRoom();
  }

  /** The same for one that is about a descriptor: its number. */
  admitOn(name: string, handle: Handle, options: OperationOptions): Fd {
    this.admit(name, options);
    const fd = fdOf(handle);
    this.engine.assertUsable(fd);
    return fd;
  }

  /** Throws ERR_POLYIO_CLOSED. */
  assertOpen(name: string): void {
    if (!this.isClosed) return;
    throw new PolyioError('ERR_POLYIO_CLOSED', `IocpQueue.${name}: the queue is closed`);
  }

  /** Records an operation that was admitted. */
  record<Result>(options: OperationOptions, plan: Plan<Result, Task>): Operation<Result> {
    const operation = new Operation<Result>(this.#owner, plan.name);
    const task = new Task(operation, plan.request);
    task.timeoutMs = asTimeout(options.timeoutMs);
    task.isDrain = options.drain === true;
    task.buffer = plan.place?.slot ?? null;
    task.memory = plan.memory ?? null;
    task.completed = (result) => this.#settle(task, operation, plan, result);
    setWork(operation, task);
    this.engine.record(task, options.link === true);
    return operation;
  }

  /** Records an accept that goes on. */
  acceptMultishot(fd: number): MultishotOperation<AcceptedFd> {
    const operation = new MultishotOperation<AcceptedFd>(this.#owner, 'acceptMultishot', {
      end: (item, isTaken) => {
        if (!isTaken) close(item.fd);
      },
    });
    const rest = (resting: AcceptStream) => this.#rest(resting);
    this.#keep(operation, new AcceptStream(this.engine, operation, { fd, rest }));
    return operation;
  }

  /** Records a receive that goes on; undefined when the buffers are not of this queue. */
  recvMultishot(
    fd: number,
    buffers: ProvidedBuffers,
  ): MultishotOperation<ReceivedChunk> | undefined {
    const group = this.#groups.get(buffers);
    if (group === undefined) return undefined;
    if (buffers.disposed) {
      throw new PolyioError('ERR_POLYIO_CLOSED', 'recvMultishot: the buffers were disposed');
    }
    const operation = new MultishotOperation<ReceivedChunk>(this.#owner, 'recvMultishot', {
      end: endLease,
    });
    this.#keep(operation, new RecvStream(this.engine, operation, { fd, buffers, group }));
    return operation;
  }

  /** Memory that receives share. */
  provide(options: { readonly count: number; readonly size: number }): ProvidedBuffers {
    const slot = this.pool.take(options.count * options.size);
    const buffers = new ProvidedBuffers(this.#owner, slot, options);
    const group = new BufferGroup(slot, options.size);
    group.fill(options.count);
    this.#groups.set(buffers, group);
    return buffers;
  }

  /** Asks for the end of operations, and records how many were found. */
  cancel(target: Operation<unknown> | Handle): Operation<number> {
    const targets = this.#targetsOf(target);
    const operation = new Operation<number>(this.#owner, 'cancel');
    const task = this.#newControl(operation);
    let found = 0;
    for (const each of targets) found += Number(this.engine.cancel(each));
    task.completed = () => {
      succeed(operation, found);
      this.engine.end(task);
    };
    this.engine.conclude(task, 0);
    return operation;
  }

  /** Cancels what is under way on a descriptor, waits for it, and closes. */
  closeFd(fd: number): Operation<void> {
    const operation = new Operation<void>(this.#owner, 'close');
    const task = this.#newControl(operation);
    task.completed = (result) => {
      if (result < 0) fail(operation, new SystemError(result, 'close'));
      else succeed(operation, undefined);
      this.engine.end(task);
    };
    this.engine.closeFd(fd, () => {
      this.#positions.delete(fd);
      this.engine.conclude(task, close(fd));
    });
    return operation;
  }

  /**
   * Where an operation begins in its file: at a position, or (-1) at the file's own, which is kept
   * here and moves on by what was asked for as soon as it starts.
   */
  positionOf(fd: number, position: number, length: number): FilePosition {
    if (position >= 0) return { begin: () => position, end: () => {} };
    let started = 0;
    return {
      begin: () => {
        started = this.#positions.get(fd) ?? 0;
        this.#positions.set(fd, started + length);
        return started;
      },
      // A short one takes the rest back, unless another has started behind it.
      end: (moved) => {
        const isLast = this.#positions.get(fd) === started + length;
        if (isLast) this.#positions.set(fd, started + Math.max(moved, 0));
      },
    };
  }

  /** Waits until `min` operations are ready, nothing can become so, or the time is over. */
  waitFor(min: number, deadline: number): void {
    const { engine } = this;
    for (let hasLooked = false; ; hasLooked = true) {
      engine.place();
      const leftMs = deadline - performance.now();
      const isOver = engine.ready >= min || leftMs <= 0;
      if (engine.isStalled || (isOver && hasLooked)) return;
      if (isOver) engine.enter(0);
      else engine.enter(leftMs === Number.POSITIVE_INFINITY ? -1 : Math.ceil(leftMs));
    }
  }

  /** Ends everything. Throws SystemError when the kernel keeps operations; their memory stays. */
  close(): void {
    this.#isClosing = true;
    const isThrough = this.#drain();
    for (const operation of this.#streams.keys()) discardItems(operation);
    this.#streams.clear();
    this.isClosed = true;
    const afd = this.engine.takeAfd();
    if (afd >= 0) closeHandle(afd);
    this.port.close();
    open.delete(this);
    if (!isThrough) {
      // Better lost than written by two.
      abandoned.push(this);
      const { pending } = this.engine;
      const hint = `${pending} operations have not come back from the kernel; their memory stays`;
      throw new SystemError(ERRNO.ETIMEDOUT, 'GetQueuedCompletionStatusEx', { hint });
    }
    this.engine.blocks.close();
    this.pool.close();
  }

  /** Cancels everything and waits for it: whether the kernel is through. */
  #drain(): boolean {
    const { engine } = this;
    const deadline = performance.now() + CLOSE_LIMIT_MS;
    for (;;) {
      engine.cancelAll();
      engine.place();
      if (engine.inFlight === 0 && engine.pending === 0) return true;
      if (performance.now() > deadline) return false;
      // An interrupt is no reason to leave the kernel with memory that is about to go.
      engine.enter(CLOSE_ROUND_MS, true);
    }
  }

  #newControl(operation: Operation<unknown>): Task {
    const task = new Task(operation, { fd: -1 });
    task.isControl = true;
    setWork(operation, task);
    this.engine.admit(task);
    return task;
  }

  #newOwner(): OperationOwner & BuffersOwner {
    return {
      attached: false,
      requestCancel: (operation) => {
        const task = workOf(operation, this.#owner) as Task | undefined;
        if (task !== undefined && !this.isClosed) this.engine.cancel(task);
      },
      resume: (operation) => this.#resume(operation),
      give: (buffers, index) => this.#groups.get(buffers)?.give(index),
      withdraw: (buffers) => this.#withdraw(buffers),
    };
  }

  #withdraw(buffers: ProvidedBuffers): void {
    const group = this.#groups.get(buffers);
    if (group === undefined || this.isClosed) return;
    if (group.users > 0) {
      throw new TypeError(
        `${group.users} receives still use the buffers: cancel them and wait() first`,
      );
    }
    this.pool.disown(group.slot);
  }

  #settle<Result>(
    task: Task,
    operation: Operation<Result>,
    plan: Plan<Result, Task>,
    result: number,
  ): void {
    // While the queue closes, nobody can be handed a descriptor any more.
    const isLost = plan.isDescriptor === true && this.#isClosing && result >= 0;
    if (isLost) close(result);
    settle(operation, plan, task, isLost ? -ERRNO.ECANCELED : result);
    this.engine.end(task);
  }

  #keep(operation: MultishotOperation<unknown>, stream: AcceptStream | RecvStream): void {
    this.engine.endChain();
    this.engine.record(stream.task, false);
    setWork(operation, stream.task);
    this.#streams.set(operation, stream);
  }

  /** The items of a multishot operation were taken. */
  #resume(operation: MultishotOperation<unknown>): void {
    const stream = this.#streams.get(operation);
    if (operation.done) this.#streams.delete(operation);
    else if (stream instanceof AcceptStream && !this.#resting.includes(stream)) stream.resume();
  }

  /** Something has run out: the accept is tried again after a while, with all others. */
  #rest(stream: AcceptStream): void {
    this.#resting.push(stream);
    if (this.#resting.length > 1) return;
    this.engine.after(PAUSE_MS, () => {
      for (const resting of this.#resting.splice(0)) resting.resume();
    });
  }

  #targetsOf(target: Operation<unknown> | Handle): Task[] {
    if (!(target instanceof Operation)) return this.engine.tasksOn(fdOf(target));
    const task = workOf(target, this.#owner) as Task | undefined;
    if (task === undefined) throw new TypeError('the operation belongs to another queue');
    return target.done ? [] : [task];
  }
}
