/**
 * The operation table: which operations the kernel has, which ones wait for a place there, and what
 * becomes of a completion.
 *
 * - A completion names its operation by a place in the table and that place's generation, so that
 *   nothing is ever taken for what had the place before.
 * - The kernel never has more operations than its completion queue has room for, so that it can
 *   always report; the others wait here in their order. A few places are kept for cancellations,
 *   which must get through when everything else waits.
 * - A task keeps its memory, its place and its control block until the kernel has sent every
 *   completion that it owes, whoever cancelled what.
 */
import { invariant, PolyioError, SystemError } from '../../errors.ts';
import { ERRNO } from '../../sys/abi.ts';
import { checkInterrupt } from '../../sys/interrupt.ts';
import { CQE, highWord, type Ring, SQE, sqeHead } from '../../sys/linux/io-uring/ring.ts';
import { IORING, IORING_OP, IOSQE } from '../../sys/linux/io-uring-abi.ts';
import type { Operation } from '../operation.ts';
import type { SlotPool } from '../queue-buffer.ts';
import { ControlBlocks, PART } from './control-blocks.ts';
import { IDLE, IN_KERNEL, OVER, QUEUED, Task } from './task.ts';

/** Above the place in the lower half of `user_data`: the completion is the time limit's. */
const LIMIT_BIT = 1 << 24;
const SLOT_MASK = LIMIT_BIT - 1;

const { ECANCELED, EINTR, EBUSY, EAGAIN, ENOENT, ETIME } = ERRNO;

/** How many of each kind; see `CompletionQueueOptions`. */
export interface EngineOptions {
  /** Room in the submission ring. */
  readonly entries: number;
  /** The most operations that the kernel may have. */
  readonly inFlightMax: number;
  /** As many more for tasks of the queue's own, which never wait for what they are to cancel. */
  readonly controlMax: number;
  readonly operationsMax: number;
}

export class Engine {
  readonly ring: Ring;
  readonly pool: SlotPool;
  readonly blocks: ControlBlocks;
  readonly #options: EngineOptions;

  /** By place. */
  readonly #tasks: (Task | null)[] = [];
  readonly #generations: Int32Array;
  readonly #freeSlots: number[] = [];
  /** Completions that may still be asked of the kernel, by operations and by control tasks. */
  #places: number;
  #controlPlaces: number;

  /** Heads of chains; those before the first are undefined. */
  readonly #backlog: Task[] = [];
  #first = 0;
  readonly #controls: Task[] = [];
  #chain: Task | null = null;
  #chainEnd: Task | null = null;
  #chainEntries = 0;
  /** A task that others must not overtake is in the kernel. */
  #barrier: Task | null = null;

  /** Every task that is not over, by the descriptor that it is about. */
  readonly #byFd = new Map<number, Set<Task>>();
  /** Called once no task is about the descriptor any more. */
  readonly #closing = new Map<number, () => void>();
  #ready: Task[] = [];
  /** Targets of cancellations that found nothing. */
  readonly #unfound: Task[] = [];

  recorded = 0;
  completed = 0;
  items = 0;
  calls = 0;
  rearmed = 0;
  starved = 0;
  /** Operations that the kernel has, and those recorded and not over. */
  inFlight = 0;
  pending = 0;

  constructor(ring: Ring, pool: SlotPool, options: EngineOptions) {
    this.ring = ring;
    this.pool = pool;
    this.#options = options;
    this.#places = options.inFlightMax;
    this.#controlPlaces = options.controlMax;
    const slots = options.inFlightMax + options.controlMax;
    this.blocks = new ControlBlocks(slots);
    this.#generations = new Int32Array(slots);
    for (let slot = slots - 1; slot >= 0; slot--) {
      this.#freeSlots.push(slot);
      this.#tasks.push(null);
    }
  }

  /** Operations that wait here for a place in the kernel. */
  get queued(): number {
    return this.pending - this.inFlight;
  }

