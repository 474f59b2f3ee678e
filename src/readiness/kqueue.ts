/**
 * Facts about kqueue(2):
 * - The set lives in the kernel, behind a descriptor of its own. An entry (a "knote") is named by a
 *   number *and* a filter, so reading and writing are two entries, and come as two events.
 * - `kevent` changes the set and waits, in one call. What it has to say of a change comes in the
 *   list of events and would take the place of one; with EV_RECEIPT each change is answered there,
 *   and a list as long as the changes leaves no room for events, nor a reason to wait.
 * - Adding an entry that exists changes its parameters and not its flags.
 * - Level-triggered entries are looked at again when the list is handed out, and stay out of it
 *   when nothing is left; EV_CLEAR reports changes only; EV_ONESHOT ends the entry with its event.
 * - An event tells how much: the bytes waiting, the connections waiting, the room for a write. At
 *   the end of the stream it carries EV_EOF, and in `fflags` the error that the socket has.
 * - Closing a number ends its entries at once and without a word, whatever duplicates there are:
 *   no event of a number that is closed, or somebody else's, ever comes.
 * - Regular files are readable while their position is before their end. A pipe that nobody reads any
 *   more is refused with EPIPE when it is to be watched for writing; one that is watched ends.
 * - Urgent data has a filter on some systems (EVFILT_EXCEPT) and no way to be asked for on others.
 * - Of several queues that watch one listening socket all wake.
 * - Timers and events of the program's own (EVFILT_USER) come through the same call.
 * - A queue is itself readable while an event is pending, so queues nest. A child of fork has none.
 *
 * What this means for us: registering is a call of its own, with a receipt for each change. The
 * data that an entry carries is the generation of its registration. The filters of one number come
 * together in one event of the batch, and a one-shot registration whose other filter is still
 * there loses it with the event.
 */
import { SystemError, type Unsupported, UnsupportedError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO } from '../sys/abi.ts';
import { EV, KEVENT_ABI, KEVENT_SYSTEM } from '../sys/bsd/abi.ts';
import { Changes } from '../sys/bsd/changes.ts';
import { KeventList, kqueue } from '../sys/bsd/kevent.ts';
import { addUserEvent, HAS_USER_EVENTS, triggerUserEvent } from '../sys/bsd/user-event.ts';
import { close } from '../sys/descriptor.ts';
import { probe } from './probe.ts';
import { refuseOptions } from './refuse-options.ts';
import { BaseSelector, grown } from './registry.ts';
import { ERROR, HANGUP, PRIORITY, READABLE, type RegisterOptions, WRITABLE } from './selector.ts';

const EVENTS_MAX = 512;
const INITIAL_CAPACITY = 64;
/** Beside the interest, in what the kernel was asked for. */
const EDGE = 8;
const ONCE = 16;
const FLAGS = EDGE | ONCE;
const ID_MAX = 0x7fffffff;
const VALUE_MAX = 0xffffff;

const { filters, notes } = KEVENT_ABI;
/** Each direction's filter, with what it is asked for; a filter that is missing is never asked. */
const DIRECTIONS: readonly (readonly [bit: number, filter: number, fflags: number])[] = [
  [READABLE, filters.EVFILT_READ, 0],
  [WRITABLE, filters.EVFILT_WRITE, 0],
  [PRIORITY, filters.EVFILT_EXCEPT ?? 0, notes.NOTE_OOB ?? 0],
];
const { EVFILT_READ, EVFILT_WRITE, EVFILT_TIMER, EVFILT_USER } = filters;

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EBADF]: 'the descriptor is not open',
  [ERRNO.EPIPE]: 'nobody reads that pipe any more: kqueue refuses to wait for room in it',
  [ERRNO.EINVAL]: 'kqueue has no such event for this kind of descriptor; no kqueue watches itself',
};

function flagsOf({ edge, oneShot }: RegisterOptions): number {
  return (edge === true ? EDGE : 0) | (oneShot === true ? ONCE : 0);
}

/** Refuses what this system's kqueue does not have. */
function refuseAbsent(interest: number, options: RegisterOptions | undefined): void {
  refuseOptions('kqueue', options);
  if ((interest & PRIORITY) === 0 || filters.EVFILT_EXCEPT !== null) return;
  throw new UnsupportedError({
    model: 'PRIORITY of a kqueue selector',
    reason: `kqueue of ${KEVENT_SYSTEM} has no filter for urgent data`,
    remedy: "use poll for it: openSelector('poll')",
  });
}

