/**
 * Model `kqueue`: one thread; the kernel keeps the list of descriptors and of those that are ready.
 *
 * A descriptor is registered once, for each direction. When bytes arrive for it, the kernel puts
 * that entry on the queue, and kevent(2) returns what is queued: the cost grows with what is ready,
 * not with what is registered. Level-triggered: an entry is queued again while it is ready, so one
 * recv(2) per event is enough, and what is left is reported again. The model of macOS and the BSDs.
 */
import { KqueueSelector, READABLE, WRITABLE } from '../readiness.ts';
import type { Loop } from './loop.ts';

export function kqueue(loop: Loop): void {
  // step 1: a queue in the kernel, with the listening socket registered
  using selector = new KqueueSelector<undefined>();
  loop.watchWith(selector);
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until the queue is not empty
    const count = selector.wait(loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const fd = selector.readyFd(i);
      if (fd === loop.listenerFd) {
        // step 3: accept whoever waits, and register them once
        loop.accept();
        continue;
      }
      const connection = loop.connectionAt(fd);
      if (connection === undefined) continue;
      const ready = selector.readyEvents(i);
      // step 4: phase 2, copy what arrived and hand it to the protocol
      if ((ready & READABLE) !== 0) connection.receive();
      // step 5: send what the kernel had no room for before
      if ((ready & WRITABLE) !== 0) connection.flush();
    }
    // step 6: close what ended, which also takes it out of the queue
    loop.settle();
  }
}
