/**
 * The operation table: which operations are under way, which ones wait for a place, and what becomes
 * of a packet.
 *
 * - A packet names its operation by the address of its OVERLAPPED, which tells the place in the table
 *   and that place's generation, so that nothing is taken for what had the place before.
 * - A task keeps its memory, its place and its block until its packet has come, whoever cancelled
 *   what. What is complete when its call returns, or was refused by it, sends none: that is known
 *   at once, and told by the next wait.
 * - Chains, drains and times are kept here: the kernel has nothing of the kind.
 */
import { invariant, PolyioError, SystemError } from '../../errors.ts';
import { ERRNO } from '../../sys/abi.ts';
import { checkInterrupt } from '../../sys/interrupt.ts';
import { cancelAfdPoll, openAfd } from '../../sys/windows/afd.ts';
import type { CompletionPort } from '../../sys/windows/completion-port.ts';
import { cancelOverlapped, NOW, PENDING } from '../../sys/windows/overlapped.ts';
import type { Operation } from '../operation.ts';
import type { SlotPool } from '../queue-buffer.ts';
import { OperationBlocks } from './operation-blocks.ts';
import { Chain, IDLE, IN_KERNEL, OVER, QUEUED, type Task } from './task.ts';
import { Timers } from './timers.ts';

const { EBADF, ECANCELED, EINVAL } = ERRNO;

/** How many; see `CompletionQueueOptions`. */
export interface EngineOptions {
  /** The most operations under way. */
  readonly inFlightMax: number;
  readonly operationsMax: number;
}

export class Engine {
  readonly port: CompletionPort;
  readonly pool: SlotPool;
  readonly blocks: OperationBlocks;
  readonly #options: EngineOptions;
  readonly #timers = new Timers();

  /** By place. */
  readonly #tasks: (Task | null)[] = [];
  readonly #freeSlots: number[] = [];

  /** Chains that wait, from `#first` on; and those that have begun and whose next one has its turn. */
  readonly #backlog: Chain[] = [];
  #first = 0;
  readonly #begun: Chain[] = [];
  #chain: Chain | null = null;
  #isOpen = false;
  /** Chains that have begun and are not over. */
  #started = 0;
  /** A chain that others must not overtake has begun. */
  #barrier: Chain | null = null;

  /** Tasks whose end is known and not told yet, in its order. */
  #done: Task[] = [];
  /** Every task that is not over, by the descriptor that it is about. */
  readonly #byFd = new Map<number, Set<Task>>();
  /** How many tasks the kernel has, by descriptor. */
  readonly #busy = new Map<number, number>();
  /** Descriptors that were tied to this port. */
  readonly #tied = new Set<number>();
  /** Called once no task is about the descriptor any more. */
  readonly #closing = new Map<number, () => void>();
  #ready: Task[] = [];
  #afd = -1;

  recorded = 0;
  completed = 0;
  items = 0;
  calls = 0;
  rearmed = 0;
  starved = 0;
  /** Operations under way, and those recorded and not over. */
  inFlight = 0;
  pending = 0;

  constructor(port: CompletionPort, pool: SlotPool, options: EngineOptions) {
    this.port = port;
    this.pool = pool;
    this.#options = options;
    this.blocks = new OperationBlocks(options.inFlightMax);
    for (let slot = options.inFlightMax - 1; slot >= 0; slot--) {
      this.#freeSlots.push(slot);
      this.#tasks.push(null);
    }
  }

  /** Operations that wait here for a place. */
  get queued(): number {
    return this.pending - this.inFlight;
  }

  /** Whether nothing will complete that is not recorded. */
  get isStalled(): boolean {
    return this.inFlight === 0 && this.#done.length === 0 && this.#timers.next === Infinity;
  }

  /** How many operations the next `wait` returns. */
  get ready(): number {
    return this.#ready.length;
  }

