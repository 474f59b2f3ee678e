/** What happened, as data: events, the memory they are written to, the clocks, and the files. */
export * as checks from './trace/checks.ts';
export { TraceFileError } from './trace/checks.ts';
export {
  type ClockReading,
  keptTogether,
  movedNs,
  readTogether,
} from './trace/clock.ts';
export type {
  Spread,
  Trace,
  TraceClock,
  TraceConnection,
  TraceMachine,
  TracePhase,
  TraceRun,
  TraceSummary,
  TraceWriter,
} from './trace/document.ts';
export {
  type EventKind,
  KIND,
  KINDS,
  METHOD,
  METHODS,
  type Method,
  type TraceEvent,
} from './trace/event.ts';
export { readMachine, readTrace, readTraceValue } from './trace/read-trace.ts';
export {
  CAPACITY_MAX,
  type Instant,
  instantOf,
  nanosecondsBetween,
  type Origin,
  RingPen,
  type RingWriter,
  TraceRing,
} from './trace/ring.ts';
export { SCENARIOS, type Scenario } from './trace/scenario.ts';
export {
  EVENT_COLUMNS,
  FORMAT,
  PHASE_COLUMNS,
  plainTrace,
  VERSION,
  writeTrace,
} from './trace/write-trace.ts';