  /** How many completions are certain to come. */
  get expected(): number {
    return Math.max(1, this.inFlight + this.#options.controlMax - this.#controlPlaces);
  }

  /** Throws RangeError where a limit forbids one operation more. Called before anything is taken. */
  checkRoom(entries: number): void {
    const { operationsMax, inFlightMax } = this.#options;
    if (this.pending >= operationsMax) {
      throw new RangeError(
        `${this.pending} operations are recorded and not completed, the most that this queue ` +
          'takes: wait() first, or raise operationsMax',
      );
    }
    const longest = Math.min(inFlightMax, this.#options.entries);
    if (this.#chainEntries + entries > longest) {
      const remedy = `this queue takes ${longest} in one chain, time limits included`;
      throw new RangeError(`the chain is too long: ${remedy}`);
    }
  }

  /** Takes an operation in. `isLinked`: the next one recorded belongs to its chain. */
  record(task: Task, isLinked: boolean): void {
    this.admit(task);
    this.#index(task);
    task.state = QUEUED;
    task.previous = this.#chainEnd;
    if (this.#chainEnd === null) this.#chain = task;
    else this.#chainEnd.next = task;
    this.#chainEnd = task;
    this.#chainEntries += task.weight;
    if (!isLinked) this.endChain();
  }

  /** Counts an operation that is not started yet. */
  admit(task: Task): void {
    invariant(task.state === IDLE, 'a task is recorded twice');
    this.recorded++;
    this.pending++;
  }

  /** Starts a task of the queue's own, which overtakes what waits. */
  control(task: Task): void {
    task.isControl = true;
    task.state = QUEUED;
    this.#controls.push(task);
  }

  /** Starts a multishot operation again, or one that a signal broke off. */
  restart(task: Task): void {
    invariant(task.state === IDLE, 'a task is started again while it is under way');
    task.state = QUEUED;
    task.next = null;
    task.previous = null;
    this.#index(task);
    this.#backlog.push(task);
  }

  /** What is recorded next starts without regard to what was recorded before. */
  endChain(): void {
    if (this.#chain === null) return;
    this.#backlog.push(this.#chain);
    this.#chain = null;
    this.#chainEnd = null;
    this.#chainEntries = 0;
  }

  /** Whether nothing will complete that is not recorded: the kernel has nothing of ours. */
  get isStalled(): boolean {
    const hasControls = this.#controlPlaces < this.#options.controlMax;
    return this.inFlight === 0 && !hasControls && this.#controls.length === 0;
  }

  /** Writes as many submissions as there is room for; `submit` or `enter` hand them over. */
  place(): void {
    this.endChain();
    while (this.#controls.length > 0 && this.#controlPlaces > 0) {
      const task = this.#controls.shift() as Task;
      if (task.state !== QUEUED) continue;
      this.#controlPlaces--;
      this.#write(task, false);
    }
    while (this.#first < this.#backlog.length) {
      const head = this.#backlog[this.#first] as Task;
      if (head.state === QUEUED && !this.#placeChain(head)) break;
      this.#first++;
    }
    if (this.#first < 1_024 && this.#first < this.#backlog.length) return;
    this.#backlog.splice(0, this.#first);
    this.#first = 0;
  }

  /** Hands over what is written, without looking at completions. */
  submit(): void {
    while (this.ring.prepared > 0) {
      this.calls++;
      const result = this.ring.submit();
      // Interrupted, or short of room for completions: the next wait does it.
      if (result === -EBUSY || result === -EAGAIN) return;
      if (result < 0 && result !== -EINTR) throw new SystemError(result, 'io_uring_enter');
    }
  }

  /** Hands over what is written and waits for completions; whether the time is not over yet. */
  enter(least: number, timeoutMs: number | undefined): boolean {
    this.calls++;
    const result = this.ring.enter(least, timeoutMs);
    if (result >= 0 || result === -EBUSY || result === -EAGAIN) return true;
    if (result === -ETIME) return false;
    if (result !== -EINTR) throw new SystemError(result, 'io_uring_enter');
    checkInterrupt();
    return true;
  }

  /** Takes in every completion that is there, those that the kernel kept aside too. */
  reap(): void {
    for (;;) {
      const count = this.ring.available();
      for (let index = 0; index < count; index++) {
        const at = this.ring.completionAt(index);
        const { cqes } = this.ring;
        const low = cqes[at + CQE.userLow] as number;
        const high = cqes[at + CQE.userHigh] as number;
        this.#take(low, high, cqes[at + CQE.result] as number, cqes[at + CQE.flags] as number);
      }
      this.ring.seen(count);
      if (!this.ring.hasOverflown) break;
      this.calls++;
      this.ring.enter(0);
    }
    this.#cancelUnfound();
  }

  /**
   * Cancellations that came while the kernel had their target in its hands, between its start and
   * its wait: they are sent again. One that waits for its link has its turn when that is over.
   */
  #cancelUnfound(): void {
    for (const task of this.#unfound.splice(0)) {
      const isLost = task.state === IN_KERNEL && task.isCancelRequested && task.previous === null;
      if (isLost) this.#cancelInKernel(task);
    }
  }

  /** How many operations the next `wait` returns. */
  get ready(): number {
    return this.#ready.length;
  }

  /** Hands out the operations that have completed, or have new items. */
  takeReady(): Operation<unknown>[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready.map((task) => {
      task.isListed = false;
      return task.operation as Operation<unknown>;
    });
  }

  /** The next `wait` returns this task's operation. */
  list(task: Task): void {
    if (task.isListed || task.operation === null) return;
    task.isListed = true;
    this.#ready.push(task);
  }

  /** The operation is settled, once and for all. */
  end(task: Task): void {
    task.state = OVER;
    this.pending--;
    this.completed++;
    this.list(task);
  }

  /**
   * Asks for the end of a task, wherever it is. One that the kernel has not got ends at once, and so
   * do those that were to start after it.
   *
   * @param answer told whether it was found; without it nothing is asked twice
   */
  cancel(task: Task, answer?: (isFound: boolean) => void): void {
    const isPast = task.state === OVER || task.isControl;
    if (isPast || (task.isCancelRequested && answer === undefined)) {
      answer?.(false);
      return;
    }
    task.isCancelRequested = true;
    if (task.state === IN_KERNEL) {
      this.#cancelInKernel(task, answer);
      return;
    }
    this.#drop(task);
    answer?.(true);
  }

  /** Asks for the end of everything, again where that was asked before. */
  cancelAll(): void {
    for (const tasks of [...this.#byFd.values()]) {
      for (const task of [...tasks]) {
        if (task.isCancelRequested && task.state === IN_KERNEL) this.#cancelInKernel(task);
        else this.cancel(task);
      }
    }
  }

  /** Ends a submission of a multishot operation that is to be started again later. */
  pause(task: Task): void {
    if (task.state === IN_KERNEL) this.#cancelInKernel(task);
  }

  /** Tasks about a descriptor that are not over. */
  tasksOn(fd: number): Task[] {
    return [...(this.#byFd.get(fd) ?? [])];
  }

  /** Throws ERR_POLYIO_CLOSED for a descriptor that is being closed. */
  assertUsable(fd: number): void {
    if (!this.#closing.has(fd)) return;
    throw new PolyioError('ERR_POLYIO_CLOSED', `fd ${fd} is being closed by this queue`);
  }

  /** Cancels what is under way on a descriptor, and calls `then` when the last of it is over. */
  closeFd(fd: number, then: () => void): void {
    this.#closing.set(fd, then);
    for (const task of this.tasksOn(fd)) this.cancel(task);
    this.#checkClosing(fd);
  }

  #checkClosing(fd: number): void {
    if (this.#byFd.has(fd)) return;
    const then = this.#closing.get(fd);
    if (then === undefined) return;
    // The number is free again before anybody can be told so.
    this.#closing.delete(fd);
    then();
  }

  #index(task: Task): void {
    const { fd } = task.request;
    const tasks = this.#byFd.get(fd);
    if (tasks === undefined) this.#byFd.set(fd, new Set([task]));
    else tasks.add(task);
  }

  #unindex(task: Task): void {
    const { fd } = task.request;
    const tasks = this.#byFd.get(fd);
    if (tasks?.delete(task) === true && tasks.size === 0) this.#byFd.delete(fd);
  }

  /** False when there is no room now. */
  #placeChain(head: Task): boolean {
    let weight = 0;
    let entries = 0;
    let isDrain = false;
    for (let task: Task | null = head; task !== null; task = task.next) {
      weight += task.weight;
      entries += task.entries;
      isDrain ||= task.isDrain;
    }
    if (this.#barrier !== null) return false;
    if (isDrain && this.inFlight > 0) return false;
    if (weight > this.#places) return false;
    // The kernel ends a chain where a submission of several ends.
    if (this.ring.prepared + entries > this.#options.entries) this.submit();
    if (this.ring.prepared + entries > this.#options.entries) return false;
    this.#places -= weight;
    for (let task: Task | null = head; task !== null; task = task.next) {
      if (isDrain && task.next === null) this.#barrier = task;
      this.inFlight++;
      this.#write(task, task.next !== null);
    }
    return true;
  }

  #write(task: Task, isLinked: boolean): void {
    const { request } = task;
    const slot = this.#freeSlots.pop();
    invariant(slot !== undefined, 'the operation table is full');
    this.#tasks[slot] = task;
    task.slot = slot;
    task.state = IN_KERNEL;
    task.owed = 1;
    task.hasTimedOut = false;
    request.prepare?.(this.blocks, slot);
    const hasLimit = task.timeoutMs >= 0;
    const link = isLinked || hasLimit ? IOSQE.IOSQE_IO_LINK : 0;
    const head = sqeHead(request.opcode, link | (request.entryFlags ?? 0), request.ioprio ?? 0);
    const generation = this.#generations[slot] as number;
    const at = this.ring.prepare(head, request.fd, slot, generation);
    const { sqes } = this.ring;
    const { part, offsetPart } = request;
    const address = part === undefined ? request.address : this.blocks.addressOf(slot, part);
    const offset =
      offsetPart === undefined ? request.offset : this.blocks.addressOf(slot, offsetPart);
    setLong(sqes, at + SQE.address, address ?? 0);
    if (request.addressHigh !== undefined) sqes[at + SQE.address + 1] = request.addressHigh;
    setLong(sqes, at + SQE.offset, offset ?? 0);
    sqes[at + SQE.length] = request.length ?? 0;
    sqes[at + SQE.flags] = request.flags ?? 0;
    sqes[at + SQE.bufferGroup] = request.group ?? 0;
    if (hasLimit) this.#writeLimit(task, isLinked);
  }

  #writeLimit(task: Task, isLinked: boolean): void {
    const { slot } = task;
    task.owed++;
    this.blocks.setTime(slot, PART.limit, task.timeoutMs);
    const link = isLinked ? IOSQE.IOSQE_IO_LINK : 0;
    const head = sqeHead(IORING_OP.IORING_OP_LINK_TIMEOUT, link);
    const generation = this.#generations[slot] as number;
    const at = this.ring.prepare(head, -1, slot | LIMIT_BIT, generation);
    setLong(this.ring.sqes, at + SQE.address, this.blocks.addressOf(slot, PART.limit));
    this.ring.sqes[at + SQE.length] = 1;
  }

  #take(low: number, high: number, result: number, flags: number): void {
    const slot = low & SLOT_MASK;
    const task = this.#tasks[slot];
    const isKnown = task != null && this.#generations[slot] === high;
    invariant(isKnown, 'a completion of an operation that is not under way');
    const isMore = (flags & IORING.IORING_CQE_F_MORE) !== 0;
    if ((low & LIMIT_BIT) !== 0) {
      task.hasTimedOut = result === -ETIME;
    } else if (task.isTwofold) {
      // The first completion has the result, the second says that the buffer is free.
      if ((flags & IORING.IORING_CQE_F_NOTIF) === 0) task.result = result;
      if (isMore) return;
    } else if (isMore) {
      task.completed(result, flags, false);
      return;
    } else {
      task.result = result;
      task.flags = flags;
    }
    if (--task.owed === 0) this.#finish(task);
  }

  /** The kernel owes nothing more: the place and the memory are free, and the task says what next. */
  #finish(task: Task): void {
    const { slot, next, result, flags } = task;
    task.state = IDLE;
    // Before its place is given up: the control block has part of the answer.
    if (result === -EINTR && task.isCancelRequested) task.result = -ECANCELED;
    if (!this.#startsAgain(task)) task.completed(task.result, flags, true);
    this.#tasks[slot] = null;
    this.#generations[slot] = ((this.#generations[slot] as number) + 1) | 0;
    this.#freeSlots.push(slot);
    if (task.isControl) {
      this.#controlPlaces++;
      return;
    }
    this.#places += task.weight;
    this.inFlight--;
    if (this.#barrier === task) this.#barrier = null;
    // The one that was linked to it begins now, and could not be cancelled before.
    if (next !== null) next.previous = null;
    if (next?.state === IN_KERNEL && next.isCancelRequested) this.#cancelInKernel(next);
    if (task.state === OVER) this.#forget(task);
  }

  /** A signal broke off what the caller never hears about: EINTR is no answer. */
  #startsAgain(task: Task): boolean {
    const isBroken = task.result === -EINTR && !task.isControl && task.next === null;
    if (!isBroken || task.request.opcode === IORING_OP.IORING_OP_CONNECT) return false;
    this.restart(task);
    return true;
  }

  #forget(task: Task): void {
    if (task.buffer !== null) this.pool.release(task.buffer);
    if (task.memory !== null) this.pool.release(task.memory);
    task.buffer = null;
    task.memory = null;
    this.#unindex(task);
    this.#checkClosing(task.request.fd);
  }

  #cancelInKernel(target: Task, answer?: (isFound: boolean) => void): void {
    const { slot } = target;
    const cancellation = new Task(null, {
      opcode: IORING_OP.IORING_OP_ASYNC_CANCEL,
      fd: -1,
      address: slot,
      addressHigh: this.#generations[slot] as number,
    });
    cancellation.completed = (result) => {
      answer?.(result >= 0);
      if (result === -ENOENT) this.#unfound.push(target);
    };
    this.control(cancellation);
  }

  /** Ends a task that is not in the kernel, and those of its chain that come after it. */
  #drop(task: Task): void {
    const followers: Task[] = [];
    for (let each: Task | null = task; each !== null; each = each.next) followers.push(each);
    this.#cut(task);
    for (const each of followers) {
      each.next = null;
      each.previous = null;
      each.state = IDLE;
      each.completed(-ECANCELED, 0, true);
      if (each.state === OVER) this.#forget(each);
    }
  }

  /** Ends the chain that a task is in before it. The head of a chain is passed over by its state. */
  #cut(task: Task): void {
    const { previous } = task;
    if (previous !== null) previous.next = null;
    let head = task;
    while (head.previous !== null) head = head.previous;
    if (this.#chain !== head) return;
    this.#chainEnd = previous;
    if (previous === null) this.#chain = null;
  }
}

function setLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = highWord(value);
}
