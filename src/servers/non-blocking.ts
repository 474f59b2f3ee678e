/**
 * Model `non-blocking`: one thread that asks every descriptor in turn, again and again.
 *
 * No call ever sleeps: in phase 1 each recv(2) answers EAGAIN at once, and the processor is busy
 * the whole time. Only phase 2 is spent inside the call that has something to return.
 */
import type { Loop } from './loop.ts';

export function nonBlocking(loop: Loop): void {
  while (loop.isRunning()) {
    // step 1: is somebody waiting to be accepted? EAGAIN when not
    loop.accept();
    for (const connection of loop.connections) {
      // step 2: has this one sent something? EAGAIN when not, its bytes when it has
      connection.receive();
      // step 3: does the kernel take more of what is queued for it?
      connection.flush();
    }
    // step 4: close what ended, and begin again at once
    loop.settle();
  }
}
