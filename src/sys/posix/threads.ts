/**
 * Threads that wait in the kernel, by what the system knows them by, and what ends their waits from
 * outside.
 *
 * Facts:
 * - Linux numbers its threads, tgkill(2) signals one of them in any process and answers ESRCH when it
 *   is gone. It has real-time signals, which nobody else uses.
 * - Elsewhere a thread is what pthread_self(3) says, 64 bits that mean something in their own process
 *   only. pthread_kill(3) may be asked about it until somebody has waited for its end; macOS and
 *   FreeBSD look it up and answer ESRCH, others read its memory, whatever that is by then.
 * - Of the signals that every system has, SIGURG does least: by default it is ignored.
 * - kill(2) signals a process. Which of its threads takes it is the kernel's choice among those that
 *   do not block it; Linux, macOS and FreeBSD begin with the first, which is the main thread.
 *
 * What this means for us: without tgkill(2) whoever started a worker forgets it when it has ended
 * (see interrupt.ts), and a worker process serves in its main thread and is signalled as a whole,
 * again and again until it has looked.
 */

import { gettid, tgkill } from '../linux/thread.ts';
import { ERRNO, SIGNAL } from './abi.ts';
import { pthreadKill, pthreadSelf } from './pthread.ts';
import { installHarmlessHandler, kill } from './signal.ts';
import { HAS } from './ways.ts';

export { declineCancellation } from './pthread.ts';

/** The signal that ends waits. Its number is part of the contract: it must stay unblocked. */
export const INTERRUPT_SIGNAL = HAS.tgkill ? SIGNAL.SIGRTMIN + 9 : SIGNAL.SIGURG;

/** Whether the kernel can be asked about a thread that is gone for good. */
export const KNOWS_DEAD_THREADS = HAS.tgkill;

/** The calling thread, as a number below 2^53. */
export const currentThread: () => number = HAS.tgkill ? gettid : pthreadSelf;

/** Makes the calling thread's process ready for `wakeThread`: 0, or the negative error number. */
export function prepareToBeWoken(): number {
  return installHarmlessHandler(INTERRUPT_SIGNAL);
}

function signalThread(pid: number, thread: number, signal: number): number {
  if (HAS.tgkill) return tgkill(pid, thread, signal);
  if (pid !== process.pid) return kill(pid, signal);
  return thread === 0 ? -ERRNO.ESRCH : pthreadKill(thread, signal);
}

/**
 * Ends the call that a thread sleeps in, if it sleeps: 0, or the negative error number (ESRCH when
 * the thread is gone). One that comes just before the call is lost for it: repeat it.
 */
export function wakeThread(pid: number, thread: number): number {
  return signalThread(pid, thread, INTERRUPT_SIGNAL);
}

/** Whether there still is such a thread. */
export function isThreadAlive(pid: number, thread: number): boolean {
  return signalThread(pid, thread, 0) === 0;
}
