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
import { BufferRing } from '../../sys/linux/io-uring/buffer-ring.ts';
import { forbiddenFeatures, type RingFeature } from '../../sys/linux/io-uring/features.ts';
import { Ring } from '../../sys/linux/io-uring/ring.ts';
import { IORING_OP } from '../../sys/linux/io-uring-abi.ts';
import { asFlag, asPowerOfTwo } from '../arguments.ts';
import type { BufferGroups } from '../buffer-group.ts';
import type {
  AcceptedFd,
  CompletionQueueOptions,
  OperationBuffer,
  OperationOptions,
  QueueLoop,
} from '../completion-queue.ts';
import {
  discardItems,
  MultishotOperation,
  Operation,
  type OperationOwner,
  setWork,
  succeed,
  workOf,
} from '../operation.ts';
import { type Place, placeIncoming, placeOutgoing } from '../operation-buffer.ts';
import { asCount, asNothing, type Plan, settle } from '../plan.ts';
import {
  type BuffersOwner,
  endLease,
  ProvidedBuffers,
  type ReceivedChunk,
} from '../provided-buffers.ts';
import { SlotPool } from '../queue-buffer.ts';
import { PART } from './control-blocks.ts';
import { Engine } from './engine.ts';
import { RingBufferGroup } from './ring-buffer-group.ts';
import { drain } from './shutdown.ts';
import { AcceptStream, RecvStream } from './streams.ts';
import { Task } from './task.ts';
import { WakeFd } from './wake-fd.ts';

const ENTRIES_MIN = 16;
const ENTRIES_MAX = 32_768;
const SUBMISSIONS_MAX = 1_024;
const OPERATIONS_MAX = 2 ** 20;
const MEMORY_MIN = 2 ** 20;
const MEMORY_MAX = 2 ** 40;
/** How long accepting rests when the process is short of descriptors or memory, in milliseconds. */
const PAUSE_MS = 50;

/** What the queue uses where the kernel has it, beside what its ring does. */
export type QueueFeature =
  | 'accept-multishot'
  | 'recv-multishot'
  | 'buffer-ring'
  | 'send-zero-copy'
  | RingFeature;

/** For tests: how things are where the kernel is older, or the limits are others. */
export interface ForcedOptions {
  /** What not to use although the kernel has it. */
  readonly without?: readonly QueueFeature[];
  /** More operations in the kernel than there is room for their completions. */
  readonly inFlightMax?: number;
}

/** A transfer without its memory. */
export interface Transfer {
  /** The queue's method and the call, which have one name. */
  readonly name: string;
  readonly buffer: OperationBuffer;
  readonly opcode: number;
  readonly fd: number;
  readonly flags: number;
  readonly offset: number;
}

function transferPlan(transfer: Transfer, place: Place, isIncoming: boolean): Plan<number, Task> {
  const { name, opcode, fd, flags, offset } = transfer;
  const { address, length } = place;
  return {
    name,
    syscall: name,
    request: { opcode, fd, address, length, offset, flags },
    place,
    isIncoming,
    decode: asCount,
  };
}

/** Open queues: the kernel may write into the memory of one that the program has forgotten. */
const open = new Set<QueueCore>();
/** Queues whose operations the kernel did not give back. */
const abandoned: QueueCore[] = [];

export class QueueCore {
  readonly engine: Engine;
  readonly ring: Ring;
  readonly pool: SlotPool;
  readonly wakeFd: WakeFd;
  readonly features: readonly QueueFeature[];
  loop: QueueLoop | null = null;
  isClosed = false;
  /** What receipts and provided buffers need of the queue, and its users do not see. */
  readonly #owner: OperationOwner & BuffersOwner = this.#newOwner();
  readonly #groups: BufferGroups<RingBufferGroup> = new Map();
  /** Multishot operations that may have items which nobody took. */
  readonly #streams = new Map<MultishotOperation<unknown>, AcceptStream | RecvStream>();
  #resting: AcceptStream[] = [];
  #pause: Task | null = null;
  #groupNumber = 0;
  #isClosing = false;

  constructor(options: CompletionQueueOptions, forced: ForcedOptions) {
    const { entries = 4_096, operationsMax = 65_536, memoryMax = 2 ** 28 } = options;
    asPowerOfTwo(entries, 'entries', ENTRIES_MIN, ENTRIES_MAX);
    asInteger(operationsMax, 'operationsMax', 1, OPERATIONS_MAX);
    asInteger(memoryMax, 'memoryMax', MEMORY_MIN, MEMORY_MAX);
    const without = [...(forced.without ?? []), ...forbiddenFeatures()];
    const submissions = Math.min(entries / 2, SUBMISSIONS_MAX);
    const controlMax = Math.max(4, entries / 8);
    this.pool = new SlotPool(memoryMax);
    this.ring = new Ring({
      entries: submissions,
      completions: entries,
      without: without as RingFeature[],
    });
    this.wakeFd = new WakeFd(this.ring, this.pool);
    this.engine = new Engine(this.ring, this.pool, {
      entries: submissions,
      inFlightMax: forced.inFlightMax ?? entries - controlMax,
      controlMax,
      operationsMax,
    });
    this.features = this.#findFeatures().filter((feature) => !without.includes(feature));
    open.add(this);
  }

