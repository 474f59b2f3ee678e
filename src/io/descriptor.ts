import { inspect } from 'node:util';
import { PolyioError, SystemError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import { asFd } from '../platform/fd.ts';
import { asTimeout } from '../platform/integers.ts';
import { ERRNO } from '../sys/abi.ts';
import { close, isNonBlocking, setNonBlocking } from '../sys/descriptor.ts';
import {
  callNow,
  callUntil,
  type Deadline,
  type DescriptorCall,
  deadlineAfter,
} from './waiting.ts';

const TIMEOUT_MS_MAX = 0x7fffffff;

/**
 * An open file descriptor and how its calls wait.
 *
 * Every call comes in two families. `x` waits: for ever in a blocking descriptor, up to the timeout
 * in one that has a timeout (then it throws SystemError ETIMEDOUT); in a non-blocking descriptor it
 * throws SystemError EAGAIN instead. `tryX` never waits and answers null where it would have to.
 *
 * EINTR never surfaces and shortens or lengthens no timeout. `interrupt` of another thread ends a
 * wait with PolyioError `ERR_POLYIO_INTERRUPTED`. Calls on a closed descriptor throw PolyioError
 * `ERR_POLYIO_CLOSED`.
 *
 * Nothing closes a descriptor that is merely forgotten: `using` or `close()` does.
 */
export abstract class Descriptor {
  #fd: number;
  #gone: 'closed' | 'detached' = 'closed';
  #timeoutMs: number | null = null;
  readonly #inheritedNonBlocking: boolean | null;

  /** `inherited`: somebody else opened it and may share its open file description. */
  protected constructor(fd: number, inherited: boolean) {
    this.#fd = asFd(fd);
    this.#inheritedNonBlocking = null;
    if (!inherited) return;
    const nonBlocking = isNonBlocking(fd);
    if (nonBlocking < 0) throw new SystemError(nonBlocking, 'fcntl');
    this.#inheritedNonBlocking = nonBlocking === 1;
    if (nonBlocking === 1) this.#timeoutMs = 0;
  }

  /** The descriptor's number, or -1 once it is closed or detached. */
  get fd(): number {
    return this.#fd;
  }

  /** Whether it is closed or detached. */
  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Whether the `x` family waits, be it for ever or up to the timeout. */
  get blocking(): boolean {
    return this.#timeoutMs !== 0;
  }

  /** How long the `x` family waits, in milliseconds: null for ever, 0 not at all. */
  get timeout(): number | null {
    return this.#timeoutMs;
  }

  /** `true` waits for ever, the same as `setTimeout(null)`; `false` never, as `setTimeout(0)`. */
  setBlocking(on: boolean): void {
    if (typeof on !== 'boolean') throw new TypeError(`on must be a boolean, got ${inspect(on)}`);
    this.setTimeout(on ? null : 0);
  }

  /**
   * Limits each call of the `x` family to `timeoutMs` milliseconds (0 to 2^31-1, rounded up); null
   * waits for ever, 0 makes the descriptor non-blocking.
   *
   * Anything but null sets O_NONBLOCK. That flag belongs to the open file description: everybody
   * who shares it, in other processes too, sees it. `close` puts it back on an inherited one.
   *
   * @see fcntl(2), poll(2)
   */
  setTimeout(timeoutMs: number | null): void {
    const fd = this.openFd('setTimeout');
    const rounded = checkTimeout(timeoutMs);
    const result = setNonBlocking(fd, rounded !== null);
    if (result < 0) throw new SystemError(result, 'fcntl');
    this.#timeoutMs = rounded;
  }

  /** Gives the number up without closing it and returns it; O_NONBLOCK stays as it is. */
  detach(): number {
    const fd = this.openFd('detach');
    announceClosing(this);
    this.#fd = -1;
    this.#gone = 'detached';
    return fd;
  }

  /**
   * Closes the descriptor; closing it again does nothing. Throws SystemError when the kernel
   * reports a failure: the number is gone even so, and nothing is tried again.
   *
   * @see close(2)
   */
  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    announceClosing(this);
    this.#fd = -1;
    const before = this.#inheritedNonBlocking;
    if (before !== null && before !== (this.#timeoutMs !== null)) setNonBlocking(fd, before);
    const result = close(fd);
    if (result < 0 && result !== -ERRNO.EINTR) throw new SystemError(result, 'close');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    const name = this.constructor.name;
    if (this.#fd < 0) return `${name}{${this.#gone}}`;
    const details = [`fd ${this.#fd}`, this.describe(), this.#describeMode()];
    return `${name}{${details.filter((part) => part !== '').join(' ')}}`;
  }

  /** What `console.log` shows between the number and the mode. */
  protected abstract describe(): string;

  /** The number, for a call of that name. Throws ERR_POLYIO_CLOSED. */
  protected openFd(call: string): number {
    if (this.#fd >= 0) return this.#fd;
    const name = this.constructor.name;
    throw new PolyioError('ERR_POLYIO_CLOSED', `${name}.${call}: the ${name} is ${this.#gone}`);
  }

  /** When a call that begins now has to end. */
  protected deadline(): Deadline {
    return deadlineAfter(this.#timeoutMs);
  }

  /** The `x` family: makes the call, waits as the mode says, throws what the kernel refuses. */
  protected wait<A, B, C>(
    name: string,
    events: number,
    call: DescriptorCall<A, B, C>,
    a: A,
    b: B,
    c: C,
  ): number {
    const fd = this.openFd(name);
    const result = callUntil(deadlineAfter(this.#timeoutMs), events, call, fd, a, b, c);
    if (result < 0) throw this.failure(result, name);
    return result;
  }

  /** The `x` family for all of `bytes`: one deadline, however many calls it takes. */
  protected waitForAll(
    name: string,
    events: number,
    call: DescriptorCall<Uint8Array, number, number>,
    bytes: Uint8Array,
    flags: number,
  ): void {
    const fd = this.openFd(`${name}All`);
    const deadline = deadlineAfter(this.#timeoutMs);
    for (let done = 0; done < bytes.length; ) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const result = callUntil(deadline, events, call, fd, rest, rest.length, flags);
      if (result < 0) {
        throw this.failure(result, name, `${done} of ${bytes.length} bytes were taken`);
      }
      done += result;
    }
  }

  /** The `tryX` family, for calls that cannot sleep: null instead of EAGAIN. */
  protected attempt<A, B, C>(
    name: string,
    call: DescriptorCall<A, B, C>,
    a: A,
    b: B,
    c: C,
  ): number | null {
    const result = callNow(call, this.#fd, a, b, c);
    if (result >= 0) return result;
    if (result === -ERRNO.EAGAIN) return null;
    throw this.failure(result, name);
  }

  /** What a refused call throws. Kinds of descriptor that know more about an error say it here. */
  protected failure(result: number, name: string, hint?: string): SystemError {
    return new SystemError(result, name, { hint });
  }

  /** For those of the `tryX` family that only O_NONBLOCK keeps from sleeping. */
  protected requireNonBlocking(call: string): void {
    this.openFd(call);
    if (this.#timeoutMs !== null) return;
    const name = this.constructor.name;
    throw new TypeError(`${name}.${call}: the ${name} is blocking; call setBlocking(false) first`);
  }

  #describeMode(): string {
    if (this.#timeoutMs === null) return 'blocking';
    return this.#timeoutMs === 0 ? 'non-blocking' : `timeout ${this.#timeoutMs} ms`;
  }
}

function checkTimeout(timeoutMs: number | null): number | null {
  if (timeoutMs === null) return null;
  if (typeof timeoutMs !== 'number') {
    throw new TypeError(
      `timeoutMs must be a number of milliseconds or null, got ${inspect(timeoutMs)}`,
    );
  }
  const rounded = asTimeout(timeoutMs);
  if (rounded > TIMEOUT_MS_MAX) {
    throw new RangeError(`timeoutMs must be at most ${TIMEOUT_MS_MAX}, got ${timeoutMs}`);
  }
  return rounded < 0 ? null : rounded;
}
