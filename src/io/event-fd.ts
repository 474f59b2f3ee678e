/**
 * Facts about eventfd(2):
 * - It is a 64-bit counter behind a descriptor: `write` adds to it, `read` takes it and leaves 0. In
 *   semaphore mode `read` takes one.
 * - It is readable while the counter is above 0, and writable while 1 more fits: the counter ends at
 *   2^64-2. A write that does not fit waits, as a read of 0 does.
 * - Both transfer 8 bytes, in the order of this machine; nothing is ever cut short.
 *
 * What this means for us: numbers of JavaScript are exact up to 2^53-1 only, and what a read has
 * taken is gone from the counter. So `read` answers a bigint, which loses nothing whoever added
 * what; `add` takes either, because a number that is a safe integer is exact.
 */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { read, write } from '../sys/descriptor.ts';
import { EVENTFD } from '../sys/linux/abi.ts';
import { eventfd } from '../sys/linux/eventfd.ts';
import { checkAnonymous } from './anonymous.ts';
import { Descriptor } from './descriptor.ts';

const ADD_MAX = 2n ** 64n - 2n;
const INITIAL_MAX = 2 ** 32 - 1;

/** What one call transfers, in both of its forms. */
const counter = new BigUint64Array(1);
const bytes = new Uint8Array(counter.buffer);

/** Options of `EventFd.open`. */
export interface EventFdOptions {
  /** What the counter starts with, 0 to 2^32-1. @default 0 */
  readonly initial?: number;
  /** Each read takes 1 instead of all. @default false */
  readonly semaphore?: boolean;
}

/** Puts a value to add into the counter's form. Throws TypeError or RangeError naming it. */
function encode(value: number | bigint): Uint8Array {
  if (typeof value !== 'bigint') asInteger(value, 'value', 0, Number.MAX_SAFE_INTEGER);
  const exact = BigInt(value);
  if (exact < 0n || exact > ADD_MAX) {
    throw new RangeError(`value must be from 0 to 2^64-2, got ${inspect(value)}`);
  }
  counter[0] = exact;
  return bytes;
}

/** A counter that other threads and processes add to, and that a selector can watch: eventfd(2). */
export class EventFd extends Descriptor {
  /** Opens a counter whose calls wait for ever. Throws SystemError (EMFILE, ENFILE, ENOMEM). */
  static open({ initial = 0, semaphore = false }: EventFdOptions = {}): EventFd {
    if (typeof semaphore !== 'boolean') {
      throw new TypeError(`semaphore must be a boolean, got ${inspect(semaphore)}`);
    }
    const flags = EVENTFD.EFD_CLOEXEC | (semaphore ? EVENTFD.EFD_SEMAPHORE : 0);
    const fd = eventfd(asInteger(initial, 'initial', 0, INITIAL_MAX), flags);
    if (fd < 0) throw new SystemError(fd, 'eventfd');
    return new EventFd(fd, false);
  }

  /**
   * Adopts an eventfd, which from now on this object closes. Throws SystemError (EBADF), TypeError
   * when it is something else.
   */
  static fromFd(fd: number): EventFd {
    return new EventFd(checkAnonymous(fd, /^anon_inode:\[eventfd\]$/, 'an eventfd'), true);
  }

  /**
   * Waits until the counter is above 0 and takes it: all of it, or 1 in semaphore mode. A bigint,
   * because a counter of 64 bits does not fit a number. @see eventfd(2)
   */
  read(): bigint {
    this.wait('read', POLL.POLLIN, read, bytes, bytes.length, undefined);
    return counter[0] as bigint;
  }

  /** Takes what `read` takes; null when the counter is 0. Throws TypeError when it is blocking. */
  tryRead(): bigint | null {
    this.requireNonBlocking('tryRead');
    const result = this.attempt('read', read, bytes, bytes.length, undefined);
    return result === null ? null : (counter[0] as bigint);
  }

  /**
   * Adds `value` (0 to 2^64-2; a number only up to 2^53-1, where it is exact), waiting until it
   * fits.
   */
  add(value: number | bigint = 1): void {
    this.wait('write', POLL.POLLOUT, write, encode(value), bytes.length, undefined);
  }

  /**
   * Adds `value` if it fits: true, or null when the counter would pass 2^64-2, which then stays as
   * it was. Throws TypeError when the EventFd is blocking.
   */
  tryAdd(value: number | bigint = 1): true | null {
    this.requireNonBlocking('tryAdd');
    const result = this.attempt('write', write, encode(value), bytes.length, undefined);
    return result === null ? null : true;
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isFull = name === 'write' && (result === -ERRNO.EAGAIN || result === -ERRNO.ETIMEDOUT);
    const remedy = 'the counter has no room for that value: somebody has to read it';
    return super.failure(result, name, isFull ? remedy : hint);
  }

  protected override describe(): string {
    return '';
  }
}
