/**
 * Model `epoll`: one thread; the kernel keeps the list of descriptors and of those that are ready.
 *
 * A descriptor is registered once. When bytes arrive for it, the kernel's wake-up callback puts it
 * on the ready list, and epoll_wait(2) returns that list alone: the cost grows with what is ready,
 * not with what is registered. Level-triggered: a descriptor stays on the list while it is ready,
 * so one recv(2) per event is enough, and what is left is reported again.
 */
import { EpollSelector, READABLE, WRITABLE } from '../readiness.ts';
import type { Loop } from './loop.ts';

export function epoll(loop: Loop): void {
  // step 1: an epoll instance in the kernel, with the listening socket registered
  using selector = new EpollSelector<undefined>();
  loop.watchWith(selector);
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until the ready list is not empty
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
    // step 6: close what ended, which also takes it out of the instance
    loop.settle();
  }
}