  /** The driver that polls, opened when it is first needed. Throws SystemError. */
  get afd(): number {
    if (this.#afd >= 0) return this.#afd;
    const slot = this.pool.take(256);
    const handle = openAfd(slot.bytes, slot.address);
    this.pool.disown(slot);
    if (handle < 0) throw new SystemError(handle, 'NtCreateFile');
    this.port.associate(handle);
    this.#afd = handle;
    return handle;
  }

  /** The driver's handle, for whoever closes it: -1 when it was never needed. */
  takeAfd(): number {
    const handle = this.#afd;
    this.#afd = -1;
    return handle;
  }

  /** Throws RangeError where a limit forbids one operation more. Called before anything is taken. */
  checkRoom(): void {
    const { operationsMax, inFlightMax } = this.#options;
    if (this.pending >= operationsMax) {
      throw new RangeError(
        `${this.pending} operations are recorded and not completed, the most that this queue ` +
          'takes: wait() first, or raise operationsMax',
      );
    }
    const length = this.#isOpen ? (this.#chain?.tasks.length ?? 0) : 0;
    if (length + 1 > inFlightMax) {
      throw new RangeError(`the chain is too long: this queue takes ${inFlightMax} in one chain`);
    }
  }

  /** Takes an operation in. `isLinked`: the next one recorded belongs to its chain. */
  record(task: Task, isLinked: boolean): void {
    this.admit(task);
    this.#index(task);
    task.state = QUEUED;
    this.#chain ??= new Chain();
    this.#chain.tasks.push(task);
    this.#chain.isDrain ||= task.isDrain;
    task.chain = this.#chain;
    this.#isOpen = isLinked;
    if (!isLinked) this.endChain();
  }

  /** Counts an operation that is not started yet. */
  admit(task: Task): void {
    invariant(task.state === IDLE, 'a task is recorded twice');
    this.recorded++;
    this.pending++;
  }

  /** What is recorded next starts without regard to what was recorded before. */
  endChain(): void {
    if (this.#chain !== null) this.#backlog.push(this.#chain);
    this.#chain = null;
    this.#isOpen = false;
  }

  /** Starts a multishot operation again. */
  restart(task: Task): void {
    invariant(task.state === IDLE, 'a task is started again while it is under way');
    task.state = QUEUED;
    const chain = new Chain();
    chain.tasks.push(task);
    task.chain = chain;
    this.#index(task);
    this.#backlog.push(chain);
  }

  /** The end of a task of the queue's own, or of one that needs no place: told by the next wait. */
  conclude(task: Task, result: number): void {
    task.state = IN_KERNEL;
    task.result = result;
    this.inFlight++;
    this.#done.push(task);
  }

  /** Has something done after a while; it counts as something to wait for. */
  after(delayMs: number, expire: () => void): void {
    this.#timers.add(delayMs, expire);
  }

  /** Starts as much as there is room for. */
  place(): void {
    this.endChain();
    while (this.#begun.length > 0) {
      const chain = this.#begun[this.#begun.length - 1] as Chain;
      if (chain.at < chain.tasks.length && this.#freeSlots.length === 0) return;
      this.#begun.pop();
      this.#advance(chain);
    }
    while (this.#first < this.#backlog.length) {
      const chain = this.#backlog[this.#first] as Chain;
      if (chain.tasks.length > 0 && !this.#placeChain(chain)) break;
      this.#first++;
    }
    if (this.#first < 1_024 && this.#first < this.#backlog.length) return;
    this.#backlog.splice(0, this.#first);
    this.#first = 0;
  }

  /** False when it has to wait. */
  #placeChain(chain: Chain): boolean {
    if (this.#barrier !== null || this.#freeSlots.length === 0) return false;
    if (chain.isDrain && this.#started > 0) return false;
    if (chain.isDrain) this.#barrier = chain;
    chain.isStarted = true;
    this.#started++;
    this.#advance(chain);
    return true;
  }

  /** Starts the next one of a chain that has begun, or ends the chain. */
  #advance(chain: Chain): void {
    const task = chain.tasks[chain.at];
    if (task !== undefined) {
      this.#begin(task);
      return;
    }
    this.#started--;
    if (this.#barrier === chain) this.#barrier = null;
  }

  #begin(task: Task): void {
    const slot = this.#freeSlots.pop();
    invariant(slot !== undefined, 'the operation table is full');
    this.#tasks[slot] = task;
    task.slot = slot;
    task.state = IN_KERNEL;
    task.hasTimedOut = false;
    this.inFlight++;
    if (task.timeoutMs >= 0) {
      task.limit = this.#timers.add(task.timeoutMs, () => this.#expire(task));
    }
    this.#start(task);
  }

  /** Its time is over. */
  #expire(task: Task): void {
    if (task.state !== IN_KERNEL) return;
    task.hasTimedOut = this.#cancelUnderWay(task);
  }

  #start(task: Task): void {
    const { request } = task;
    const answer = this.#tie(task) ?? this.#call(task);
    if (answer === null) return;
    task.isPending = answer === PENDING;
    if (task.isPending) {
      this.#busy.set(request.fd, (this.#busy.get(request.fd) ?? 0) + 1);
      return;
    }
    task.result = answer === NOW ? this.blocks.resultOf(task.slot) : answer;
    this.#done.push(task);
  }

  /** Makes the call: its answer, or null when nothing more is to be known of it. */
  #call(task: Task): number | null {
    const { request, slot } = task;
    if (request.perform !== undefined) {
      task.result = request.perform();
      this.#done.push(task);
      return null;
    }
    if (request.timeMs !== undefined) {
      task.time = this.#timers.add(request.timeMs, () => this.#passed(task));
      return null;
    }
    this.blocks.begin(slot, request.offset?.() ?? 0);
    return request.start?.(this.blocks, slot) ?? -EINVAL;
  }

  #passed(task: Task): void {
    task.time = null;
    task.result = 0;
    this.#done.push(task);
  }

  /**
   * Ties the descriptor to the port, unless it is: null, or the negative error number. A number that
   * nothing is under way on may have become another's, so it is asked for each time.
   */
  #tie({ request }: Task): number | null {
    const { fd, start, isPoll } = request;
    if (start === undefined || isPoll === true || fd < 0) return null;
    if (this.#tied.has(fd) && (this.#busy.get(fd) ?? 0) > 0) return null;
    this.calls++;
    const result = this.port.associate(fd);
    if (result >= 0) this.#tied.add(fd);
    else if (result !== -EINVAL || !this.#tied.has(fd)) return result;
    return null;
  }

  /**
   * Waits at most `timeoutMs` milliseconds (-1: for ever) until something is complete, and takes in
   * what is. Throws what an interrupt throws, when all of that is done; `isDeaf`: it hears of none.
   */
  enter(timeoutMs: number, isDeaf = false): void {
    const count = this.port.wait(this.#done.length > 0 ? 0 : this.#limit(timeoutMs));
    this.calls++;
    if (count === -EBADF && this.inFlight > 0) this.#gather();
    else if (count < 0) throw new SystemError(count, 'GetQueuedCompletionStatusEx');
    let isWoken = false;
    for (let index = 0; index < count; index++) {
      const address = this.port.overlappedAt(index);
      if (address === 0) isWoken = true;
      else this.#take(address);
    }
    this.#timers.run();
    this.#tell();
    if (isWoken && !isDeaf) checkInterrupt();
  }

  /**
   * The port was closed behind our back, and no packet comes any more: everything under way is
   * cancelled, and its memory says when the kernel is through with it.
   */
  #gather(): void {
    this.cancelAll();
    for (const task of this.#tasks) {
      if (task?.isPending !== true || !this.blocks.isOver(task.slot)) continue;
      this.#unpend(task);
      task.result = this.blocks.resultOf(task.slot);
      this.#done.push(task);
    }
  }

  /** How long to sleep at most, so that no timer is late. */
  #limit(timeoutMs: number): number {
    const { next } = this.#timers;
    if (next === Number.POSITIVE_INFINITY) return timeoutMs;
    const left = Math.ceil(Math.max(0, next - performance.now()));
    return timeoutMs < 0 ? left : Math.min(left, timeoutMs);
  }

  #take(address: number): void {
    const slot = this.blocks.slotOf(address);
    const task = slot < 0 ? null : (this.#tasks[slot] ?? null);
    // What its call refused has no packet to come; should one come all the same, it is nobody's.
    if (task === null || !task.isPending) return;
    this.#unpend(task);
    task.result = this.blocks.resultOf(slot);
    this.#done.push(task);
  }

  #unpend(task: Task): void {
    const { fd } = task.request;
    task.isPending = false;
    const busy = (this.#busy.get(fd) as number) - 1;
    if (busy > 0) this.#busy.set(fd, busy);
    else this.#busy.delete(fd);
  }

  /** Tells those whose end is known, and those who follow from that. */
  #tell(): void {
    while (this.#done.length > 0) {
      const done = this.#done;
      this.#done = [];
      for (const task of done) this.#finish(task);
    }
  }

