/**
 * The program of one model, without those of the others: their modules and those of other kernels
 * would cost each worker several MiB.
 */
import { type Prepare, type ProgramName, withCalls } from './program.ts';

const LOADERS: Readonly<Record<ProgramName, () => Promise<Prepare>>> = {
  blocking: async () => withCalls((await import('./blocking.ts')).blocking),
  'blocking-processes': async () =>
    withCalls((await import('./blocking-processes.ts')).blockingProcesses),
  'blocking-threads': async () =>
    withCalls((await import('./blocking-threads.ts')).blockingThreads),
  'non-blocking': async () => withCalls((await import('./non-blocking.ts')).nonBlocking),
  select: async () => withCalls((await import('./select.ts')).select),
  poll: async () => withCalls((await import('./poll.ts')).poll),
  epoll: async () => withCalls((await import('./epoll.ts')).epoll),
  'epoll-edge': async () => withCalls((await import('./epoll-edge.ts')).epollEdge),
  kqueue: async () => withCalls((await import('./kqueue.ts')).kqueue),
  'signal-driven': async () => withCalls((await import('./signal-driven.ts')).signalDriven),
  'io-uring': async () => (await import('./ring-program.ts')).withRing,
  iocp: async () => (await import('./port-program.ts')).withPort,
};

/** Loads what makes the program of a model. */
export function loadProgram(name: ProgramName): Promise<Prepare> {
  return LOADERS[name]();
}
