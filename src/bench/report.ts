/**
 * What a benchmark found out. Plain data: `polyio bench --json` writes it as it is, the page and
 * `bench compare` read it. `docs/bench-report.md` says what each field means.
 */
import type { Round } from './measure.ts';
import type { Range } from './spread.ts';

export const REPORT_FORMAT = 'polyio-bench';
export const REPORT_VERSION = 1;

/** The machine that the figures are of. */
export interface Machine {
  readonly os: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly polyio: string;
  /** What else ran: the mean number of busy programs in the minute before the start. */
  readonly loadAverage: number;
}

/** Which core each side had; null when programs were not pinned, and the reason. */
export interface Pinned {
  readonly server: number | null;
  readonly load: number | null;
  readonly note: string | null;
}

export interface ReportWorkload {
  readonly name: string;
  readonly summary: string;
  readonly connections: number;
  readonly bytes: number;
  readonly pipeline: number;
  readonly ratePerSecond: number | null;
  readonly churn: boolean;
}

export interface ReportModel {
  readonly name: string;
  readonly isPeer: boolean;
  readonly about: string;
  readonly command: readonly string[];
}

/** One model under one workload: medians over the rounds, and the rounds themselves. */
export interface Row {
  readonly model: string;
  readonly workload: string;
  /** How many silent connections there were to be, and how many there were: null without a round. */
  readonly idle: number;
  readonly idleOpen: number | null;
  /** How many connections were active. */
  readonly connections: number;
  readonly bytes: number;
  /** Messages there and back per second; null when there is no figure, and `note` says why. */
  readonly rate: number | null;
  readonly rateSpread: Range | null;
  readonly rateInterval: Range | null;
  readonly megabytesPerSecond: number | null;
  /** The rate over the baseline's of the same round. */
  readonly ratio: number | null;
  readonly ratioSpread: Range | null;
  readonly ratioInterval: Range | null;
  /** CPU time per message over the baseline's of the same round. */
  readonly cost: number | null;
  readonly costSpread: Range | null;
  readonly costInterval: Range | null;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly p999Us: number | null;
  readonly cpuUsPerMessage: number | null;
  readonly cpuSpread: Range | null;
  readonly switchesPerMessage: number | null;
  readonly wouldBlocksPerMessage: number | null;
  readonly systemCallsPerMessage: number | null;
  /** The same by name. */
  readonly systemCalls: Readonly<Record<string, number>> | null;
  readonly bytesPerConnection: number | null;
  readonly residentBytes: number | null;
  /** The cores that the load itself kept busy. */
  readonly loadCores: number | null;
  /** The rounds differ by more than a quarter of their median. */
  readonly noisy: boolean;
  /** What to know about this row, or null. */
  readonly note: string | null;
  /** What went wrong: it has no figures, or those of fewer rounds. Null when nothing did. */
  readonly failure: string | null;
  readonly rounds: readonly Round[];
}

export interface BenchReport {
  readonly format: typeof REPORT_FORMAT;
  readonly version: typeof REPORT_VERSION;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** Whether every measurement was made. */
  readonly complete: boolean;
  readonly command: string;
  readonly machine: Machine;
  readonly pinned: Pinned;
  /** Rounds made, and planned: those that would have taken too long were left out. */
  readonly rounds: number;
  readonly roundsPlanned: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly baseline: string;
  readonly workloads: readonly ReportWorkload[];
  readonly models: readonly ReportModel[];
  /** Models that cannot run here, and why. */
  readonly unavailable: readonly { readonly model: string; readonly reason: string }[];
  /** Why system calls were not counted, or null. */
  readonly uncounted: string | null;
  readonly rows: readonly Row[];
}

/** How many silent connections a row is about: those that there were, else those that there were to be. */
export function silentOf({ rate, idle, idleOpen }: Row): number {
  return rate === null ? idle : (idleOpen ?? idle);
}
