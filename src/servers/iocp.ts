/**
 * Model `iocp`: one thread; the kernel does both phases and puts a packet into a port when it is done.
 *
 * The loop starts operations and sleeps in one place, for all of them together. A client that has
 * nothing to say has a receive of no bytes under way and costs no buffer; one that has sent gets the
 * next bytes put into a buffer. What is complete when its call returns needs no packet.
 */
import type { Loop } from './loop.ts';
import type { PortConnection } from './port-connection.ts';
import type { PortWatcher } from './port-watcher.ts';

export function iocp(loop: Loop<PortConnection>, watcher: PortWatcher): void {
  // step 1: the port is open; start accepts, of which each takes in one client
  loop.waitWith(watcher);
  while (loop.isRunning()) {
    // step 2: sleep until something is complete, and take many packets at once
    const count = watcher.enter(loop.timeoutMs());
    // step 3: a client is accepted, bytes have come, or an answer is sent
    for (let i = 0; i < count; i++) watcher.take(i);
    // step 4: the same for what was complete at once
    watcher.goOn();
    // step 5: close what ended
    loop.settle();
  }
}
