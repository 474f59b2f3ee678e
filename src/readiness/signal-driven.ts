/**
 * Facts about signal-driven I/O (O_ASYNC of open(2), F_SETSIG of fcntl(2), signal(7)):
 * - The kernel sends a signal when a descriptor *becomes* ready: an edge. With F_SETSIG it is a
 *   real-time signal, which queues and carries the descriptor's number.
 * - The queue is short (RLIMIT_SIGPENDING, for all processes of the user). When it is full the
 *   kernel sends one plain SIGIO instead, which names nobody and comes once for any number of
 *   events: whoever gets it has to look at every descriptor.
 * - A signal goes to a process, or with F_SETOWN_EX to one thread. In a Node process only the
 *   second makes sense: any other thread would run a handler, or the process would die of it.
 * - A signal may be ahead of the truth (another reader was faster) or behind it (what it announces
 *   has been read along with something else).
 * - Owner, signal and O_ASYNC belong to the open file description, so all who share it share one
 *   addressee. Accepted sockets inherit none of them.
 * - Sockets, pipes, FIFOs, terminals and inotify send signals. eventfd, timerfd, signalfd, pidfd,
 *   epoll and files send none, and the kernel takes the flag from them without a word.
 *
 * What this means for us: the signal and SIGIO are blocked in this thread before the first
 * descriptor is armed, and taken from the queue by sigtimedwait(2), where phase 1 sleeps. A number
 * that a signal names becomes a suspect; suspects are asked by poll(2) without waiting, so that the
 * contract's levels hold and no event is spurious, and stay suspects until they are drained. A
 * SIGIO makes suspects of all and is counted. What sends no signals, or is armed by somebody else,
 * is `emulated`: watched by poll(2) together with a signalfd(2) for the others' signals. Everything
 * is disarmed before the thread ends.
 */
import { fstatSync, readlinkSync } from 'node:fs';
import { isatty } from 'node:tty';
import { SystemError, type Unsupported } from '../errors.ts';
import { ERRNO, POLLFD, SIGNAL } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close, isOpen } from '../sys/descriptor.ts';
import { SIGNALFD } from '../sys/linux/event-abi.ts';
import { armSignal, disarmSignal, SignalQueue } from '../sys/linux/signal-io.ts';
import { signalfd } from '../sys/linux/signalfd.ts';
import { poll } from '../sys/poll.ts';
import { blockSignals, signalSet } from '../sys/posix/signal-set.ts';
import { eventsOf, READY_OF } from './events.ts';
import { probe } from './probe.ts';
import { refuseOptions } from './refuse-options.ts';
import { BaseSelector, grown } from './registry.ts';
import type { RegisterOptions } from './selector.ts';

/** The signal that says ready; another one than the signal that interrupts. */
export const READINESS_SIGNAL = SIGNAL.SIGRTMIN + 10;

/** How many signals one wait takes before it looks at what they are about. */
const TAKE_MAX = 512;
const ENTRY_WORDS = POLLFD.size / Int32Array.BYTES_PER_ELEMENT;
const INITIAL_ENTRIES = 64;
const REVENTS_SHIFT = 16;

/** How a number is watched. */
const UNKNOWN = 0;
const ARMED = 1;
const EMULATED = 2;

const open = new Set<SignalDrivenSelector>();

function disarmAll(): void {
  for (const selector of open) selector.close();
}

/** Whether the kernel sends signals for what is behind the descriptor. */
function sendsSignals(fd: number): boolean {
  const stat = fstatSync(fd);
  if (stat.isSocket() || stat.isFIFO()) return true;
  if (stat.isCharacterDevice()) return isatty(fd);
  if (stat.isFile() || stat.isDirectory() || stat.isBlockDevice()) return false;
  return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:inotify';
}

function openSignalFd(): number {
  return signalfd(-1, signalSet([READINESS_SIGNAL, SIGNAL.SIGIO]), SIGNALFD.SFD_CLOEXEC);
}