  /** Throws what forbids one operation more; whoever records one takes nothing before. */
  admit(name: string, { link, drain, timeoutMs }: OperationOptions): void {
    this.assertOpen(name);
    asFlag(link, 'link');
    asFlag(drain, 'drain');
    this.engine.checkRoom(asTimeout(timeoutMs) < 0 ? 1 : 2);
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
    throw new PolyioError('ERR_POLYIO_CLOSED', `IoUringQueue.${name}: the queue is closed`);
  }

  /** Records a transfer into a buffer. */
  receive(options: OperationOptions, transfer: Transfer): Operation<number> {
    const place = placeIncoming(this.pool, transfer.buffer);
    return this.record(options, transferPlan(transfer, place, true));
  }

  /** Records a transfer out of a buffer. */
  transmit(options: OperationOptions, transfer: Transfer): Operation<number> {
    const place = placeOutgoing(this.pool, transfer.buffer);
    return this.record(options, transferPlan(transfer, place, false));
  }

  /** Records an operation that was admitted. */
  record<Result>(options: OperationOptions, plan: Plan<Result, Task>): Operation<Result> {
    const operation = new Operation<Result>(this.#owner, plan.name);
    const task = new Task(operation, plan.request);
    task.timeoutMs = asTimeout(options.timeoutMs);
    task.isDrain = options.drain === true;
    task.isTwofold = plan.request.opcode === IORING_OP.IORING_OP_SEND_ZC;
    task.buffer = plan.place?.slot ?? null;
    task.memory = plan.memory ?? null;
    task.completed = (result) => this.#settle(task, operation, plan, result);
    setWork(operation, task);
    this.engine.record(task, options.link === true);
    this.loop?.schedule();
    return operation;
  }

  /** Records an accept that goes on. */
  acceptMultishot(fd: number): MultishotOperation<AcceptedFd> {
    const operation = new MultishotOperation<AcceptedFd>(this.#owner, 'acceptMultishot', {
      end: (item, isTaken) => {
        if (!isTaken) close(item.fd);
      },
    });
    const stream = new AcceptStream(this.engine, operation, {
      fd,
      isMultishot: this.features.includes('accept-multishot'),
      rest: (resting) => this.#rest(resting),
    });
    this.engine.endChain();
    this.engine.record(stream.task, false);
    this.#keep(operation, stream);
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
    const isMultishot = this.features.includes('recv-multishot');
    const stream = new RecvStream(this.engine, operation, { fd, buffers, group, isMultishot });
    this.engine.endChain();
    this.engine.record(stream.task, false);
    this.#keep(operation, stream);
    return operation;
  }

