/** The program whose connections receive and send by a ring, which the serving thread opens when it runs. */
import { ioUring } from './io-uring.ts';
import { type Assignment, Loop } from './loop.ts';
import type { Program } from './program.ts';
import { RingConnection } from './ring-connection.ts';
import { RingWatcher } from './ring-watcher.ts';

/** Prepares it. */
export function withRing(assignment: Assignment): Program {
  let watcher: RingWatcher;
  const loop: Loop<RingConnection> = new Loop(
    assignment,
    (id, fd, address) => new RingConnection(watcher, id, fd, address),
  );
  const run = () => {
    watcher = new RingWatcher(loop);
    ioUring(loop, watcher);
  };
  return { loop, run };
}
