/** The program whose connections receive and send through a completion port, opened by the thread that serves. */
import { iocp } from './iocp.ts';
import { type Assignment, Loop } from './loop.ts';
import { PortConnection } from './port-connection.ts';
import { PortWatcher } from './port-watcher.ts';
import type { Program } from './program.ts';

/** Prepares it. */
export function withPort(assignment: Assignment): Program {
  let watcher: PortWatcher;
  const loop: Loop<PortConnection> = new Loop(
    assignment,
    (id, fd, address) => new PortConnection(watcher, id, fd, address),
  );
  const run = () => {
    watcher = new PortWatcher(loop);
    iocp(loop, watcher);
  };
  return { loop, run };
}