/**
 * `Selector` on signals: `register` sets O_ASYNC on the descriptor's open file description and
 * makes the calling thread its owner; `unregister` and `close` take that back. What the kernel
 * sends no signals for is `emulated` with poll(2).
 *
 * @see fcntl(2), sigtimedwait(2), signal(7)
 */
export class SignalDrivenSelector<Data = unknown> extends BaseSelector<Data> {
  static readonly model = 'signal-driven';

  /** Asks the kernel whether it hands out signals by descriptor: null, or why not. */
  static unavailable(): Unsupported | null {
    return probe('signal-driven', 'signalfd', () => {
      const fd = openSignalFd();
      return fd < 0 ? fd : close(fd);
    });
  }

  override readonly model = 'signal-driven';
  protected override call = 'sigtimedwait';
  readonly #queue = new SignalQueue(READINESS_SIGNAL);
  readonly #signalFd: number;
  /** What poll(2) is asked about: entry 0 is for the signals themselves, then suspects and emulated. */
  #arena = Arena.map(INITIAL_ENTRIES * POLLFD.size);
  #entries = new Int32Array(this.#arena.buffer);
  #count = 1;
  /** By number: its entry, 0 for none. */
  #indexes = new Int32Array(INITIAL_ENTRIES);
  #asked = new Int32Array(INITIAL_ENTRIES);
  #ways = new Int32Array(INITIAL_ENTRIES);
  #armed = 0;
  #emulated = 0;
  #signals = 0;
  #overflows = 0;

  constructor(rejected?: readonly Unsupported[]) {
    super(rejected);
    const result = blockSignals([READINESS_SIGNAL, SIGNAL.SIGIO]);
    if (result < 0) throw new SystemError(result, 'pthread_sigmask');
    this.#signalFd = openSignalFd();
    if (this.#signalFd < 0) throw new SystemError(this.#signalFd, 'signalfd');
    this.#entries[0] = -1;
    this.#entries[1] = eventsOf(1);
    if (open.size === 0) process.once('exit', disarmAll);
    open.add(this);
  }

  /** Signals taken so far that named a descriptor. */
  get signals(): number {
    return this.#signals;
  }

  /** How often the queue was full, so that every descriptor had to be looked at. */
  get overflows(): number {
    return this.#overflows;
  }

  /** How many of the registered descriptors send no signals and are `emulated` with poll(2). */
  get emulated(): number {
    return this.#emulated;
  }

  protected override add(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions,
  ): void {
    refuseOptions('signal-driven', options);
    if (!isOpen(fd)) throw new SystemError(ERRNO.EBADF, 'fcntl', { hint: `fd ${fd} is not open` });
    const armed = sendsSignals(fd) ? armSignal(fd, READINESS_SIGNAL) : 0;
    if (armed < 0) throw new SystemError(armed, 'fcntl');
    this.#indexes = grown(this.#indexes, fd);
    this.#asked = grown(this.#asked, fd);
    this.#ways = grown(this.#ways, fd);
    this.#ways[fd] = armed === 1 ? ARMED : EMULATED;
    if (armed === 1) this.#armed++;
    else this.#emulated++;
    this.#asked[fd] = eventsOf(interest);
    // What was there before it was armed sends no signal.
    this.#suspect(fd);
  }

  protected override change(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions | undefined,
  ): void {
    refuseOptions('signal-driven', options);
    this.#asked[fd] = eventsOf(interest);
    this.#acquit(fd);
    this.#suspect(fd);
  }

  protected override remove(fd: number): void {
    this.#acquit(fd);
    if (this.#ways[fd] === ARMED) {
      this.#armed--;
      disarmSignal(fd, READINESS_SIGNAL);
    } else {
      this.#emulated--;
    }
    this.#ways[fd] = UNKNOWN;
  }

  protected override poll(timeoutMs: number): number {
    if (this.#armed > 0 && this.#count > 1) this.#takeAll();
    if (this.#count > 1) {
      const result = this.#ask();
      if (result !== 0) return result;
    }
    const slept = this.#emulated > 0 ? this.#sleepInPoll(timeoutMs) : this.#sleep(timeoutMs);
    return slept < 0 ? slept : this.#ask();
  }

  protected override release(): void {
    open.delete(this);
    if (open.size === 0) process.off('exit', disarmAll);
    this.#ways.forEach((way, fd) => {
      if (way === ARMED) disarmSignal(fd, READINESS_SIGNAL);
    });
    // What is pending would count against the limit of all of the user's processes.
    if (this.#armed > 0) this.#takeAll();
    this.#emulated = 0;
    close(this.#signalFd);
    this.#queue.close();
    this.#arena.close();
  }

  protected override describe(): string {
    const emulated = this.#emulated === 0 ? '' : `, ${this.#emulated} emulated with poll`;
    return `${super.describe()}${emulated}`;
  }

  /** Phase 1: asleep until a signal comes. 0, or the negative error number. */
  #sleep(timeoutMs: number): number {
    const signal = this.#queue.take(timeoutMs);
    if (signal < 0) return signal === -ERRNO.EAGAIN ? 0 : signal;
    this.#note(signal);
    this.#takeAll();
    return 0;
  }

  /** The same beside what sends no signals: poll(2) sleeps for both. */
  #sleepInPoll(timeoutMs: number): number {
    this.#entries[0] = this.#signalFd;
    const result = poll(this.#arena.address, this.#count, timeoutMs);
    this.#entries[0] = -1;
    if (result > 0) this.#takeAll();
    return result < 0 ? result : 0;
  }

  /** Takes the signals that are there, without waiting. */
  #takeAll(): void {
    for (let taken = 0; taken < TAKE_MAX; taken++) {
      const signal = this.#queue.take(0);
      if (signal < 0) return;
      this.#note(signal);
    }
  }

