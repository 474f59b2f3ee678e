/**
 * Waiting in Node's own loop, for all of a thread at once.
 *
 * Facts:
 * - libuv aborts the process when a descriptor that it watches is found closed, refuses one that
 *   Node watches itself, and knows no priority events on every path. See sys/node-poll.ts, too.
 * - An epoll instance, or a kqueue, is readable while one of its entries is ready, so they nest. An
 *   entry that reports once is silent from its event on until it is armed again, which looks at the
 *   descriptor anew: nothing that happens in between is lost.
 * - A loop is woken whether or not the one who waits has time. A level that nobody drains would wake
 *   it for ever.
 *
 * What this means for us: each thread has one such instance, and libuv watches that and nothing
 * else. What is attached is an entry in it, armed for one event: while its owner is busy it is
 * silent. After each sleep of the loop an immediate asks, without waiting, who is ready. The
 * instance exists while anything is attached, and keeps the loop alive while something is armed
 * whose owner did not call `unref`.
 */
import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers';
import { SystemError } from '../errors.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { ERROR, HANGUP } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { isOpen } from '../sys/descriptor.ts';
import { type LoopHandle, wakeLoopBy } from '../sys/node-poll.ts';
import { INSTANCE_CALL, type InstanceEvent, openInstance } from './instance.ts';

const GENERATION_MAX = 0x7fffffff;
const HINT_BITS = HANGUP | ERROR;

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EPERM]:
    'regular files, directories and devices without readiness are always ready, so there is ' +
    'nothing to wait for: use node:fs, or a completion model for asynchronous file I/O',
  [ERRNO.EPIPE]: 'nobody reads that pipe any more, and kqueue refuses to wait for room in it',
  [ERRNO.EBADF]: 'the descriptor is not open (any more): end what is attached, then close',
  [ERRNO.ENOENT]:
    'the descriptor was closed and its number belongs to another: end what is attached, then close',
  [ERRNO.EINVAL]: 'the descriptor was closed and its number belongs to polyio itself',
};

/** What a watch tells its owner; it is silent afterwards until it is armed again. */
export interface WatchOwner {
  /** The descriptor is ready: interest bits and hints. */
  ready(ready: number): void;
  /** The descriptor cannot be watched any more; the watch is closed. */
  lost(error: Error): void;
}

/** One descriptor in the thread's instance. The fields are the hub's. */
export class Watch {
  readonly fd: number;
  readonly handle: Handle;
  readonly owner: WatchOwner;
  readonly generation: number;
  /** Its owner is told in the context, AsyncLocalStorage included, in which it was attached. */
  readonly context = new AsyncResource('PolyioWatch');
  /** What it is armed for; 0 while it is silent. */
  interest = 0;
  /** What it was armed for last. */
  asked = 0;
  /** Ready bits that the owner has not been told yet. */
  pending = 0;
  /** Whether the kernel has an entry for it. */
  isEntered = false;
  isReferenced = true;
  isClosed = false;
  readonly #hub: Hub;

  constructor(hub: Hub, handle: Handle, owner: WatchOwner, generation: number) {
    this.#hub = hub;
    this.handle = handle;
    this.fd = fdOf(handle);
    this.owner = owner;
    this.generation = generation;
  }

  /**
   * Waits for one event of `interest`; 0 is silence. Throws SystemError when the descriptor was
   * closed.
   */
  arm(interest: number): void {
    if (!this.isClosed) this.#hub.arm(this, interest);
  }

  /** Whether waiting keeps the loop, and with it the process, alive. */
  reference(on: boolean): void {
    if (this.isReferenced === on) return;
    this.isReferenced = on;
    if (this.interest !== 0) this.#hub.count(0, on ? 1 : -1);
  }

  /** Stops watching. Must come before the descriptor is closed. Can be repeated. */
  close(): void {
    this.#hub.remove(this);
  }
}

let hub: Hub | null = null;
let lastGeneration = 0;

/**
 * Prepares to watch a descriptor. Throws SystemError when the kernel refuses it (EBADF, EPERM), TypeError
 * when this thread watches it already.
 */
export function watch(handle: Handle, owner: WatchOwner): Watch {
  // Asked before the instance is opened, which would take the number of one that was closed.
  if (!isOpen(fdOf(handle))) throw refusal(-ERRNO.EBADF);
  hub ??= new Hub();
  try {
    return hub.add(handle, owner);
  } catch (error) {
    hub.closeWhenEmpty();
    throw error;
  }
}

/** A thread's instance, the handle by which it wakes the loop, and who is attached. */
class Hub {
  readonly #watches = new Map<number, Watch>();
  readonly #instance = openInstance();
  readonly #handle: LoopHandle;
  readonly #ready: Watch[] = [];
  #next = 0;
  #armed = 0;
  #references = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor() {
    try {
      this.#handle = wakeLoopBy(this.#instance.fd);
    } catch (error) {
      this.#instance.close();
      throw error;
    }
    this.#handle.reference(false);
    process.once('exit', this.#close);
  }

