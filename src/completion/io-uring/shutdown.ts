/**
 * The end of a queue. Its memory may go only when the kernel has sent the last completion of every
 * operation, so everything is cancelled, and cancelled again: an operation may have been on its way
 * from one place in the kernel to another when the first cancellation looked for it.
 */
import { ERRNO } from '../../sys/abi.ts';
import type { Engine } from './engine.ts';

/** How long the kernel gets, in milliseconds; a disk that hangs holds its operations for ever. */
const LIMIT_MS = 5_000;
const ROUND_MS = 20;
const PASSING: readonly number[] = [ERRNO.ETIME, ERRNO.EINTR, ERRNO.EBUSY, ERRNO.EAGAIN];

/** Cancels everything and waits for it: 0 when the kernel is through, or the negative error number. */
export function drain(engine: Engine): number {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    engine.cancelAll();
    engine.place();
    if (engine.isStalled && engine.pending === 0) return 0;
    if (performance.now() > deadline) return -ERRNO.ETIMEDOUT;
    // A signal is no reason to leave the kernel with memory that is about to go.
    const result = engine.ring.enter(1, ROUND_MS);
    engine.calls++;
    if (result < 0 && !PASSING.includes(-result)) return result;
    engine.reap();
  }
}
