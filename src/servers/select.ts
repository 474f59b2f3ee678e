/**
 * Model `select`: one thread, one call of select(2) that waits on every descriptor at once.
 *
 * Phase 1 is spent asleep in that call, phase 2 in recv(2), which no longer waits. The call takes
 * the whole set of descriptors each time and the kernel walks all of them, ready or not: the cost
 * grows with the connections that do nothing. It knows descriptors below 1024 only; a client
 * beyond is turned away and counted.
 */
import { READABLE, SelectSelector, WRITABLE } from '../readiness.ts';
import type { Loop } from './loop.ts';

export function select(loop: Loop): void {
  // step 1: three sets of bits, with the listening socket as the only one in them
  using selector = new SelectSelector<undefined>();
  loop.watchWith(selector);
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until at least one of them is ready
    const count = selector.wait(loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const fd = selector.readyFd(i);
      if (fd === loop.listenerFd) {
        // step 3: accept whoever waits, and put them into the sets
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
    // step 6: close what ended, take it out of the sets
    loop.settle();
  }
}