  /** Memory that receives share. */
  provide(options: { readonly count: number; readonly size: number }): ProvidedBuffers {
    const slot = this.pool.take(options.count * options.size);
    try {
      const ring = this.features.includes('buffer-ring')
        ? new BufferRing(this.ring, { group: this.#groupNumber++, entries: options.count })
        : null;
      const buffers = new ProvidedBuffers(this.#owner, slot, options);
      const group = new RingBufferGroup(slot, options.size, ring);
      group.fill(options.count);
      this.#groups.set(buffers, group);
      return buffers;
    } catch (error) {
      this.pool.disown(slot);
      throw error;
    }
  }

  /** Asks for the end of operations, and records how many were found. */
  cancel(target: Operation<unknown> | Handle): Operation<number> {
    const targets = this.#targetsOf(target);
    const operation = new Operation<number>(this.#owner, 'cancel');
    const task = new Task(operation, { opcode: IORING_OP.IORING_OP_NOP, fd: -1 });
    this.#admitControl(task, operation);
    let found = 0;
    let left = targets.length;
    const finish = (): void => {
      succeed(operation, found);
      this.engine.end(task);
    };
    for (const each of targets) {
      this.engine.cancel(each, (isFound) => {
        found += Number(isFound);
        if (--left === 0) finish();
      });
    }
    if (targets.length === 0) finish();
    this.loop?.schedule();
    return operation;
  }

  /** Cancels what is under way on a descriptor, waits for it, and closes. */
  closeFd(fd: number): Operation<void> {
    const operation = new Operation<void>(this.#owner, 'close');
    const plan: Plan<void, Task> = {
      name: 'close',
      syscall: 'close',
      request: { opcode: IORING_OP.IORING_OP_CLOSE, fd },
      decode: asNothing,
      // The number is gone all the same, and nothing is tried again.
      success: -ERRNO.EINTR,
    };
    const task = new Task(operation, plan.request);
    task.completed = (result) => this.#settle(task, operation, plan, result);
    this.#admitControl(task, operation);
    this.engine.closeFd(fd, () => this.engine.control(task));
    this.loop?.schedule();
    return operation;
  }

  /** Waits until `min` operations are ready, nothing can become so, or the time is over. */
  waitFor(min: number, deadline: number): void {
    const { engine } = this;
    for (let hasLooked = false; ; hasLooked = true) {
      engine.place();
      const missing = min - engine.ready;
      const leftMs = deadline - performance.now();
      const isOver = missing <= 0 || leftMs <= 0;
      if (engine.isStalled || (isOver && hasLooked)) break;
      const least = isOver ? 0 : Math.min(missing, engine.expected);
      this.wakeFd.clear();
      engine.enter(least, deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(0, leftMs));
      engine.reap();
    }
    engine.submit();
  }

  /** Ends everything. Throws SystemError when the kernel keeps operations; their memory stays. */
  close(): void {
    this.#isClosing = true;
    if (this.#pause !== null) this.engine.pause(this.#pause);
    const result = drain(this.engine);
    for (const operation of this.#streams.keys()) discardItems(operation);
    this.#streams.clear();
    this.isClosed = true;
    this.loop = null;
    this.ring.close();
    this.wakeFd.close();
    open.delete(this);
    if (result < 0) {
      // Better lost than written by two.
      abandoned.push(this);
      const { pending } = this.engine;
      const hint = `${pending} operations have not come back from the kernel; their memory stays`;
      throw new SystemError(result, 'io_uring_enter', { hint });
    }
    for (const group of this.#groups.values()) group.close();
    this.engine.blocks.close();
    this.pool.close();
  }

  /** Counts an operation that nothing holds up, and that cannot be cancelled. */
  #admitControl(task: Task, operation: Operation<unknown>): void {
    task.isControl = true;
    setWork(operation, task);
    this.engine.admit(task);
  }

  #newOwner(): OperationOwner & BuffersOwner {
    const isAttached = (): boolean => this.loop !== null;
    return {
      get attached() {
        return isAttached();
      },
      requestCancel: (operation) => {
        const task = workOf(operation, this.#owner) as Task | undefined;
        if (task === undefined || this.isClosed) return;
        this.engine.cancel(task);
        this.loop?.schedule();
      },
      resume: (operation) => this.#resume(operation),
      give: (buffers, index) => {
        const group = this.#groups.get(buffers);
        if (group === undefined) return;
        group.give(index);
        this.loop?.schedule();
      },
      withdraw: (buffers) => this.#withdraw(buffers),
    };
  }

  #findFeatures(): QueueFeature[] {
    const ring = this.ring;
    // Nobody can ask for them by name: an operation of the same kernel stands for each.
    const since519 = ring.supports(IORING_OP.IORING_OP_SOCKET);
    const since60 = ring.supports(IORING_OP.IORING_OP_SEND_ZC);
    return [
      ...(since519 ? (['accept-multishot', 'buffer-ring'] as const) : []),
      ...(since60 ? (['recv-multishot', 'send-zero-copy'] as const) : []),
      ...(ring.isDeferred ? (['defer-taskrun'] as const) : []),
      ...(ring.isRegistered ? (['registered-ring'] as const) : []),
    ];
  }

  #withdraw(buffers: ProvidedBuffers): void {
    const group = this.#groups.get(buffers);
    if (group === undefined || this.isClosed) return;
    if (group.users > 0) {
      throw new TypeError(
        `${group.users} receives still use the buffers: cancel them and wait() first`,
      );
    }
    // The kernel keeps the ring of the group until the end; nobody names the group any more.
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
    setWork(operation, stream.task);
    this.#streams.set(operation, stream);
    this.loop?.schedule();
  }

  /** The items of a multishot operation were taken. */
  #resume(operation: MultishotOperation<unknown>): void {
    const stream = this.#streams.get(operation);
    if (operation.done) this.#streams.delete(operation);
    else if (stream instanceof AcceptStream && !this.#resting.includes(stream)) stream.resume();
    this.loop?.schedule();
  }

  /** Something has run out: the accept is tried again after a while, with all others. */
  #rest(stream: AcceptStream): void {
    this.#resting.push(stream);
    if (this.#pause !== null) return;
    const pause = new Task(null, {
      opcode: IORING_OP.IORING_OP_TIMEOUT,
      fd: -1,
      part: PART.time,
      length: 1,
      prepare: (blocks, slot) => blocks.setTime(slot, PART.time, PAUSE_MS),
    });
    pause.completed = () => {
      this.#pause = null;
      for (const resting of this.#resting.splice(0)) resting.resume();
    };
    this.#pause = pause;
    this.engine.control(pause);
  }

  #targetsOf(target: Operation<unknown> | Handle): Task[] {
    if (!(target instanceof Operation)) return this.engine.tasksOn(fdOf(target));
    const task = workOf(target, this.#owner) as Task | undefined;
    if (task === undefined) throw new TypeError('the operation belongs to another queue');
    return target.done ? [] : [task];
  }
}
