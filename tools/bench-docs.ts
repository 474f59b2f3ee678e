/**
 * Measures everything and writes what is committed about it: docs/BENCHMARKS.md in both languages,
 * and docs/benchmarks.json, the figures that they are made of.
 *
 *     npm run bench:docs                            about 20 minutes
 *     npm run bench:docs -- --rounds 9              whatever polyio bench takes
 *     node build/tools/bench-docs.js --from FILE    from a report of polyio bench --workload all --json
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchReport, parseReport } from '../src/bench.ts';
import { CHINESE } from './bench-docs/chinese.ts';
import { ENGLISH } from './bench-docs/english.ts';
import { drawMarkdown } from './bench-docs/page.ts';
import { isMain } from './tree.ts';

const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url));
const MEASURE = ['bench', '--workload', 'all', '--peers', 'all'];
const DIGITS = 4;

/** A report as it is committed: four digits, since the fifth is noise, and medians without their rounds. */
export function compactReport(report: BenchReport): BenchReport {
  const { models, ...rest } = report;
  const rows = report.rows.map((row) => ({ ...row, rounds: [] }));
  // Commands name the folders of one machine.
  const named = models.map((model) => ({ ...model, command: [] }));
  const command = 'npm run bench:docs';
  const round = (_: string, value: unknown) => {
    if (typeof value !== 'number' || Number.isInteger(value)) return value;
    return Number(value.toPrecision(DIGITS));
  };
  return JSON.parse(
    JSON.stringify({ ...rest, command, models: named, rows }, round),
  ) as BenchReport;
}

/** The text of docs/benchmarks.json: a line for each row, so that a change can be read. */
function drawJson(report: BenchReport): string {
  const { rows, ...rest } = report;
  const head = JSON.stringify(rest, null, 1).slice(0, -2);
  return `${head},\n "rows": [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n ]\n}\n`;
}

/** What is written where, from a committed report. */
export function filesOf(report: BenchReport): Readonly<Record<string, string>> {
  return {
    'docs/benchmarks.json': drawJson(report),
    'docs/BENCHMARKS.md': drawMarkdown(report, ENGLISH),
    'docs/BENCHMARKS.zh-CN.md': drawMarkdown(report, CHINESE),
  };
}

/** Runs the benchmark, whose progress and tables are shown, and gives back its report. */
function measure(extra: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-bench-'));
  try {
    const file = join(folder, 'report.json');
    const args = [CLI, ...MEASURE, ...extra, '--json', file];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0)
      throw new Error('the benchmark did not measure everything; nothing is written');
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isMain(import.meta.url)) {
  const [first, file, ...rest] = process.argv.slice(2);
  const isGiven = first === '--from' && file !== undefined;
  const text = isGiven ? readFileSync(file, 'utf8') : measure(process.argv.slice(2));
  if (isGiven && rest.length > 0)
    throw new RangeError(`--from takes one file, got ${rest} as well`);
  const report = compactReport(parseReport(text));
  for (const [path, content] of Object.entries(filesOf(report))) {
    writeFileSync(new URL(`../../${path}`, import.meta.url), content);
  }
}
