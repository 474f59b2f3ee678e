/**
 * Facts about timerfd_create(2):
 * - A timer expires into a descriptor: it is readable once the time is over, and `read` takes how
 *   often that has happened since the last `read`. Nothing is lost while nobody looks.
 * - A time of 0 disarms; a time that is over already expires at once.
 * - `monotonic` stands still while the machine sleeps, `boottime` goes on, `realtime` is the time of
 *   day, which people and daemons set. The two alarm clocks wake a sleeping machine, for whom has
 *   CAP_WAKE_ALARM.
 * - With TFD_TIMER_CANCEL_ON_SET a timer on the time of day becomes readable when that is set by a
 *   jump, and `read` answers ECANCELED: the time to wait for has to be computed anew.
 *
 * What this means for us: milliseconds are numbers and nanoseconds are bigints, as performance.now()
 * and process.hrtime.bigint() have them, and the latter is the monotonic clock itself. What is
 * asked for is rounded up to whole nanoseconds, 0 becomes the shortest time there is.
 */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { CLOCK, ERRNO, ITIMERSPEC, POLL, TIMESPEC } from '../sys/abi.ts';
import { read } from '../sys/descriptor.ts';
import { TIMERFD } from '../sys/linux/event-abi.ts';
import {
  clockGettime,
  timerfdCreate,
  timerfdGettime,
  timerfdSettime,
} from '../sys/linux/timerfd.ts';
import { checkAnonymous, fieldOf } from './anonymous.ts';
import { Descriptor } from './descriptor.ts';

const CLOCKS = {
  monotonic: CLOCK.CLOCK_MONOTONIC,
  realtime: CLOCK.CLOCK_REALTIME,
  boottime: CLOCK.CLOCK_BOOTTIME,
  'realtime-alarm': CLOCK.CLOCK_REALTIME_ALARM,
  'boottime-alarm': CLOCK.CLOCK_BOOTTIME_ALARM,
} as const;

const NS_PER_MS = 1e6;
const NS_PER_S = 1_000_000_000n;
const NS_MAX = 2n ** 63n - 1n;
const WORD_BYTES = BigInt64Array.BYTES_PER_ELEMENT;
const INTERVAL = ITIMERSPEC.fields['it_interval.tv_sec'][0] / WORD_BYTES;
const VALUE = ITIMERSPEC.fields['it_value.tv_sec'][0] / WORD_BYTES;

const setting = new BigInt64Array(ITIMERSPEC.size / WORD_BYTES);
const before = new BigInt64Array(ITIMERSPEC.size / WORD_BYTES);
const reading = new BigInt64Array(TIMESPEC.size / WORD_BYTES);
const expirations = new BigUint64Array(1);
const bytes = new Uint8Array(expirations.buffer);

/** The clock that a timer runs on: clock_gettime(2). */
export type TimerClock = keyof typeof CLOCKS;

/** A time: a number is milliseconds, fractions included, a bigint is nanoseconds. */
export type TimerTime = number | bigint;

/** Options of `TimerFd.start`. */
export interface TimerOptions {
  /** The time between the expirations that follow the first. @default 0, there are none */
  readonly every?: TimerTime;
}

/** Options of `TimerFd.startAt`. */
export interface TimerAtOptions extends TimerOptions {
  /**
   * Lets `read` throw SystemError ECANCELED when the clock is set by a jump. Clocks: realtime and
   * realtime-alarm. @default false
   */
  readonly cancelOnSet?: boolean;
}

/** What a timer has before it, in milliseconds. */
export interface TimerRemaining {
  /** Until the next expiration; 0 when there is none. */
  readonly ms: number;
  /** Between the expirations that follow; 0 when there are none. */
  readonly everyMs: number;
}

/** Checks a time and gives it in whole nanoseconds, rounded up. */
function asNanoseconds(time: TimerTime, name: string): bigint {
  if (typeof time !== 'bigint') {
    if (typeof time !== 'number') {
      throw new TypeError(
        `${name} must be a number of milliseconds or a bigint of nanoseconds, got ${inspect(time)}`,
      );
    }
    if (!Number.isFinite(time) || time < 0) {
      throw new RangeError(`${name} must be 0 or more milliseconds, got ${time}`);
    }
    // The whole milliseconds first: 2^53 nanoseconds are 104 days.
    const whole = Math.floor(time);
    return asNanoseconds(
      BigInt(whole) * BigInt(NS_PER_MS) + BigInt(Math.ceil((time - whole) * NS_PER_MS)),
      name,
    );
  }
  if (time < 0n || time > NS_MAX) {
    throw new RangeError(`${name} must be from 0 to 2^63-1 nanoseconds, got ${time}`);
  }
  return time;
}

function put(words: BigInt64Array, at: number, ns: bigint): void {
  words[at] = ns / NS_PER_S;
  words[at + 1] = ns % NS_PER_S;
}

function get(words: BigInt64Array, at: number): bigint {
  return (words[at] as bigint) * NS_PER_S + (words[at + 1] as bigint);
}

function clockNumber(clock: TimerClock): number {
  if (typeof clock === 'string' && Object.hasOwn(CLOCKS, clock)) return CLOCKS[clock];
  const allowed = Object.keys(CLOCKS).join(', ');
  throw new TypeError(`clock must be one of ${allowed}; got ${inspect(clock)}`);
}

