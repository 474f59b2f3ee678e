/**
 * Model `poll`: one thread, one call of poll(2) that waits on a list of descriptors.
 *
 * The same program as with select(2), without its limit: the list holds descriptors of any number.
 * The kernel still walks the whole list in each call, ready or not, so the cost still grows with
 * the connections that do nothing.
 */
import { PollSelector, READABLE, WRITABLE } from '../readiness.ts';
import type { Loop } from './loop.ts';

export function poll(loop: Loop): void {
  // step 1: a list of descriptors, with the listening socket as its only entry
  using selector = new PollSelector<undefined>();
  loop.watchWith(selector);
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until at least one of them is ready
    const count = selector.wait(loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const fd = selector.readyFd(i);
      if (fd === loop.listenerFd) {
        // step 3: accept whoever waits, and add them to the list
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
    // step 6: close what ended, take it off the list
    loop.settle();
  }
}
