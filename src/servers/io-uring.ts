/**
 * Model `io-uring`: one thread; the kernel does both phases and reports what it has done.
 *
 * The loop asks for nothing that it then waits for: it arms "receive whatever comes" once for each
 * client, and the kernel puts the bytes in one of the buffers that it was given and says so. Answers
 * are written down as submissions, and go to the kernel all together with the next wait: one system
 * call for a whole batch, however many clients it is about.
 */
import { CQE } from '../sys/linux/io-uring/ring.ts';
import { IORING } from '../sys/linux/io-uring-abi.ts';
import type { Loop } from './loop.ts';
import type { RingConnection } from './ring-connection.ts';
import { OPERATION, OPERATION_MASK, type RingWatcher } from './ring-watcher.ts';

const { IORING_CQE_F_MORE } = IORING;

export function ioUring(loop: Loop<RingConnection>, watcher: RingWatcher): void {
  const { ring } = watcher;
  const { cqes } = ring;
  // step 1: the ring is open; arm the accept, once for all clients
  loop.waitWith(watcher);
  while (loop.isRunning()) {
    // step 2: submit what the last batch wrote down, and sleep until something is complete
    const count = watcher.enter(loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const at = ring.completionAt(i);
      const low = cqes[at + CQE.userLow] as number;
      const high = cqes[at + CQE.userHigh] as number;
      const result = cqes[at + CQE.result] as number;
      const flags = cqes[at + CQE.flags] as number;
      const isLast = (flags & IORING_CQE_F_MORE) === 0;
      const operation = high & OPERATION_MASK;
      if (operation === OPERATION.accept) {
        // step 3: a client is accepted; its receive is armed once
        watcher.accepted(result, isLast);
        continue;
      }
      const connection = watcher.connectionOf(low, high);
      if (connection === undefined) {
        watcher.other(operation, low, result, flags);
        continue;
      }
      // step 4: bytes have come; the protocol has them, and its answer is written down
      if (operation === OPERATION.receive) connection.received(result, flags, isLast);
      // step 5: an answer is sent; the memory it lay in is free again
      else if (operation === OPERATION.send) connection.sent(result);
      else if (operation === OPERATION.room) connection.roomy();
      else if (operation === OPERATION.cancel) connection.cancelled();
      if (connection.isOver && connection.inFlight === 0) connection.depart();
    }
    ring.seen(count);
    // step 6: whoever waited for a buffer goes on; close what ended
    watcher.goOn();
    loop.settle();
  }
}