function lengthened(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length === array.length) return array;
  const longer = new Float64Array(length);
  longer.set(array);
  return longer;
}

function lacks(what: string, remedy: string): UnsupportedError {
  const reason = `kqueue of ${KEVENT_SYSTEM} has none`;
  return new UnsupportedError({ model: `${what} of a kqueue selector`, reason, remedy });
}

/** A timer that ran out. */
export interface KqueueExpiry {
  readonly id: number;
  /** How often, since it was last told. */
  readonly times: number;
}

/** An event of the program's own that was triggered. */
export interface KqueueTrigger {
  readonly id: number;
  /** The value of the last `trigger`. */
  readonly value: number;
}

/** Options of `setTimer`. */
export interface KqueueTimerOptions {
  /** Again and again, with `ms` between; not with `absolute`. @default false */
  readonly repeat?: boolean | undefined;
  /** `ms` is a time of the calendar clock, as `Date.now()` gives it. @default false */
  readonly absolute?: boolean | undefined;
}

/**
 * `Selector` on kqueue(2): any number of descriptors, at a cost that grows with the ready ones.
 * Beyond the contract it tells how much is ready, and waits for timers and for events of the
 * program's own: those end a wait like a descriptor does, which then may return 0.
 *
 * @see kqueue(2)
 */
export class KqueueSelector<Data = unknown> extends BaseSelector<Data> {
  static readonly model = 'kqueue';

  /** Asks the kernel whether it has kqueue(2): null, or why not. */
  static unavailable(): Unsupported | null {
    return probe('kqueue', 'kqueue', () => {
      const fd = kqueue();
      return fd < 0 ? fd : close(fd);
    });
  }

  /**
   * Triggers an event of another thread's selector, by the selector's `fd`. The same as `trigger`
   * otherwise; the selector must outlive it.
   */
  static trigger(fd: number, id: number, value = 0): void {
    asInteger(id, 'id', 0, ID_MAX);
    asInteger(value, 'value', 0, VALUE_MAX);
    if (!HAS_USER_EVENTS) throw lacks('trigger', 'use a Waker');
    const result = triggerUserEvent(fd, id, value);
    if (result >= 0) return;
    const hint = result === -ERRNO.ENOENT ? `addUserEvent(${id}) comes first` : undefined;
    throw new SystemError(result, 'kevent', { hint });
  }

  override readonly model = 'kqueue';
  protected override readonly call = 'kevent';
  readonly #events = new KeventList(EVENTS_MAX);
  readonly #changes = new Changes();
  /** By number: the interest and flags that the kernel has, the flags alone while silenced. */
  #asked = new Int32Array(INITIAL_CAPACITY);
  /** By number: what is ready in the batch that is being gathered, else 0. */
  #ready = new Int32Array(INITIAL_CAPACITY);
  /** By number: what the last event said beside that. */
  #errors = new Int32Array(INITIAL_CAPACITY);
  #bytes = new Float64Array(INITIAL_CAPACITY);
  #room = new Float64Array(INITIAL_CAPACITY);
  /** The numbers in the batch, each once. */
  readonly #batch = new Int32Array(EVENTS_MAX);
  #expired: KqueueExpiry[] = [];
  #triggered: KqueueTrigger[] = [];
  #queue: number;

