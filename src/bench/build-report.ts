/** Puts the findings of a run together with what they are about. */
import type { Contender } from './contender.ts';
import type { Setting } from './measure.ts';
import {
  type BenchReport,
  type Machine,
  REPORT_FORMAT,
  REPORT_VERSION,
  type ReportModel,
  type ReportWorkload,
} from './report.ts';
import type { BenchPlan, Findings } from './run.ts';
import type { Workload } from './workload.ts';

/** What the findings are about. */
export interface Circumstances {
  readonly plan: BenchPlan;
  readonly setting: Setting;
  readonly machine: Machine;
  readonly startedAt: Date;
  readonly elapsedMs: number;
  /** The command that made them, as it can be typed again. */
  readonly command: string;
  /** Why programs were not pinned, or null. */
  readonly pinningNote: string | null;
  readonly unavailable: BenchReport['unavailable'];
}

function describeWorkload(workload: Workload): ReportWorkload {
  const { name, summary, connections, bytes, pipeline, rate, isChurn } = workload;
  return { name, summary, connections, bytes, pipeline, ratePerSecond: rate, churn: isChurn };
}

function describeModel(contender: Contender, port: number): ReportModel {
  const { name, isPeer, about } = contender;
  return { name, isPeer, about, command: contender.command(port) };
}

export function buildReport(findings: Findings, about: Circumstances): BenchReport {
  const { plan, setting, machine, startedAt, elapsedMs, command, pinningNote, unavailable } = about;
  const { timing, pinning, port } = setting;
  const workloads = new Set(plan.cells.map(({ workload }) => workload));
  return {
    format: REPORT_FORMAT,
    version: REPORT_VERSION,
    startedAt: startedAt.toISOString(),
    elapsedMs,
    complete: findings.complete,
    command,
    machine,
    pinned: {
      server: pinning?.server ?? null,
      load: pinning?.load ?? null,
      note: pinningNote,
    },
    rounds: findings.rounds,
    roundsPlanned: plan.rounds,
    warmUpMs: timing.warmUpMs,
    durationMs: timing.durationMs,
    baseline: plan.baseline,
    workloads: [...workloads].map(describeWorkload),
    models: plan.contenders.map((contender) => describeModel(contender, port)),
    unavailable,
    uncounted: plan.uncounted,
    rows: findings.rows,
  };
}
