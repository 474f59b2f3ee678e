/**
 * Model `signal-driven`: one thread; the kernel sends it a signal when a descriptor becomes ready.
 *
 * Each descriptor is armed once (O_ASYNC, with this thread as owner). In phase 1 the thread sleeps
 * in sigtimedwait(2), or could compute: the signal waits in a queue, with the descriptor's number.
 * Signals tell of changes, and the queue is short: when it overflows the kernel sends one plain
 * SIGIO, which names nobody, and every descriptor has to be looked at once.
 */
import { READABLE, SignalDrivenSelector, WRITABLE } from '../readiness.ts';
import type { Loop } from './loop.ts';

export function signalDriven(loop: Loop): void {
  // step 1: the signals are blocked, so that they queue, and the listening socket is armed
  using selector = new SignalDrivenSelector<undefined>();
  loop.watchWith(selector);
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until a signal comes; poll(2) then says what is ready of those named
    const count = selector.wait(loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const fd = selector.readyFd(i);
      if (fd === loop.listenerFd) {
        // step 3: accept whoever waits, and arm each: accepted sockets inherit nothing
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
    // step 6: close what ended, disarmed first
    loop.settle();
  }
}
