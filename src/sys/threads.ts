/**
 * Threads that wait in the kernel, by what the system knows them by, and what ends their waits from
 * outside.
 */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/threads.ts';
import * as windows from './windows/threads.ts';

export { INTERRUPT_SIGNAL } from './posix/threads.ts';

const here: Omit<typeof posix, 'INTERRUPT_SIGNAL'> = HOST === 'win32' ? windows : posix;

export const {
  currentThread,
  declineCancellation,
  isThreadAlive,
  KNOWS_DEAD_THREADS,
  prepareToBeWoken,
  wakeThread,
} = here;
