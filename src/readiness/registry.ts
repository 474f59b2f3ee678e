/**
 * What the back ends share: who is registered, which registration an event belongs to, and the wait
 * itself with its time limit.
 *
 * Descriptor numbers are small and dense, so everything is an array indexed by them. A number alone
 * does not name a registration (it is reused at once after a close), so each registration has a
 * generation, and an event whose generation is not the current one is dropped.
 */
import { inspect } from 'node:util';
import { PolyioError, SystemError, type Unsupported, UnsupportedError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { asInteger, asTimeout } from '../platform/integers.ts';
import { beginWait, checkInterrupt, endWait, isEintr } from '../sys/interrupt.ts';
import { ALL_INTEREST, HINTS } from './events.ts';
import type {
  Ready,
  RegisterOptions,
  Selector,
  SelectorKey,
  SelectorModel,
  SelectorStatistics,
} from './selector.ts';

type LiveKey<Data> = { -readonly [Field in keyof SelectorKey<Data>]: SelectorKey<Data>[Field] };

const GENERATION_MAX = 0x7fffffff;
const INITIAL_CAPACITY = 64;

/** The longest time that one call can wait: an int of milliseconds. */
const CALL_TIMEOUT_MAX = 0x7fffffff;

/** The array itself, or a larger copy that has room at `index`. */
export function grown(array: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Int32Array(Math.max(index + 1, array.length * 2));
  larger.set(array);
  return larger;
}

function describe(handle: Handle): string {
  return typeof handle === 'number' ? `fd ${handle}` : inspect(handle, { depth: 0 });
}

function hasMoved(handle: Handle, fd: number): boolean {
  return typeof handle !== 'number' && handle.fd !== fd;
}

/** A selector without its kernel interface, which the back ends add in four methods. */
export abstract class BaseSelector<Data> implements Selector<Data> {
  abstract readonly model: SelectorModel;
  readonly rejected: readonly Unsupported[];

  // By descriptor number. Generation 0 is a number that is not registered.
  readonly #keys: (LiveKey<Data> | undefined)[] = [];
  readonly #objects: ({ readonly fd: number } | undefined)[] = [];
  #generations = new Int32Array(INITIAL_CAPACITY);
  #interests = new Int32Array(INITIAL_CAPACITY);
  #lastGeneration = 0;
  #size = 0;
  #closed = false;

  // By index in the batch.
  #readyFds = new Int32Array(INITIAL_CAPACITY);
  #readyEvents = new Int32Array(INITIAL_CAPACITY);
  #readyGenerations = new Int32Array(INITIAL_CAPACITY);
  #count = 0;
  /** Events of the batch that are about no descriptor. */
  #others = 0;

  #waits = 0;
  #events = 0;
  #stale = 0;

  /** @param rejected the candidates that were asked before this one */
  constructor(rejected: readonly Unsupported[] = []) {
    this.rejected = rejected;
  }

  /** Tells the kernel, or prepares what it is told at each wait. Throws without a trace left. */
  protected abstract add(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions,
  ): void;

  /** The same for a number that is known; without `options` they stay as they were. */
  protected abstract change(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions | undefined,
  ): void;

  /** Undoes `add`; the number may be closed, or somebody else's, by now. */
  protected abstract remove(fd: number): void;

  /** Waits at most `timeoutMs` (-1 for ever), delivers, and returns the kernel's answer. */
  protected abstract poll(timeoutMs: number): number;

  /** The call that `poll` makes. */
  protected abstract readonly call: string;

  /** Gives back what the back end holds. */
  protected abstract release(): void;

  get fd(): number {
    throw new UnsupportedError({
      model: `the fd of a ${this.model} selector`,
      reason: `${this.model} keeps its set in this process, and no descriptor stands for it`,
      remedy: 'nest an epoll or kqueue selector: openSelector()',
    });
  }

  register(
    handle: Handle,
    interest: number,
    data: Data,
    options: RegisterOptions = {},
  ): SelectorKey<Data> {
    this.assertOpen();
    const fd = fdOf(handle);
    asInteger(interest, 'interest', 1, ALL_INTEREST);
    const known = this.#keys[fd];
    if (known !== undefined) {
      if (!hasMoved(known.handle, fd)) {
        throw new TypeError(`fd ${fd} is registered already: modify() changes a registration`);
      }
      this.#drop(fd);
    }
    const generation = this.#lastGeneration === GENERATION_MAX ? 1 : this.#lastGeneration + 1;
    this.add(fd, interest, generation, options);
    this.#generations = grown(this.#generations, fd);
    this.#interests = grown(this.#interests, fd);
    // Filled up one by one: writing far behind an array's end would turn it into a hash table.
    while (this.#keys.length <= fd) {
      this.#keys.push(undefined);
      this.#objects.push(undefined);
    }
    const key = { handle, fd, interest, data };
    this.#keys[fd] = key;
    this.#objects[fd] = typeof handle === 'number' ? undefined : handle;
    this.#generations[fd] = generation;
    this.#interests[fd] = interest;
    this.#lastGeneration = generation;
    this.#size++;
    return key;
  }

  modify(
    handle: Handle,
    interest: number,
    data?: Data,
    options?: RegisterOptions,
  ): SelectorKey<Data> {
    this.assertOpen();
    const key = this.#find(handle);
    asInteger(interest, 'interest', 1, ALL_INTEREST);
    this.change(key.fd, interest, this.#generations[key.fd] as number, options);
    this.#interests[key.fd] = interest;
    key.interest = interest;
    if (data !== undefined) key.data = data;
    return key;
  }

  unregister(handle: Handle): SelectorKey<Data> {
    this.assertOpen();
    const key = this.#find(handle);
    this.#drop(key.fd);
    return key;
  }

  getKey(handle: Handle): SelectorKey<Data> {
    this.assertOpen();
    return this.#find(handle);
  }

  *keys(): Generator<SelectorKey<Data>, void, undefined> {
    for (const key of this.#keys) if (key !== undefined) yield key;
  }

  get size(): number {
    return this.#size;
  }

  select(timeoutMs?: number): Generator<Ready<Data>, void, undefined> {
    const count = this.wait(timeoutMs);
    return this.#batch(
      this.#readyFds.slice(0, count),
      this.#readyEvents.slice(0, count),
      this.#readyGenerations.slice(0, count),
    );
  }

  wait(timeoutMs?: number): number {
    this.assertOpen();
    const timeout = asTimeout(timeoutMs);
    const deadline = timeout > 0 ? performance.now() + timeout : 0;
    this.#waits++;
    this.#count = 0;
    this.#others = 0;
    beginWait();
    try {
      for (let left = timeout; ; ) {
        const result = this.poll(Math.min(left, CALL_TIMEOUT_MAX));
        if (this.#count > 0 || this.#others > 0) break;
        if (result < 0 && !isEintr(result)) throw new SystemError(result, this.call);
        // Stale events only: the call did not sleep, so no signal can have ended it.
        if (result > 0) checkInterrupt();
        if (timeout < 0) continue;
        left = timeout === 0 ? 0 : Math.max(0, Math.ceil(deadline - performance.now()));
        if (left === 0 && result >= 0) break;
      }
    } finally {
      endWait();
    }
    this.#events += this.#count + this.#others;
    return this.#count;
  }

  readyFd(index: number): number {
    if (index >= this.#count) return -1;
    const fd = this.#readyFds[index] as number;
    return this.#isCurrent(fd, this.#readyGenerations[index] as number) ? fd : -1;
  }

  readyEvents(index: number): number {
    return index < this.#count ? (this.#readyEvents[index] as number) : 0;
  }

  statistics(): SelectorStatistics {
    return { waits: this.#waits, events: this.#events, stale: this.#stale };
  }

  close(): void {
    if (this.#closed) return;
    announceClosing(this);
    this.#closed = true;
    this.#keys.length = 0;
    this.#objects.length = 0;
    this.#generations.fill(0);
    this.#size = 0;
    this.#count = 0;
    this.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    const lost = this.rejected.map(({ model, reason }) => `not ${model}: ${reason}`).join('; ');
    return `${this.constructor.name}{${this.describe()}}${lost === '' ? '' : ` (${lost})`}`;
  }

  /** What is between the braces when the selector is printed. */
  protected describe(): string {
    return `${this.model}, ${this.#closed ? 'closed' : `${this.#size} registered`}`;
  }

  /** The current generation of a registered number. */
  protected generationOf(fd: number): number {
    return this.#generations[fd] as number;
  }

  /** The number of events that this batch has so far. */
  protected get delivered(): number {
    return this.#count;
  }

  /** Adds an event to the batch, unless its registration is gone: then it is counted, and false. */
  protected deliver(fd: number, generation: number, ready: number): boolean {
    if (!this.#isCurrent(fd, generation)) {
      this.#stale++;
      if (this.#generations[fd] === generation) this.#drop(fd);
      return false;
    }
    const events = ready & ((this.#interests[fd] as number) | HINTS);
    if (events === 0) return true;
    const index = this.#count;
    if (index === this.#readyFds.length) {
      this.#readyFds = grown(this.#readyFds, index);
      this.#readyEvents = grown(this.#readyEvents, index);
      this.#readyGenerations = grown(this.#readyGenerations, index);
    }
    this.#readyFds[index] = fd;
    this.#readyEvents[index] = events;
    this.#readyGenerations[index] = generation;
    this.#count = index + 1;
    return true;
  }

  /** Counts an event that is about no descriptor, which ends the wait as well. */
  protected announce(): void {
    this.#others++;
  }

  *#batch(
    fds: Int32Array,
    events: Int32Array,
    generations: Int32Array,
  ): Generator<Ready<Data>, void, undefined> {
    for (let index = 0; index < fds.length; index++) {
      const fd = fds[index] as number;
      if (!this.#isCurrent(fd, generations[index] as number)) continue;
      const key = this.#keys[fd] as LiveKey<Data>;
      const ready = (events[index] as number) & (key.interest | HINTS);
      if (ready !== 0) yield { key, ready };
    }
  }

  #isCurrent(fd: number, generation: number): boolean {
    if (this.#generations[fd] !== generation) return false;
    const object = this.#objects[fd];
    return object === undefined || object.fd === fd;
  }

  #find(handle: Handle): LiveKey<Data> {
    if (typeof handle === 'number') {
      const key = this.#keys[fdOf(handle)];
      if (key !== undefined) return key;
    } else if (typeof handle === 'object' && handle !== null && 'fd' in handle) {
      const key = this.#keys[handle.fd];
      if (key !== undefined && !hasMoved(key.handle, handle.fd)) return key;
      // It was closed or detached since: only its identity is left.
      const same = this.#keys.find((candidate) => candidate?.handle === handle);
      if (same !== undefined) return same;
    }
    throw new TypeError(`${describe(handle)} is not registered`);
  }

  #drop(fd: number): void {
    this.#keys[fd] = undefined;
    this.#objects[fd] = undefined;
    this.#generations[fd] = 0;
    this.#size--;
    this.remove(fd);
  }

  /** Throws ERR_POLYIO_CLOSED after `close`. */
  protected assertOpen(): void {
    if (this.#closed) throw new PolyioError('ERR_POLYIO_CLOSED', 'the selector is closed');
  }
}
