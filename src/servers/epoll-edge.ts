/**
 * Model `epoll-edge`: like `epoll`, but the kernel reports a change of state once.
 *
 * Whoever is told "readable" has to receive until would-block: bytes left behind are not reported
 * again, and a short receive is no proof that none are left. One busy client could then hold the
 * loop for ever, so each gets a number of receives at a time; who is not done waits on a list of
 * our own, and the next wait does not sleep.
 */
import { EpollSelector, READABLE, WRITABLE } from '../readiness.ts';
import type { ServerConnection } from './connection.ts';
import { RECEIVE_BATCH } from './limits.ts';
import type { Loop } from './loop.ts';

/** Receives until would-block or until the batch is full: true when there may be more. */
function drain(connection: ServerConnection): boolean {
  for (let i = 0; i < RECEIVE_BATCH; i++) {
    if (connection.receive()) continue;
    // Not read from because its queue stands high: the edge is kept until the queue has fallen.
    connection.unread = !connection.isOver && !connection.wantsRead;
    return false;
  }
  return true;
}

export function epollEdge(loop: Loop): void {
  // step 1: an epoll instance; every descriptor is registered once, for both edges
  using selector = new EpollSelector<undefined>();
  loop.watchWith(selector, { edge: true });
  let turn: ServerConnection[] = [];
  let unfinished: ServerConnection[] = [];
  while (loop.isRunning()) {
    // step 2: phase 1, asleep until something changes; no sleep while somebody is not done
    const count = selector.wait(turn.length > 0 ? 0 : loop.timeoutMs());
    for (let i = 0; i < count; i++) {
      const fd = selector.readyFd(i);
      if (fd === loop.listenerFd) {
        // step 3: accept whoever waits (the listener stays level-triggered)
        loop.accept();
        continue;
      }
      const connection = loop.connectionAt(fd);
      if (connection === undefined) continue;
      const ready = selector.readyEvents(i);
      // step 4: send what the kernel had no room for before
      if ((ready & WRITABLE) !== 0) connection.flush();
      // step 5: an edge comes once, so it is remembered until it is used up
      if ((ready & READABLE) !== 0) connection.unread = true;
      if (!connection.unread || connection.hasTurn) continue;
      connection.hasTurn = true;
      turn.push(connection);
    }
    // step 6: phase 2, receive until would-block, or until it is the others' turn
    for (const connection of turn) {
      connection.hasTurn = drain(connection);
      if (connection.hasTurn) unfinished.push(connection);
    }
    [turn, unfinished] = [unfinished, turn];
    unfinished.length = 0;
    // step 7: close what ended
    loop.settle();
  }
}
