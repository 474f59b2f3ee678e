/**
 * The contract of every selector: one blocking call that waits on many descriptors at once.
 *
 * A back end provides `add`, `change`, `remove` and `poll` (see registry.ts) and opens with an
 * essay on its kernel interface. Everything a user needs to know is said here, once.
 *
 * ## Portability
 * What the kernels do *not* promise, and therefore no selector does:
 * - **Spurious events.** Ready means that the call would probably not sleep. Another thread may
 *   take the data first, a checksum may fail: a watched descriptor should be non-blocking, and its
 *   owner should expect would-block. `register` never changes the descriptor's mode.
 * - **Draining.** A level-triggered selector reports a descriptor again while anything is left. An
 *   edge-triggered one reports *changes*: read or write until would-block, or wait in vain. A short
 *   read is not proof that nothing is left.
 * - **Hints.** `HANGUP` and `ERROR` are hints: poll, epoll and kqueue give them, select cannot. All
 *   make the directions asked for ready as well, where the call that follows tells the truth. They
 *   are reported unasked, so pause a descriptor by `unregister`, never by asking for less. They
 *   come alone where no direction was asked for (`PRIORITY` only). kqueue looks at each direction
 *   for itself: a peer that has shut down its sending half is `READABLE | HANGUP` there, and a pipe
 *   without a reader `WRITABLE | HANGUP`, which is an `ERROR` to poll and epoll.
 * - **Shared descriptions.** signal-driven sets O_ASYNC and the owner on the open file description,
 *   where whoever shares it sees them, and takes them back with the registration.
 * - **Closed descriptors.** Unregister, then close. When it was forgotten: select and poll report
 *   the number as ready with `ERROR` until it is unregistered; epoll forgets it without a word once
 *   its last duplicate is closed, and so does signal-driven with what sends signals; kqueue forgets
 *   it at once, duplicates or not, and watches nothing until it is unregistered and registered
 *   again. A registered *object* whose `fd` has changed (-1 when it was closed) is recognised by
 *   all: its registration is dropped at its next event, which with kqueue never comes, or when its
 *   number is registered again, and what it would have reported counts as stale. A bare number that
 *   was closed and opened again cannot be told from the first.
 * - **Regular files** are always ready for select and poll, which is true and of no use: their
 *   `read` sleeps in the disk all the same. epoll refuses them with EPERM; for kqueue they are
 *   readable while their position is before their end.
 * - **Order and number.** Events of one batch come in no order worth relying on; epoll and kqueue
 *   give at most 512 a batch and the others in the next, kqueue counting each direction.
 * - **Threads.** A selector belongs to the thread that made it. Other threads end its wait through
 *   a `Waker` or with `interrupt`.
 */
import type { Unsupported } from '../errors.ts';
import type { Handle } from '../platform/fd.ts';

/** Interest and ready bit: a read, accept or receive would not sleep (end of stream included). */
export const READABLE = 1;
/** Interest and ready bit: a write would take at least one byte, or a connect has ended. */
export const WRITABLE = 2;
/**
 * Interest and ready bit: urgent data, or an exceptional condition of a special file. kqueue of
 * FreeBSD and NetBSD has none: UnsupportedError.
 */
export const PRIORITY = 4;
/** Ready bit only, a hint: the other end is gone. Back ends: poll, epoll, kqueue. */
export const HANGUP = 8;
/** Ready bit only, a hint: an error (poll, epoll, kqueue), a closed descriptor (poll, select). */
export const ERROR = 16;

/** The readiness models that have a selector, each by its system call's name. */
export type SelectorModel = 'select' | 'poll' | 'epoll' | 'kqueue' | 'signal-driven';

/** One registration. It is live: `modify` changes the object that `register` returned. */
export interface SelectorKey<Data> {
  /** What was registered, as it was given. */
  readonly handle: Handle;
  /** Its descriptor number at that time. */
  readonly fd: number;
  /** What it waits for: a combination of `READABLE`, `WRITABLE` and `PRIORITY`. */
  readonly interest: number;
  /** Whatever the owner attached: a handler, a connection. */
  readonly data: Data;
}