  constructor(rejected?: readonly Unsupported[]) {
    super(rejected);
    this.#queue = kqueue();
    if (this.#queue < 0) throw new SystemError(this.#queue, 'kqueue');
  }

  override get fd(): number {
    return this.#queue;
  }

  protected override add(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions,
  ): void {
    refuseAbsent(interest, options);
    this.#reach(fd);
    this.#ask(fd, 0, interest | flagsOf(options), generation);
  }

  protected override change(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions | undefined,
  ): void {
    refuseAbsent(interest, options);
    const before = this.#asked[fd] as number;
    const flags = options === undefined ? before & FLAGS : flagsOf(options);
    this.#ask(fd, before, interest | flags, generation);
  }

  protected override remove(fd: number): void {
    this.#putAll(fd, this.#asked[fd] as number, EV.EV_DELETE);
    // The descriptor is closed, or its number leads to another by now: the kernel knew it first.
    this.#changes.apply(this.#queue, ERRNO.EBADF, ERRNO.ENOENT);
    this.#asked[fd] = 0;
  }

  protected override poll(timeoutMs: number): number {
    if (this.#expired.length > 0) this.#expired = [];
    if (this.#triggered.length > 0) this.#triggered = [];
    const events = this.#events;
    const result = events.wait(this.#queue, timeoutMs);
    let count = 0;
    for (let index = 0; index < result; index++) {
      const filter = events.filter(index);
      if (filter === EVFILT_TIMER || filter === EVFILT_USER) this.#note(index, filter);
      else if (this.#gather(index, filter)) this.#batch[count++] = events.ident(index);
    }
    for (let index = 0; index < count; index++) this.#hand(this.#batch[index] as number);
    return result;
  }

  protected override release(): void {
    close(this.#queue);
    this.#queue = -1;
    this.#expired = [];
    this.#triggered = [];
    this.#events.close();
    this.#changes.close();
  }

  protected override describe(): string {
    return this.#queue < 0 ? super.describe() : `${super.describe()}, fd ${this.#queue}`;
  }

  /** Of a readable event of the last `wait`: the bytes waiting, or the connections; else 0. */
  readyBytes(index: number): number {
    return this.#bytes[this.readyFd(index)] ?? 0;
  }

  /** Of a writable event of the last `wait`: the bytes that a write would take; else 0. */
  readyRoom(index: number): number {
    return this.#room[this.readyFd(index)] ?? 0;
  }

  /** Of an event of the last `wait` that has `ERROR`: the socket's error number; else 0. */
  readyError(index: number): number {
    return this.#errors[this.readyFd(index)] ?? 0;
  }

  /** The timers that ran out in the last `wait`. */
  get expired(): readonly KqueueExpiry[] {
    return this.#expired;
  }

  /** The events of `addUserEvent` that were triggered, in the last `wait`. */
  get triggered(): readonly KqueueTrigger[] {
    return this.#triggered;
  }

  /**
   * Sets a timer of this selector, or sets it anew. It runs out once, or again and again with
   * `repeat`, and ends the wait: see `expired`.
   *
   * Throws RangeError for an `id` (0 to 2^31-1) or a time that is none, TypeError for `repeat` with
   * `absolute`, UnsupportedError for `absolute` on OpenBSD, SystemError ENOMEM when the system has
   * no more timers.
   *
   * @param ms milliseconds, rounded up to whole ones, 0 to 2^31-1
   */
  setTimer(id: number, ms: number, { repeat, absolute }: KqueueTimerOptions = {}): void {
    this.assertOpen();
    asInteger(id, 'id', 0, ID_MAX);
    const isAbsolute = absolute === true;
    const timeMax = isAbsolute ? Number.MAX_SAFE_INTEGER : ID_MAX;
    const time = asInteger(typeof ms === 'number' ? Math.ceil(ms) : ms, 'ms', 0, timeMax);
    if (isAbsolute && repeat === true) {
      throw new TypeError('an absolute timer runs out once: repeat goes with a span of time');
    }
    if (isAbsolute && notes.NOTE_ABSTIME === null) {
      throw lacks('the option absolute', 'give the span of time that is left until then');
    }
    // Setting one that is set changes its time on some systems, and starts it anew on others.
    this.clearTimer(id);
    const fflags = notes.NOTE_MSECONDS | (isAbsolute ? (notes.NOTE_ABSTIME ?? 0) : 0);
    const flags = EV.EV_ADD | (repeat === true ? 0 : EV.EV_ONESHOT);
    // A span of nothing is refused by some systems and means one unit to the others.
    this.#changes.put(id, EVFILT_TIMER, flags, { fflags, data: Math.max(time, 1) });
    const result = this.#changes.apply(this.#queue);
    if (result < 0) throw new SystemError(result, 'kevent');
  }

  /** Takes a timer back; false when it was not set, or has run out. */
  clearTimer(id: number): boolean {
    this.assertOpen();
    this.#changes.put(asInteger(id, 'id', 0, ID_MAX), EVFILT_TIMER, EV.EV_DELETE);
    const result = this.#changes.apply(this.#queue);
    if (result < 0 && result !== -ERRNO.ENOENT) throw new SystemError(result, 'kevent');
    return result === 0;
  }

  /**
   * Adds an event that the program itself triggers: see `triggered`. It stays until the selector is
   * closed. Throws UnsupportedError where kqueue has none (OpenBSD): use a `Waker`.
   *
   * @param id 0 to 2^31-1
   */
  addUserEvent(id: number): void {
    this.assertOpen();
    asInteger(id, 'id', 0, ID_MAX);
    if (!HAS_USER_EVENTS) throw lacks('addUserEvent', 'register a Waker');
    const result = addUserEvent(this.#queue, id);
    if (result < 0) throw new SystemError(result, 'kevent');
  }

  /**
   * Triggers such an event: the wait that goes on, or the next one, ends. Several of them before it
   * ends count as one, with the last value. From another thread: the static `trigger`.
   *
   * @param value comes with the event, 0 to 2^24-1
   */
  trigger(id: number, value = 0): void {
    this.assertOpen();
    KqueueSelector.trigger(this.#queue, id, value);
  }

  /** Gathers one filter's event; whether it is the first of its number in the batch. */
  #gather(index: number, filter: number): boolean {
    const events = this.#events;
    const fd = events.ident(index);
    const generation = events.udata(index);
    if (generation !== this.generationOf(fd)) {
      this.deliver(fd, generation, 0);
      return false;
    }
    const before = this.#ready[fd] as number;
    if (before === 0) {
      this.#errors[fd] = 0;
      this.#bytes[fd] = 0;
      this.#room[fd] = 0;
    }
    let ready = PRIORITY;
    if (filter === EVFILT_READ) {
      ready = READABLE;
      this.#bytes[fd] = events.data(index);
    } else if (filter === EVFILT_WRITE) {
      ready = WRITABLE;
      this.#room[fd] = events.data(index);
    }
    if ((events.flags(index) & EV.EV_EOF) !== 0) {
      ready |= HANGUP;
      const error = events.fflags(index);
      if (error !== 0 && ready !== (PRIORITY | HANGUP)) {
        ready |= ERROR;
        this.#errors[fd] = error;
      }
    }
    this.#ready[fd] = before | ready;
    return before === 0;
  }

  /** Delivers what was gathered for a number, and silences its other filters after one shot. */
  #hand(fd: number): void {
    const ready = this.#ready[fd] as number;
    this.#ready[fd] = 0;
    const isDelivered = this.deliver(fd, this.generationOf(fd), ready);
    const asked = this.#asked[fd] as number;
    if ((asked & ONCE) === 0 || !isDelivered) return;
    this.#asked[fd] = asked & FLAGS;
    this.#putAll(fd, asked & ~ready, EV.EV_DELETE);
    this.#changes.apply(this.#queue, ERRNO.EBADF, ERRNO.ENOENT);
  }

  #note(index: number, filter: number): void {
    const id = this.#events.ident(index);
    this.announce();
    if (filter === EVFILT_TIMER) this.#expired.push({ id, times: this.#events.data(index) });
    else this.#triggered.push({ id, value: this.#events.fflags(index) & VALUE_MAX });
  }

  /** Makes the kernel's entries of a number what is asked for now. */
  #ask(fd: number, before: number, after: number, generation: number): void {
    const flags =
      EV.EV_ADD |
      ((after & EDGE) !== 0 ? EV.EV_CLEAR : 0) |
      ((after & ONCE) !== 0 ? EV.EV_ONESHOT : 0);
    // What can be refused comes first, so that a refusal leaves everything as it was.
    this.#putAll(fd, after & ~before, flags, generation);
    let result = this.#changes.apply(this.#queue);
    if (result < 0) {
      this.#putAll(fd, after & ~before, EV.EV_DELETE);
      this.#changes.apply(this.#queue, ERRNO.EBADF, ERRNO.ENOENT);
      throw new SystemError(result, 'kevent', { hint: HINTS[-result] });
    }
    // An entry's flags never change, and an edge wants to be looked at anew: out and in again.
    const again = ((before | after) & FLAGS) === 0 ? 0 : before & after;
    this.#putAll(fd, again | (before & ~after), EV.EV_DELETE);
    this.#putAll(fd, again, flags, generation);
    result = this.#changes.apply(this.#queue, ERRNO.ENOENT);
    if (result < 0) throw new SystemError(result, 'kevent', { hint: HINTS[-result] });
    this.#asked[fd] = after;
  }

  /** Puts one change for each direction among `bits` on the list. */
  #putAll(fd: number, bits: number, flags: number, udata = 0): void {
    for (const [bit, filter, fflags] of DIRECTIONS) {
      if ((bits & bit) !== 0) this.#changes.put(fd, filter, flags, { fflags, udata });
    }
  }

  /** Makes room for what is kept by number. */
  #reach(fd: number): void {
    this.#asked = grown(this.#asked, fd);
    this.#ready = grown(this.#ready, fd);
    this.#errors = grown(this.#errors, fd);
    this.#bytes = lengthened(this.#bytes, this.#asked.length);
    this.#room = lengthened(this.#room, this.#asked.length);
  }
}
