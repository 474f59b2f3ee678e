/**
 * A recorded run as a whole: what a file holds and a page replays. Everything is plain data. Times
 * are nanoseconds since the origin, on the monotonic clock.
 */
import type { Method, TraceEvent } from './event.ts';

/** What was run. */
export interface TraceRun {
  readonly model: string;
  readonly scenario: string;
  readonly clients: number;
  /** Messages for each client. */
  readonly messages: number;
  /** The size of a message. */
  readonly bytes: number;
  readonly delayMs: number;
  readonly seed: number;
  readonly workers: number;
}

/** Where it was run. */
export interface TraceMachine {
  /** `linux`, `darwin` and so on, as Node names them. */
  readonly system: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly node: string;
}

/** The clocks, and what the recording itself cost. */
export interface TraceClock {
  /** The origin as an ISO 8601 time. */
  readonly origin: string;
  /** How closely the wall clock, on which the kernel stamps, is known against the monotonic one. */
  readonly errorNs: number;
  /** By how much the two moved apart during the run; a run in which that is more than chance is dropped. */
  readonly movedNs: number;
  /** What writing down one call costs the thread that makes it. */
  readonly tapNs: number;
}

/** A thread that wrote events. */
export interface TraceWriter {
  readonly role: 'server' | 'clients';
  /** What a program of several threads calls this one. */
  readonly name?: string;
  readonly pid: number;
  readonly tid: number;
  /** Its time on a processor during the run. */
  readonly cpuNs: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** One connection as the server had it. */
export interface TraceConnection {
  /** The number of the client, from 0. */
  readonly client: number;
  /** The writer that served it. */
  readonly writer: number;
  /** Its descriptor there, -1 when it is not known. */
  readonly fd: number;
  readonly port: number;
  readonly opened: number;
  /** Null when it was open to the end. */
  readonly closed: number | null;
}

/** One receive, split. */
export interface TracePhase {
  /** Which of the trace's connections. */
  readonly connection: number;
  readonly bytes: number;
  /** Phase 1 begins: the connection was through with what came before. */
  readonly waitStart: number;
  /** Phase 1 ends: the bytes are in the kernel. Before `waitStart` they were there already: no wait. */
  readonly arrival: number | null;
  /** The program asks for them. A call that sleeps through phase 1 begins before `arrival`. */
  readonly asked: number;
  /** Phase 2 ends: the bytes are with the program. */
  readonly end: number;
  readonly measured: Method;
}

/** How a set of durations lies, in nanoseconds. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly total: number;
}

/** The figures of a run, all of its window only. */
export interface TraceSummary {
  /** Messages that came back whole. */
  readonly messages: number;
  readonly receives: number;
  /** Phase 1: waiting until data is in the kernel. */
  readonly wait: Spread;
  /** Between the phases: the data lies ready and nobody has asked for it yet. */
  readonly ready: Spread;
  /** Phase 2: wake-up and copy. */
  readonly copy: Spread;
  /** From the client's send to the last byte of the echo. */
  readonly roundTrip: Spread;
  /** How often each call was made, by name. */
  readonly calls: Readonly<Record<string, number>>;
  /** The time inside each call, by name, over all threads; would-blocks that were folded left out. */
  readonly callTimes: Readonly<Record<string, number>>;
  readonly totalCalls: number;
  readonly callsPerMessage: number;
  readonly wouldBlocks: number;
  readonly probes: number;
  /** Operations that went through a ring, and are no calls. */
  readonly operations: number;
  /** Time inside calls that may sleep, over all threads of the server. */
  readonly waitingNs: number;
  /** Time inside the protocol's callbacks, the calls that they make included. */
  readonly callbackNs: number;
  readonly cpuNs: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  readonly threads: number;
  readonly processes: number;
  /** How many receives were split by which method. */
  readonly measured: Readonly<Record<Method, number>>;
}

/** A recorded run. */
export interface Trace {
  readonly run: TraceRun;
  readonly machine: TraceMachine;
  readonly clock: TraceClock;
  /** From the start of the clients to the end of the last one; events may lie outside. */
  readonly window: readonly [start: number, end: number];
  /** Events for which the memory had no room. */
  readonly dropped: number;
  /** What went wrong, or is to be known, in sentences. */
  readonly notes: readonly string[];
  readonly writers: readonly TraceWriter[];
  readonly connections: readonly TraceConnection[];
  readonly events: readonly TraceEvent[];
  readonly phases: readonly TracePhase[];
  readonly summary: TraceSummary;
}
