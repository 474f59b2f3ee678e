/** `polyio bench compare`: what has become faster or slower between two reports. */
import type { Command } from 'commander';
import {
  agreementOf,
  type BenchReport,
  type Comparison,
  compareReports,
  parseReport,
} from '../bench.ts';
import { Failure, sentenceOf } from './failure.ts';
import { count } from './figures.ts';
import { readInput } from './input-file.ts';
import { JSON_FLAG, type JsonOption } from './json-output.ts';
import { color, stdout } from './output.ts';
import { openReport } from './text-output.ts';

const HELP = `
Examples:
  polyio bench --json before.json; git switch faster; polyio bench --json after.json
  polyio bench compare before.json after.json

Ratios to the baseline are compared. A row is faster or slower when the intervals of both reports
have no point in common; everything else is the same, as far as these runs can tell.
Exit codes: 0 nothing is slower or failed, 1 something is, 2 wrong usage.`;

function read(path: string): BenchReport {
  const text = readInput(path, 'the report');
  try {
    return parseReport(text);
  } catch (error) {
    throw new Failure(`cannot read the report ${path}: ${sentenceOf(error)}`);
  }
}

function interval(value: number | null, range: readonly [number, number] | null): string {
  if (value === null) return '–';
  if (range === null) return value.toFixed(2);
  return `${value.toFixed(2)} [${range[0].toFixed(2)}–${range[1].toFixed(2)}]`;
}

const PAINT = {
  same: color.dim,
  faster: color.green,
  slower: color.red,
  failed: color.red,
  new: color.cyan,
  gone: color.yellow,
} as const;

function lineOf(one: Comparison, width: number): string {
  const { model, workload, idle, before, beforeInterval, after, afterInterval, verdict } = one;
  const name = `${workload}${idle === 0 ? '' : ` ${idle.toLocaleString('en')}`}  ${model}`;
  const was = interval(before, beforeInterval).padEnd(18);
  const is = interval(after, afterInterval).padEnd(18);
  return `${name.padEnd(width)}  ${was}  →  ${is}  ${PAINT[verdict](verdict)}`;
}

function warnings(before: BenchReport, after: BenchReport): string[] {
  const facts = (['processor', 'cores', 'kernel', 'node', 'polyio'] as const).flatMap((fact) => {
    const [a, b] = [before.machine[fact], after.machine[fact]];
    return a === b ? [] : `${fact}: ${a}, then ${b}`;
  });
  if (before.baseline !== after.baseline) {
    throw new Failure(
      `the reports have different baselines, ${before.baseline} and ${after.baseline}; measure both against the same`,
    );
  }
  return facts;
}

async function run(first: string, second: string, _: object, command: Command): Promise<void> {
  // `bench` has the option as well, and is given it first.
  const { json } = command.optsWithGlobals<{ readonly json?: JsonOption }>();
  const [before, after] = [read(first), read(second)];
  const differences = warnings(before, after);
  const rows = compareReports(before, after);
  const agreement = agreementOf(before, after);
  const output = json === undefined ? null : openReport(json, 'the comparison');
  if (json !== true) {
    for (const fact of differences) stdout.line(`${color.yellow('!')} not the same ${fact}`);
    const names = rows.map(({ model, workload }) => model.length + workload.length);
    for (const row of rows) stdout.line(lineOf(row, Math.max(0, ...names) + 8));
    const { ordered, sameOrder, ratios, inside } = agreement;
    stdout.line('');
    stdout.line(
      `order: the same for ${sameOrder} of ${count(ordered, 'pair')} whose intervals do not overlap`,
    );
    stdout.line(`ratios: ${inside} of ${ratios} lie inside the interval of the first report`);
  }
  await output?.write({ differences, rows, agreement });
  const worse = rows.filter(({ verdict }) => verdict === 'slower' || verdict === 'failed');
  if (worse.length > 0) throw new Failure(`${count(worse.length, 'row')} slower or failed`);
}

/** Declares the command. */
export function defineCompare(command: Command): void {
  command
    .description('tell what has become faster or slower between two reports')
    .argument('<before>', 'a report of bench --json')
    .argument('<after>', 'a later one')
    .option(JSON_FLAG, 'one JSON object, to standard output or to the file')
    .addHelpText('after', HELP)
    .action(run);
}
