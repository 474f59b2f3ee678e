/**
 * Model `blocking`: one thread, one connection at a time.
 *
 * The thread sleeps through phase 1 and phase 2 of every call: in accept(2) until somebody
 * connects, in recv(2) until bytes arrive, in send(2) until there is room for them. Whoever else
 * connects waits in the kernel's queue until this client has left.
 */
import type { Loop } from './loop.ts';

export function blocking(loop: Loop): void {
  while (loop.isRunning()) {
    // step 1: asleep in accept(2) until a client connects
    const connection = loop.acceptOne();
    if (connection === null) continue;
    while (!connection.isOver) {
      // step 2: asleep in recv(2) through both phases, then the protocol, asleep in send(2) with its answer
      connection.receive();
    }
    // step 3: close it; the next client's turn
    loop.settle();
  }
}