  /** Its place and its memory are free, and the task says what next. */
  #finish(task: Task): void {
    const { slot, request, chain } = task;
    const { blocks } = this;
    const isEnding = task.isCancelRequested || task.hasTimedOut;
    const take = slot < 0 ? undefined : request.take;
    const result = take === undefined ? task.result : take(task.result, { blocks, slot }, isEnding);
    if (result === null) {
      this.#start(task);
      return;
    }
    if (task.limit !== null) this.#timers.callOff(task.limit);
    task.limit = null;
    task.state = IDLE;
    task.chain = null;
    // Before its place is given up: the block has part of the answer.
    task.completed(result);
    if (slot >= 0) {
      this.#tasks[slot] = null;
      this.#freeSlots.push(slot);
      task.slot = -1;
    }
    this.inFlight--;
    if (chain !== null) this.#follow(chain, result, request.least ?? 0);
    if ((task.state as number) === OVER) this.#forget(task);
  }

  /** What was to start after it starts, or is over too. */
  #follow(chain: Chain, result: number, least: number): void {
    chain.at++;
    if (result < least) this.#dropRest(chain, chain.at);
    this.#begun.unshift(chain);
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
   * Asks for the end of a task, wherever it is: whether it was found. One that has not started ends
   * at once, and so do those that were to start after it.
   */
  cancel(task: Task): boolean {
    if (task.state === OVER || task.isControl) return false;
    task.isCancelRequested = true;
    if (task.state === IN_KERNEL) return this.#cancelUnderWay(task);
    const { chain } = task;
    if (chain === null) this.#dropOne(task);
    else this.#dropRest(chain, chain.tasks.indexOf(task));
    return true;
  }

  /** False when its end is known already. */
  #cancelUnderWay(task: Task): boolean {
    if (task.time !== null) {
      this.#timers.callOff(task.time);
      task.time = null;
      task.result = -ECANCELED;
      this.#done.push(task);
      return true;
    }
    if (!task.isPending) return false;
    this.calls++;
    const overlapped = this.blocks.overlappedOf(task.slot);
    if (task.request.isPoll === true) return cancelAfdPoll(this.afd, overlapped);
    return cancelOverlapped(task.request.fd, overlapped);
  }

  /** Asks for the end of everything, again where that was asked before. */
  cancelAll(): void {
    for (const tasks of [...this.#byFd.values()]) for (const task of [...tasks]) this.cancel(task);
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
    this.#tied.delete(fd);
    then();
  }

  #index(task: Task): void {
    const { fd } = task.request;
    const tasks = this.#byFd.get(fd);
    if (tasks === undefined) this.#byFd.set(fd, new Set([task]));
    else tasks.add(task);
  }

  #forget(task: Task): void {
    if (task.buffer !== null) this.pool.release(task.buffer);
    if (task.memory !== null) this.pool.release(task.memory);
    task.buffer = null;
    task.memory = null;
    const { fd } = task.request;
    const tasks = this.#byFd.get(fd);
    if (tasks?.delete(task) === true && tasks.size === 0) this.#byFd.delete(fd);
    this.#checkClosing(fd);
  }

  /** Ends the tasks of a chain from a place on, none of which has started. */
  #dropRest(chain: Chain, from: number): void {
    for (const task of chain.tasks.splice(from)) this.#dropOne(task);
  }

  #dropOne(task: Task): void {
    task.state = IDLE;
    task.chain = null;
    task.completed(-ECANCELED);
    if ((task.state as number) === OVER) this.#forget(task);
  }
}
