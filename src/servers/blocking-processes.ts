/**
 * Model `blocking-processes`: processes started beforehand share the listening socket.
 *
 * This program runs once in each of N processes, each with memory of its own: a crash takes one
 * client with it, not all. The listening socket was inherited as a descriptor, so that all of them
 * accept from one queue; the kernel wakes one for each client. One client more than N waits there.
 */
import type { Loop } from './loop.ts';

export function blockingProcesses(loop: Loop): void {
  while (loop.isRunning()) {
    // step 1: asleep in accept(2) on the inherited socket, beside the other free processes
    const connection = loop.acceptOne();
    if (connection === null) continue;
    while (!connection.isOver) {
      // step 2: this process sleeps in recv(2) and send(2) for its client; the others go on
      connection.receive();
    }
    // step 3: close it, and back among the free processes
    loop.settle();
  }
}
