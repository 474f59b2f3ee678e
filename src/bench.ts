/** Measuring: a load on a server, and what it found out. */

export { buildReport, type Circumstances } from './bench/build-report.ts';
export {
  type Agreement,
  agreementOf,
  type Comparison,
  compareReports,
  parseReport,
  type Verdict,
} from './bench/compare.ts';
export {
  availableModels,
  type Contender,
  descriptorsNeeded,
  modelContender,
  peerContender,
} from './bench/contender.ts';
export {
  type EngineName,
  type InternetTarget,
  type LoadOptions,
  type LoadPlan,
  type LoadTarget,
  type PathTarget,
  planLoad,
} from './bench/load/plan.ts';
export type {
  LatencySummary,
  LoadErrorKind,
  LoadProgress,
  LoadReport,
  NeverServed,
} from './bench/load/report.ts';
export { type RunLoadOptions, requireGenerator, runLoad } from './bench/load/run-load.ts';
export { describeMachine } from './bench/machine.ts';
export type { Counts, Round, RunLoad, Setting, Timing } from './bench/measure.ts';
export { drawPage } from './bench/page.ts';
export { findPeer, PEER_NAMES, parsePeer } from './bench/peers.ts';
export { choosePinning, type Pinning } from './bench/pinning.ts';
export { type BenchReport, type Machine, type Row, silentOf } from './bench/report.ts';
export { type BenchPlan, type BenchProgress, type Findings, runBench } from './bench/run.ts';
export { freePort } from './bench/server-process.ts';
export { median, type Range } from './bench/spread.ts';
export { uncountable } from './bench/system-calls.ts';
export {
  type Cell,
  cellsOf,
  DEFAULT_WORKLOADS,
  findWorkload,
  IDLE_LEVELS,
  WORKLOADS,
  type Workload,
  type WorkloadName,
} from './bench/workload.ts';
