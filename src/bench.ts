/** Measuring: a load on a server, and what it found out. */
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
export { type RunLoadOptions, runLoad } from './bench/load/run-load.ts';