  add(handle: Handle, owner: WatchOwner): Watch {
    lastGeneration = lastGeneration === GENERATION_MAX ? 1 : lastGeneration + 1;
    const added = new Watch(this, handle, owner, lastGeneration);
    this.#probe(added);
    this.#watches.set(added.fd, added);
    return added;
  }

  arm(watched: Watch, interest: number): void {
    watched.pending = 0;
    if (interest === watched.interest) return;
    // While the process exits, after everything was closed.
    if (this.#isClosed) return;
    const { fd, generation, isEntered } = watched;
    if (interest === 0) {
      this.#instance.remove(fd);
      watched.isEntered = false;
    } else {
      const result = this.#instance.arm(fd, interest, generation, isEntered);
      if (result < 0) throw refusal(result);
      watched.isEntered = true;
      watched.asked = interest;
    }
    this.#setInterest(watched, interest);
    this.#schedule();
  }

  remove(watched: Watch): void {
    if (watched.isClosed) return;
    watched.isClosed = true;
    watched.pending = 0;
    if (watched.isEntered && !this.#isClosed) this.#instance.remove(watched.fd);
    this.#setInterest(watched, 0);
    if (this.#watches.get(watched.fd) === watched) this.#watches.delete(watched.fd);
    this.closeWhenEmpty();
  }

  /** How many are armed, and how many of these keep the loop alive. */
  count(armed: number, references: number): void {
    const before = this.#references;
    this.#armed += armed;
    this.#references += references;
    if (before === 0 && this.#references > 0) this.#handle.reference(true);
    if (before > 0 && this.#references === 0) this.#handle.reference(false);
  }

  closeWhenEmpty(): void {
    if (this.#watches.size === 0) this.#close();
  }

  /** Learns what the kernel thinks of a descriptor, and whether it is watched already. */
  #probe(added: Watch): void {
    const known = this.#watches.get(added.fd);
    const result = this.#instance.probe(added.fd);
    if (result < 0) throw refusal(result);
    if (known === undefined || (result === 0 && isGone(known))) {
      // Without `known` an entry is one that was left behind, and leads to the same description.
      if (result > 0) this.#instance.remove(added.fd);
      if (known !== undefined) this.#lose(known);
      return;
    }
    throw new TypeError(
      `fd ${added.fd} is attached already in this thread: end that first (leave its for await, ` +
        'abort its signal, close it), or destroy its stream',
    );
  }

  /** Its number belongs to another by now, and it did not hear of it. */
  #lose(watched: Watch): void {
    watched.isEntered = false;
    // Not removed through `close`: the instance is needed by the one that takes the number over.
    watched.isClosed = true;
    this.#setInterest(watched, 0);
    this.#watches.delete(watched.fd);
    watched.owner.lost(refusal(-ERRNO.EBADF));
  }

  #setInterest(watched: Watch, interest: number): void {
    const before = watched.interest !== 0;
    const after = interest !== 0;
    watched.interest = interest;
    if (before === after) return;
    const change = after ? 1 : -1;
    this.count(change, watched.isReferenced ? change : 0);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#armed === 0) return;
    this.#isScheduled = true;
    setImmediate(this.#turn).unref();
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    try {
      if (this.#next === this.#ready.length) this.#collect();
      this.#tell();
    } finally {
      if (this.#next < this.#ready.length) this.#goOn();
      else this.#schedule();
    }
  };

  /** An owner has thrown, which is everybody's business; the others are told all the same. */
  #goOn(): void {
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  #collect(): void {
    this.#ready.length = 0;
    this.#next = 0;
    this.#instance.collect(this.#take);
  }

  readonly #take = ({ fd, generation, ready }: InstanceEvent): void => {
    const watched = this.#watches.get(fd);
    // An entry that was left behind; its event has silenced it.
    if (watched === undefined || watched.generation !== generation) return;
    watched.pending = ready & (watched.asked | HINT_BITS);
    this.#setInterest(watched, 0);
    this.#ready.push(watched);
  };

  #tell(): void {
    while (this.#next < this.#ready.length) {
      const watched = this.#ready[this.#next++] as Watch;
      const { pending } = watched;
      watched.pending = 0;
      if (pending === 0) continue;
      watched.context.runInAsyncScope(watched.owner.ready, watched.owner, pending);
    }
  }

  readonly #close = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (hub === this) hub = null;
    process.removeListener('exit', this.#close);
    this.#handle.close();
    this.#instance.close();
  };
}

/** Known for sure only of an entry that is in the kernel, or of an object that has moved on. */
function isGone({ handle, fd, isEntered }: Watch): boolean {
  return isEntered || (typeof handle !== 'number' && handle.fd !== fd);
}

function refusal(result: number): SystemError {
  return new SystemError(result, INSTANCE_CALL, { hint: HINTS[-result] });
}
