/**
 * <pthread.h>: results are 0 or a positive error number; nothing here sets errno.
 */
import { bindValue } from '../ffi.ts';
import { ABSENT, PTHREAD } from './abi.ts';

/** The calling thread: pthread_self(3). */
export const pthreadSelf = bindValue<[]>('pthread_self', 'address', []);

const threadKill = bindValue<[thread: number, signal: number]>('pthread_kill', 'int', [
  'address',
  'int',
]);

/** Signals a thread of this process, 0 asks whether it lives: 0, or the negative error number. */
export function pthreadKill(thread: number, signal: number): number {
  return 0 - threadKill(thread, signal);
}

type Setting = [value: number, old: Int32Array];

const setCancelState = bindValue<Setting>('pthread_setcancelstate', 'int', ['int', 'buffer']);
const setCancelType = bindValue<Setting>('pthread_setcanceltype', 'int', ['int', 'buffer']);

/**
 * Tells the C library that nobody cancels the calling thread, for good.
 *
 * recv, send and most calls that can sleep are cancellation points: in a process of several
 * threads the library switches the cancellation type before and after the system call, four locked
 * instructions for each message of a server (2 % of its time). A thread whose type is
 * asynchronous already needs no switch, and with cancellation disabled the type has no effect.
 */
export function declineCancellation(): void {
  // Only for the C library of which that is known.
  if (PTHREAD.PTHREAD_CANCEL_DISABLE === ABSENT) return;
  const old = new Int32Array(1);
  setCancelState(PTHREAD.PTHREAD_CANCEL_DISABLE, old);
  setCancelType(PTHREAD.PTHREAD_CANCEL_ASYNCHRONOUS, old);
}
