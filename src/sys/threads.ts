/**
 * Threads that wait in the kernel, by the number that the kernel knows them by, and what ends their
 * waits from outside.
 */
import { SIGNAL } from './abi.ts';
import { gettid, tgkill } from './linux/thread.ts';
import { installHarmlessHandler } from './posix/signal.ts';

export { declineCancellation } from './posix/pthread.ts';

/** The signal that ends waits. Its number is part of the contract: it must stay unblocked. */
export const INTERRUPT_SIGNAL = SIGNAL.SIGRTMIN + 9;

/** The calling thread's number. */
export function currentThread(): number {
  return gettid();
}

/** Makes the calling thread's process ready for `wakeThread`: 0, or the negative error number. */
export function prepareToBeWoken(): number {
  return installHarmlessHandler(INTERRUPT_SIGNAL);
}

/**
 * Ends the call that a thread sleeps in, if it sleeps: 0, or the negative error number (ESRCH when
 * the thread is gone). One that comes just before the call is lost for it: repeat it.
 */
export function wakeThread(pid: number, thread: number): number {
  return tgkill(pid, thread, INTERRUPT_SIGNAL);
}

/** Whether there still is such a thread. */
export function isThreadAlive(pid: number, thread: number): boolean {
  return tgkill(pid, thread, 0) === 0;
}
