/**
 * Model `blocking-threads`: a pool of threads, each blocked in a connection of its own.
 *
 * This program runs once in each of N worker threads. They share the memory of one process and the
 * listening socket: all that are free sleep in accept(2) on it, and the kernel wakes one for each
 * client. N clients are served at once; one more waits in the kernel's queue until a thread is free.
 */
import type { Loop } from './loop.ts';

export function blockingThreads(loop: Loop): void {
  while (loop.isRunning()) {
    // step 1: asleep in accept(2) beside the other free threads
    const connection = loop.acceptOne();
    if (connection === null) continue;
    while (!connection.isOver) {
      // step 2: this thread sleeps in recv(2) and send(2) for its client; the other threads go on
      connection.receive();
    }
    // step 3: close it, and back among the free threads
    loop.settle();
  }
}