/** How a registration reports. Back ends: epoll, kqueue; the others throw UnsupportedError. */
export interface RegisterOptions {
  /** Report changes, not the state: drain until would-block. @default false */
  readonly edge?: boolean | undefined;
  /** Report once, then be silent until `modify` arms it again. @default false */
  readonly oneShot?: boolean | undefined;
  /**
   * Of several epoll instances that watch the same descriptor wake one or some, not all. Cannot be
   * modified afterwards (EINVAL), nor joined with `oneShot` or `PRIORITY`. Back ends: epoll.
   * @default false
   */
  readonly exclusive?: boolean | undefined;
}

/** One event of a batch. */
export interface Ready<Data> {
  readonly key: SelectorKey<Data>;
  /** The interest that is ready, and hints. */
  readonly ready: number;
}

/** Plain counters since the selector was made. */
export interface SelectorStatistics {
  /** Calls of `wait` and `select`. */
  readonly waits: number;
  /** Events delivered. */
  readonly events: number;
  /** Events dropped by `wait` because their registration was gone or its descriptor replaced. */
  readonly stale: number;
}

/**
 * Waits until one of many descriptors is ready.
 *
 * Errors of every method: `PolyioError` ERR_POLYIO_CLOSED after `close`; `TypeError` or
 * `RangeError` for what cannot be a handle (a number, or an object with `fd`), an interest (a
 * combination of the three bits, not 0) or a timeout; `SystemError` where the kernel refuses.
 *
 * @typeParam Data what is attached to each registration
 */
export interface Selector<Data> {
  /** The model that does the waiting. */
  readonly model: SelectorModel;
  /** The candidates that `openSelector` asked first, each with the reason why it lost. */
  readonly rejected: readonly Unsupported[];
  /**
   * The selector's own descriptor: readable while any of its events is pending, so that selectors
   * nest; -1 once closed. Back ends: epoll, kqueue. The others throw UnsupportedError.
   */
  readonly fd: number;

  /**
   * Starts to watch `handle`. A refused registration leaves nothing behind.
   *
   * Throws `TypeError` when its number is registered already, `SystemError` EBADF when it is not
   * open, EPERM for a regular file (epoll), EPIPE for room in a pipe that nobody reads any more
   * (kqueue), `RangeError` above 1023 (select).
   */
  register(
    handle: Handle,
    interest: number,
    data: Data,
    options?: RegisterOptions,
  ): SelectorKey<Data>;

  /**
   * Changes what `handle` waits for; a one-shot registration is armed again. `data` and `options`
   * stay as they are when left out. A refused change leaves the registration as it was.
   *
   * Throws `TypeError` when `handle` is not registered, `SystemError` EINVAL when `exclusive`.
   */
  modify(
    handle: Handle,
    interest: number,
    data?: Data,
    options?: RegisterOptions,
  ): SelectorKey<Data>;

  /**
   * Stops watching `handle` and returns what its key was. Works after the descriptor was closed,
   * and after its number was given to another: by the number, or by the object itself.
   *
   * Throws `TypeError` when `handle` is not registered.
   */
  unregister(handle: Handle): SelectorKey<Data>;

  /** The registration of `handle`. Throws `TypeError` when there is none. */
  getKey(handle: Handle): SelectorKey<Data>;

  /** Every registration, in the order of its number. */
  keys(): IterableIterator<SelectorKey<Data>>;

  /** The number of registrations. */
  readonly size: number;

  /**
   * Waits and gives the ready keys. The wait happens in the call, not at the first `next()`. A key
   * that was unregistered while the batch was being handled is skipped.
   *
   * @param timeoutMs see `wait`
   */
  select(timeoutMs?: number): IterableIterator<Ready<Data>>;

  /**
   * Waits and returns the number of events, 0 when the time ran out: read them with `readyFd` and
   * `readyEvents`. Nothing is allocated. It is the same whether signals arrive or not; when another
   * thread interrupts this one it throws `PolyioError` ERR_POLYIO_INTERRUPTED.
   *
   * @param timeoutMs milliseconds, rounded up to whole ones, never shorter than asked for; 0 looks
   *   once; left out or `Infinity` it waits for ever
   */
  wait(timeoutMs?: number): number;

  /**
   * The number of the descriptor that event `index` of the last `wait` is about, or -1 when its
   * registration was removed or replaced since: skip it.
   */
  readyFd(index: number): number;

  /** The ready bits of event `index` of the last `wait`. */
  readyEvents(index: number): number;

  /** What happened so far. */
  statistics(): SelectorStatistics;

  /** Gives the selector's own resources back; what is registered stays open. Can be repeated. */
  close(): void;

  [Symbol.dispose](): void;
}
