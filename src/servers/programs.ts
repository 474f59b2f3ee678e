/** The programs of all models at once, for a thread that serves before it can load one. */
import { UnsupportedError } from '../errors.ts';
import { blocking } from './blocking.ts';
import { blockingProcesses } from './blocking-processes.ts';
import { blockingThreads } from './blocking-threads.ts';
import { epoll } from './epoll.ts';
import { epollEdge } from './epoll-edge.ts';
import { kqueue } from './kqueue.ts';
import type { ModelInfo } from './models.ts';
import { nonBlocking } from './non-blocking.ts';
import { poll } from './poll.ts';
import { withPort } from './port-program.ts';
import { type Prepare, type ProgramName, withCalls } from './program.ts';
import { withRing } from './ring-program.ts';
import { select } from './select.ts';
import { signalDriven } from './signal-driven.ts';

const PROGRAMS: Readonly<Record<ProgramName, Prepare>> = {
  blocking: withCalls(blocking),
  'blocking-processes': withCalls(blockingProcesses),
  'blocking-threads': withCalls(blockingThreads),
  'non-blocking': withCalls(nonBlocking),
  select: withCalls(select),
  poll: withCalls(poll),
  epoll: withCalls(epoll),
  'epoll-edge': withCalls(epollEdge),
  kqueue: withCalls(kqueue),
  'signal-driven': withCalls(signalDriven),
  'io-uring': withRing,
  iocp: withPort,
};

/** What makes the program of a model. Throws when it lives in Node's own loop. */
export function programOf({ name }: ModelInfo): Prepare {
  if (name !== 'node-net') return PROGRAMS[name];
  throw new UnsupportedError({
    model: name,
    reason: "it lives in Node's own event loop and has no program that occupies a thread",
    remedy: 'start it with serve() or polyio serve',
  });
}