  #note(signal: number): void {
    if (signal === READINESS_SIGNAL) {
      this.#signals++;
      const { fd } = this.#queue;
      if (this.#ways[fd] === ARMED) this.#suspect(fd);
      return;
    }
    this.#overflows++;
    this.#ways.forEach((way, fd) => {
      if (way === ARMED) this.#suspect(fd);
    });
  }

  /** Asks poll(2) about the suspects, without waiting: delivers the guilty, acquits the others. */
  #ask(): number {
    if (this.#count === 1) return 0;
    const result = poll(this.#arena.address, this.#count, 0);
    if (result < 0) return result;
    for (let index = 1; index < this.#count; ) {
      const entries = this.#entries;
      const fd = entries[index * ENTRY_WORDS] as number;
      const events = (entries[index * ENTRY_WORDS + 1] as number) >>> REVENTS_SHIFT;
      if (events === 0) {
        if (this.#ways[fd] === ARMED) this.#acquit(fd);
        else index++;
      } else if (this.deliver(fd, this.generationOf(fd), READY_OF[events & 63] as number)) {
        index++;
      }
      // Whoever was acquitted or dropped has left its entry to another one.
    }
    return result;
  }

  #suspect(fd: number): void {
    if (this.#indexes[fd] !== 0) return;
    if (this.#count * ENTRY_WORDS === this.#entries.length) this.#grow();
    this.#indexes[fd] = this.#count;
    this.#entries[this.#count * ENTRY_WORDS] = fd;
    this.#entries[this.#count * ENTRY_WORDS + 1] = this.#asked[fd] as number;
    this.#count++;
  }

  #acquit(fd: number): void {
    const index = this.#indexes[fd] as number;
    if (index === 0) return;
    const entries = this.#entries;
    const last = --this.#count;
    const moved = entries[last * ENTRY_WORDS] as number;
    entries[index * ENTRY_WORDS] = moved;
    entries[index * ENTRY_WORDS + 1] = entries[last * ENTRY_WORDS + 1] as number;
    this.#indexes[moved] = index;
    this.#indexes[fd] = 0;
  }

  #grow(): void {
    const larger = Arena.map(this.#arena.size * 2);
    const entries = new Int32Array(larger.buffer);
    entries.set(this.#entries);
    this.#arena.close();
    this.#arena = larger;
    this.#entries = entries;
  }
}
