/**
 * Waiting in Node's own loop, for all of a thread at once.
 *
 * Facts:
 * - libuv aborts the process when a descriptor that it watches is found closed, refuses one that
 *   Node watches itself, and knows no priority events on every path. See sys/node-poll.ts, too.
 * - An epoll instance is readable while one of its entries is ready, so instances nest. An entry
 *   with EPOLLONESHOT is silent from its event on until it is changed, and changing it looks at the
 *   descriptor anew: nothing that happens in between is lost.
 * - A loop is woken whether or not the one who waits has time. A level that nobody drains would wake
 *   it for ever.
 *
 * What this means for us: each thread has one epoll instance, and libuv watches that and nothing
 * else. What is attached is an entry in it, armed for one event: while its owner is busy it is
 * silent. After each sleep of the loop an immediate asks, without waiting, who is ready. The
 * instance exists while anything is attached, and keeps the loop alive while something is armed
 * whose owner did not call `unref`.
 */
import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers';
import { SystemError } from '../errors.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { ERROR, HANGUP, PRIORITY, READABLE, WRITABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close, isOpen } from '../sys/descriptor.ts';
import { EPOLL, EPOLL_EVENT } from '../sys/linux/abi.ts';
import { epollCreate1, epollCtl, epollWait } from '../sys/linux/epoll.ts';
import { type LoopHandle, wakeLoopBy } from '../sys/node-poll.ts';

/** Events of one turn of the loop; more come in the next one. */
const EVENTS_MAX = 256;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const EVENT_WORDS = EPOLL_EVENT.size / WORD_BYTES;
const FD_WORD = EPOLL_EVENT.fields.data[0] / WORD_BYTES;
const GENERATION_WORD = FD_WORD + 1;
const GENERATION_MAX = 0x7fffffff;

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EPERM]:
    'regular files, directories and devices without readiness are always ready, so there is ' +
    'nothing to wait for: use node:fs, or a completion model for asynchronous file I/O',
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
const events = { arena: null as Arena | null, words: new Int32Array(0) };

/**
 * Prepares to watch a descriptor. Throws SystemError when epoll refuses it (EBADF, EPERM), TypeError
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

function eventWords(): Int32Array {
  if (events.arena === null) {
    events.arena = Arena.map((EVENTS_MAX + 1) * EPOLL_EVENT.size);
    events.words = new Int32Array(events.arena.buffer, 0, (EVENTS_MAX + 1) * EVENT_WORDS);
  }
  return events.words;
}

function eventsOf(interest: number): number {
  return (
    ((interest & READABLE) !== 0 ? EPOLL.EPOLLIN : 0) |
    ((interest & WRITABLE) !== 0 ? EPOLL.EPOLLOUT : 0) |
    ((interest & PRIORITY) !== 0 ? EPOLL.EPOLLPRI : 0)
  );
}

/** A failure readies both directions, as in every selector: the call that follows names it. */
function readyOf(happened: number, interest: number): number {
  const error = (happened & EPOLL.EPOLLERR) !== 0;
  const hangup = (happened & EPOLL.EPOLLHUP) !== 0;
  const both = error || hangup ? READABLE | WRITABLE : 0;
  const ready =
    ((happened & EPOLL.EPOLLIN) !== 0 ? READABLE : 0) |
    ((happened & EPOLL.EPOLLOUT) !== 0 ? WRITABLE : 0) |
    ((happened & EPOLL.EPOLLPRI) !== 0 ? PRIORITY : 0);
  return ((ready | both) & interest) | (error ? ERROR : 0) | (hangup ? HANGUP : 0);
}

/** A thread's instance, the handle by which it wakes the loop, and who is attached. */
class Hub {
  readonly #watches = new Map<number, Watch>();
  readonly #words = eventWords();
  readonly #address = (events.arena as Arena).address;
  readonly #epfd: number;
  readonly #handle: LoopHandle;
  readonly #ready: Watch[] = [];
  #next = 0;
  #armed = 0;
  #references = 0;
  #isScheduled = false;
  #isClosed = false;

  constructor() {
    this.#epfd = epollCreate1(EPOLL.EPOLL_CLOEXEC);
    if (this.#epfd < 0) throw new SystemError(this.#epfd, 'epoll_create1');
    try {
      this.#handle = wakeLoopBy(this.#epfd);
    } catch (error) {
      close(this.#epfd);
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
    if (interest === 0) {
      this.#control(EPOLL.EPOLL_CTL_DEL, watched, 0);
      watched.isEntered = false;
    } else {
      const operation = watched.isEntered ? EPOLL.EPOLL_CTL_MOD : EPOLL.EPOLL_CTL_ADD;
      const result = this.#control(operation, watched, interest);
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
    if (watched.isEntered) this.#control(EPOLL.EPOLL_CTL_DEL, watched, 0);
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
    const result = this.#control(EPOLL.EPOLL_CTL_ADD, added, READABLE);
    if (result < 0 && result !== -ERRNO.EEXIST) throw refusal(result);
    if (known === undefined || (result >= 0 && isGone(known))) {
      // Without `known` an entry is one that was left behind, and leads to the same description.
      this.#control(EPOLL.EPOLL_CTL_DEL, added, 0);
      if (known !== undefined) this.#lose(known);
      return;
    }
    if (result >= 0) this.#control(EPOLL.EPOLL_CTL_DEL, added, 0);
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
    const count = epollWait(this.#epfd, this.#address, EVENTS_MAX, 0);
    const words = this.#words;
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      const watched = this.#watches.get(words[at + FD_WORD] as number);
      // An entry that was left behind; its event has silenced it.
      if (watched === undefined || watched.generation !== words[at + GENERATION_WORD]) continue;
      watched.pending = readyOf(words[at] as number, watched.asked);
      this.#setInterest(watched, 0);
      this.#ready.push(watched);
    }
  }

  #tell(): void {
    while (this.#next < this.#ready.length) {
      const watched = this.#ready[this.#next++] as Watch;
      const { pending } = watched;
      watched.pending = 0;
      if (pending === 0) continue;
      watched.context.runInAsyncScope(watched.owner.ready, watched.owner, pending);
    }
  }

  #control(operation: number, { fd, generation }: Watch, interest: number): number {
    // While the process exits, after everything was closed.
    if (this.#isClosed) return 0;
    const at = EVENTS_MAX * EVENT_WORDS;
    this.#words[at] = eventsOf(interest) | EPOLL.EPOLLONESHOT;
    this.#words[at + FD_WORD] = fd;
    this.#words[at + GENERATION_WORD] = generation;
    return epollCtl(this.#epfd, operation, fd, this.#address + at * WORD_BYTES);
  }

  readonly #close = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (hub === this) hub = null;
    process.removeListener('exit', this.#close);
    this.#handle.close();
    close(this.#epfd);
  };
}

/** Known for sure only of an entry that is in the kernel, or of an object that has moved on. */
function isGone({ handle, fd, isEntered }: Watch): boolean {
  return isEntered || (typeof handle !== 'number' && handle.fd !== fd);
}

function refusal(result: number): SystemError {
  return new SystemError(result, 'epoll_ctl', { hint: HINTS[-result] });
}