/** A timer that a selector can watch: timerfd_create(2). */
export class TimerFd extends Descriptor {
  /** The clock that it runs on. */
  readonly clock: TimerClock;

  private constructor(fd: number, inherited: boolean, clock: TimerClock) {
    super(fd, inherited);
    this.clock = clock;
  }

  /**
   * Opens a timer that is not started. Throws SystemError (EMFILE; EPERM for an alarm clock without
   * CAP_WAKE_ALARM), TypeError for a clock that is none.
   */
  static open(clock: TimerClock = 'monotonic'): TimerFd {
    const fd = timerfdCreate(clockNumber(clock), TIMERFD.TFD_CLOEXEC);
    if (fd < 0) {
      const hint = fd === -ERRNO.EPERM ? 'an alarm clock needs CAP_WAKE_ALARM' : undefined;
      throw new SystemError(fd, 'timerfd_create', { hint });
    }
    return new TimerFd(fd, false, clock);
  }

  /**
   * Adopts a timerfd, which from now on this object closes. Throws SystemError (EBADF), TypeError
   * when it is something else.
   */
  static fromFd(fd: number): TimerFd {
    const checked = checkAnonymous(fd, /^anon_inode:\[timerfd\]$/, 'a timerfd');
    const number = Number(fieldOf(checked, 'clockid'));
    const clock = (Object.keys(CLOCKS) as TimerClock[]).find((name) => CLOCKS[name] === number);
    if (clock === undefined) {
      throw new TypeError(`descriptor ${checked} is a timerfd on clock ${number}, not known here`);
    }
    return new TimerFd(checked, true, clock);
  }

  /**
   * Starts the timer, or starts it anew: it expires `after` from now, then `every` so often.
   *
   * @param after milliseconds as a number (fractions count, rounded up to the nanosecond), or
   *   nanoseconds as a bigint; 0 expires at once
   */
  start(after: TimerTime, { every = 0 }: TimerOptions = {}): void {
    this.#set('start', 0, asNanoseconds(after, 'after'), asNanoseconds(every, 'every'));
  }

  /**
   * Starts the timer for a time of its clock; one that is over expires at once. Throws SystemError
   * ECANCELED when the clock was set since an earlier start that asked for it and nobody has read
   * that: the timer runs, for a time that may not be meant any more.
   *
   * @param time as `Date.now()` has it on the realtime clock; as `process.hrtime.bigint()` has it on
   *   the monotonic one; `now()` tells the time of any
   */
  startAt(time: TimerTime, { every = 0, cancelOnSet = false }: TimerAtOptions = {}): void {
    if (typeof cancelOnSet !== 'boolean') {
      throw new TypeError(`cancelOnSet must be a boolean, got ${inspect(cancelOnSet)}`);
    }
    if (cancelOnSet && !this.clock.startsWith('realtime')) {
      throw new TypeError(`cancelOnSet: nobody sets the ${this.clock} clock; use realtime`);
    }
    const flags = TIMERFD.TFD_TIMER_ABSTIME | (cancelOnSet ? TIMERFD.TFD_TIMER_CANCEL_ON_SET : 0);
    this.#set('startAt', flags, asNanoseconds(time, 'time'), asNanoseconds(every, 'every'));
  }

  /** Stops the timer; expirations that nobody has read are gone. */
  stop(): void {
    this.#set('stop', 0, null, 0n);
  }

  /** What is left, whatever way it was started. @see timerfd_gettime(2) */
  remaining(): TimerRemaining {
    const result = timerfdGettime(this.openFd('remaining'), before);
    if (result < 0) throw new SystemError(result, 'timerfd_gettime');
    const ms = Number(get(before, VALUE)) / NS_PER_MS;
    return { ms, everyMs: Number(get(before, INTERVAL)) / NS_PER_MS };
  }

  /** The time of the timer's clock in nanoseconds, as `startAt` takes it. @see clock_gettime(2) */
  now(): bigint {
    const result = clockGettime(CLOCKS[this.clock], reading);
    if (result < 0) throw new SystemError(result, 'clock_gettime');
    return get(reading, 0);
  }

  /**
   * Waits until the timer expires: how often it has since it was started or last read. A timer that
   * is not started is waited for as well: another thread may start it. Throws SystemError ECANCELED
   * once for each time that the clock was set, after `startAt` with `cancelOnSet`.
   */
  read(): number {
    this.wait('read', POLL.POLLIN, read, bytes, bytes.length, undefined);
    return Number(expirations[0]);
  }

  /** How often it expired since the last read, null when it did not. TypeError when blocking. */
  tryRead(): number | null {
    this.requireNonBlocking('tryRead');
    const result = this.attempt('read', read, bytes, bytes.length, undefined);
    return result === null ? null : Number(expirations[0]);
  }

  #set(call: string, flags: number, time: bigint | null, every: bigint): void {
    const fd = this.openFd(call);
    // 0 would disarm it.
    put(setting, VALUE, time === null ? 0n : time === 0n ? 1n : time);
    put(setting, INTERVAL, every);
    const result = timerfdSettime(fd, flags, setting, before);
    if (result < 0) throw this.failure(result, 'timerfd_settime');
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const remedy = 'the clock was set: compute the time anew and call startAt again';
    return super.failure(result, name, result === -ERRNO.ECANCELED ? remedy : hint);
  }

  protected override describe(): string {
    return this.clock;
  }
}
