/**
 * Two reports of the same rows. Ratios to the baseline are compared, not rates: another day's
 * machine is faster or slower for all. A row has changed when the intervals of its ratio have no
 * point in common.
 */
import { type BenchReport, REPORT_FORMAT, REPORT_VERSION, type Row } from './report.ts';
import { overlap, type Range } from './spread.ts';

export type Verdict = 'same' | 'faster' | 'slower' | 'new' | 'gone' | 'failed';

/** One row in both reports. */
export interface Comparison {
  readonly model: string;
  readonly workload: string;
  readonly idle: number;
  readonly before: number | null;
  readonly beforeInterval: Range | null;
  readonly after: number | null;
  readonly afterInterval: Range | null;
  readonly verdict: Verdict;
}

/** How far the second report repeats the first. */
export interface Agreement {
  /** Pairs of models under one workload whose intervals do not overlap in the first report. */
  readonly ordered: number;
  /** Those of them that are in the same order in the second. */
  readonly sameOrder: number;
  /** Ratios to the baseline that both reports have. */
  readonly ratios: number;
  /** Those of them where the second lies inside the first's interval. */
  readonly inside: number;
}

/** Throws TypeError when it is something else than a report of this version. */
export function parseReport(text: string): BenchReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TypeError('it is not JSON');
  }
  const report = (value ?? {}) as Partial<BenchReport>;
  if (report.format !== REPORT_FORMAT || !Array.isArray(report.rows)) {
    throw new TypeError('it is no report of polyio bench');
  }
  if (report.version !== REPORT_VERSION) {
    throw new TypeError(
      `it has version ${report.version} of the format, this is ${REPORT_VERSION}`,
    );
  }
  const damage = damageOf(report);
  if (damage !== null) throw new TypeError(`it is damaged: ${damage}`);
  return report as BenchReport;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || typeof value === 'number';
}

function isRangeOrNull(value: unknown): boolean {
  if (!Array.isArray(value)) return value === null;
  return value.length === 2 && value.every((bound) => typeof bound === 'number');
}

/** What a comparison needs of a row. */
const ROW_FIELDS: readonly [name: string, fits: (value: unknown) => boolean][] = [
  ['model', (value) => typeof value === 'string'],
  ['workload', (value) => typeof value === 'string'],
  ['idle', (value) => typeof value === 'number'],
  ['ratio', isNumberOrNull],
  ['ratioInterval', isRangeOrNull],
  ['failure', (value) => value === null || typeof value === 'string'],
];

/** What of a report cannot be what was written, as a clause, or null. */
function damageOf({ machine, baseline, rows = [] }: Partial<BenchReport>): string | null {
  if (!isObject(machine)) return 'it does not say of which machine it is';
  if (typeof baseline !== 'string') return 'it names no baseline';
  for (const [index, row] of (rows as readonly unknown[]).entries()) {
    if (!isObject(row)) return `row ${index + 1} is no object`;
    const wrong = ROW_FIELDS.find(([name, fits]) => !fits(row[name]));
    if (wrong !== undefined) return `row ${index + 1} has no proper ${wrong[0]}`;
  }
  return null;
}

function keyOf({ model, workload, idle }: Row): string {
  return `${workload} ${idle} ${model}`;
}

function verdictOf(before: Row | undefined, after: Row | undefined): Verdict {
  if (after === undefined) return 'gone';
  if (before === undefined) return 'new';
  if (after.failure !== null && before.failure === null) return 'failed';
  if (before.ratio === null || after.ratio === null) return 'same';
  if (overlap(before.ratioInterval, after.ratioInterval)) return 'same';
  return after.ratio > before.ratio ? 'faster' : 'slower';
}

/** Every row of either report, in the order of the first. */
export function compareReports(before: BenchReport, after: BenchReport): Comparison[] {
  const old = new Map(before.rows.map((row) => [keyOf(row), row]));
  const now = new Map(after.rows.map((row) => [keyOf(row), row]));
  return [...new Set([...old.keys(), ...now.keys()])].map((key) => {
    const [a, b] = [old.get(key), now.get(key)];
    const { model, workload, idle } = (a ?? b) as Row;
    return {
      model,
      workload,
      idle,
      before: a?.ratio ?? null,
      beforeInterval: a?.ratioInterval ?? null,
      after: b?.ratio ?? null,
      afterInterval: b?.ratioInterval ?? null,
      verdict: verdictOf(a, b),
    };
  });
}

/** What of the first report's claims the second one confirms. */
export function agreementOf(before: BenchReport, after: BenchReport): Agreement {
  const pairs = compareReports(before, after).filter(
    (one) => one.before !== null && one.after !== null,
  );
  const others = pairs.filter(({ model }) => model !== before.baseline);
  const known = others.filter(({ beforeInterval }) => beforeInterval !== null);
  const inside = known.filter(({ after: ratio, beforeInterval }) =>
    isInside(ratio as number, beforeInterval as Range),
  );
  const ordered = pairs.flatMap((one, index) =>
    pairs
      .slice(index + 1)
      .filter(({ workload, idle }) => workload === one.workload && idle === one.idle)
      .filter(({ beforeInterval }) => !overlap(one.beforeInterval, beforeInterval))
      .map((other) => [one, other] as const),
  );
  const same = ordered.filter(
    ([a, b]) => Math.sign(order(a.before, b.before)) === Math.sign(order(a.after, b.after)),
  );
  return {
    ordered: ordered.length,
    sameOrder: same.length,
    ratios: known.length,
    inside: inside.length,
  };
}

function order(a: number | null, b: number | null): number {
  return (a ?? 0) - (b ?? 0);
}

function isInside(value: number, [least, most]: Range): boolean {
  return least <= value && value <= most;
}
