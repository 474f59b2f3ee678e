/** The tables of docs/BENCHMARKS.md: the same figures in both languages, under other titles. */
import type { BenchReport, Row } from '../../src/bench.ts';
import { figure } from '../../src/cli/bench-text.ts';
import { compact } from '../../src/cli/figures.ts';

/** The titles of all columns. */
export interface Titles {
  readonly model: string;
  readonly rate: string;
  readonly megabytes: string;
  readonly ratio: string;
  readonly cost: string;
  readonly calls: string;
  readonly switches: string;
  readonly memory: string;
  readonly cpu: string;
}

const NONE = '–';

function two(value: number | null): string {
  return value === null ? NONE : value.toFixed(2);
}

function ratioOf({ ratio, ratioInterval }: Row): string {
  const isExact = ratioInterval?.[0] === ratioInterval?.[1];
  if (ratio === null || ratioInterval === null || isExact) return two(ratio);
  return `${two(ratio)} [${two(ratioInterval[0])}–${two(ratioInterval[1])}]`;
}

/** The model, and how many clients it serves at once where that is the limit. */
function nameOf(model: string, note: string | null): string {
  const atOnce = /^serves (\d+) at once/.exec(note ?? '')?.[1];
  return atOnce === undefined ? model : `${model} (${atOnce})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function rateOf({ rate }: Row): string {
  return rate === null ? NONE : compact(rate);
}

/** One row for each model. */
export function workloadTable(rows: readonly Row[], titles: Titles): string {
  const isBulk = rows.some(({ bytes }) => bytes >= 4_096);
  const head = [
    titles.model,
    isBulk ? titles.megabytes : titles.rate,
    titles.ratio,
    'p50 µs',
    'p99 µs',
    'p99.9 µs',
    titles.cpu,
    titles.cost,
    titles.calls,
    titles.switches,
    'EAGAIN',
  ];
  const cells = rows.map((row) => [
    `${nameOf(row.model, row.note)}${row.noisy ? ' ~' : ''}`,
    isBulk ? figure(row.megabytesPerSecond) : rateOf(row),
    ratioOf(row),
    figure(row.p50Us),
    figure(row.p99Us),
    figure(row.p999Us),
    figure(row.cpuUsPerMessage),
    two(row.cost),
    figure(row.systemCallsPerMessage),
    figure(row.switchesPerMessage),
    figure(row.wouldBlocksPerMessage),
  ]);
  return table(head, cells);
}

/** A line for each model and a column for each number of silent connections. */
export function idleTable(
  { rows, models }: BenchReport,
  { model: title }: Titles,
  text: (row: Row) => string,
): string {
  const idle = rows.filter(({ workload }) => workload === 'idle');
  const levels = [...new Set(idle.map((row) => row.idle))];
  const head = [title, ...levels.map((level) => level.toLocaleString('en'))];
  const cells = models.map(({ name }) => [
    nameOf(name, idle.find(({ model }) => model === name)?.note ?? null),
    ...levels.map((level) => {
      const row = idle.find((one) => one.model === name && one.idle === level);
      if (row === undefined || row.rate === null) return NONE;
      const isLess = row.idleOpen !== null && row.idleOpen < level;
      return isLess ? `${text(row)} (${row.idleOpen})` : text(row);
    }),
  ]);
  return table(head, cells);
}

export const idleCpu = (row: Row): string => figure(row.cpuUsPerMessage);
export const idleRatio = ratioOf;
export const idleMemory = ({ bytesPerConnection }: Row): string =>
  bytesPerConnection === null ? NONE : figure(bytesPerConnection);
