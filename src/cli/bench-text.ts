/** `bench` for people: a table for each workload, with bars, and what to know about the rows. */
import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { type BenchReport, type Machine, type Row, silentOf } from '../bench.ts';
import { bytes, compact, count } from './figures.ts';
import { color } from './output.ts';

const BAR_WIDTH = 14;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
const NONE = '–';

/** A bar of `part` of the width, in eighths of a character. */
export function bar(part: number, width = BAR_WIDTH): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * width * 8);
  return `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`;
}

/** Three digits that say something: 0.123, 1.23, 12.3, 1,234. */
export function figure(value: number | null): string {
  if (value === null) return NONE;
  if (value === 0) return '0';
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function ratio({ ratio, ratioInterval }: Row): string {
  if (ratio === null) return NONE;
  // The baseline to itself has an interval of one point.
  const isExact = ratioInterval?.[0] === ratioInterval?.[1];
  if (ratioInterval === null || isExact) return ratio.toFixed(2);
  const [least, most] = ratioInterval;
  return `${ratio.toFixed(2)} [${least.toFixed(2)}–${most.toFixed(2)}]`;
}

/** One column: its title, what stands in it, and how soon it is left out on a narrow screen (0: never). */
interface Column {
  readonly title: string;
  readonly drop: number;
  readonly isLeft?: boolean;
  text(row: Row, best: number): string;
}

const MODEL: Column = {
  title: 'model',
  drop: 0,
  isLeft: true,
  text: ({ model, noisy }) => (noisy ? `${model} ${color.yellow('~')}` : model),
};

const IDLE: Column = {
  title: 'silent',
  drop: 0,
  text: (row) => silentOf(row).toLocaleString('en'),
};

const RATE: readonly Column[] = [
  { title: 'messages/s', drop: 0, text: ({ rate }) => (rate === null ? NONE : compact(rate)) },
  {
    title: '',
    drop: 7,
    isLeft: true,
    text: ({ rate }, best) => color.cyan(bar((rate ?? 0) / best)),
  },
  { title: 'ratio', drop: 0, isLeft: true, text: ratio },
];

const COSTS: readonly Column[] = [
  { title: 'p50 µs', drop: 5, text: ({ p50Us }) => figure(p50Us) },
  { title: 'p99', drop: 0, text: ({ p99Us }) => figure(p99Us) },
  { title: 'p99.9', drop: 6, text: ({ p999Us }) => figure(p999Us) },
  { title: 'CPU µs', drop: 0, text: ({ cpuUsPerMessage }) => figure(cpuUsPerMessage) },
  { title: 'cost', drop: 4, text: ({ cost }) => (cost === null ? NONE : cost.toFixed(2)) },
  { title: 'calls', drop: 1, text: ({ systemCallsPerMessage }) => figure(systemCallsPerMessage) },
  { title: 'switches', drop: 3, text: ({ switchesPerMessage }) => figure(switchesPerMessage) },
  { title: 'EAGAIN', drop: 2, text: ({ wouldBlocksPerMessage }) => figure(wouldBlocksPerMessage) },
];

/** How soon a column is left out that says the least: with small messages megabytes do. */
const DROP_FIRST = 8;

function megabytes(drop: number): Column {
  return {
    title: 'MB/s',
    drop,
    text: ({ megabytesPerSecond }) => figure(megabytesPerSecond),
  };
}

const MEMORY: Column = {
  title: 'memory each',
  drop: 2,
  text: ({ bytesPerConnection }) =>
    bytesPerConnection === null ? NONE : bytes(bytesPerConnection),
};

/** From this message size on megabytes say more than messages. */
const BULK_BYTES = 4_096;
const NO_BORDERS = Object.fromEntries(
  `top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid
   mid-mid right right-mid middle`
    .split(/\s+/)
    .map((part) => [part, part === 'middle' ? '  ' : '']),
);

function columnsOf(rows: readonly Row[]): Column[] {
  const hasIdle = rows.some(({ idle }) => idle > 0);
  const isBulk = rows.some((row) => row.bytes >= BULK_BYTES);
  return [
    MODEL,
    ...(hasIdle ? [IDLE] : []),
    ...RATE,
    megabytes(isBulk ? 0 : DROP_FIRST),
    ...COSTS,
    ...(hasIdle ? [MEMORY] : []),
  ];
}

function draw(rows: readonly Row[], columns: readonly Column[]): string[] {
  const table = new Table({
    head: columns.map(({ title }) => color.dim(title)),
    colAligns: columns.map(({ isLeft }) => (isLeft ? 'left' : 'right')),
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  const best = Math.max(...rows.map(({ rate }) => rate ?? 0), 1e-9);
  for (const row of rows) table.push(columns.map((column) => column.text(row, best)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** The width on the screen: colours take none. */
function widthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}

/** The table of one workload in at most `width` columns, as far as that can be. */
export function drawTable(rows: readonly Row[], width: number): string[] {
  let columns = columnsOf(rows);
  for (;;) {
    const lines = draw(rows, columns);
    const worst = Math.max(...columns.map(({ drop }) => drop));
    if (worst === 0 || Math.max(...lines.map(widthOf)) <= width) return lines;
    columns = columns.filter(({ drop }) => drop !== worst);
  }
}

/** Each note once, with the models that it is about. */
function notesOf(rows: readonly Row[]): string[] {
  const models = new Map<string, Set<string>>();
  for (const { model, note, failure } of rows) {
    for (const text of [note, failure === null ? null : `failed: ${failure}`]) {
      if (text !== null) models.set(text, (models.get(text) ?? new Set()).add(model));
    }
  }
  return [...models].map(([text, names]) => `  ${color.dim(`${[...names].join(', ')}: ${text}`)}`);
}

/** With more than this part of its cores busy a machine has no quiet one for each side. */
const BUSY_FROM = 0.5;

/** The warning that somebody else's work is measured too, or null. */
function busyWarning({ loadAverage, cores }: Machine): string | null {
  if (loadAverage < cores * BUSY_FROM) return null;
  const busy = `load average ${loadAverage.toFixed(1)} on ${count(cores, 'core')}`;
  return `this machine was busy with something else (${busy}): expect noise, and trust cost more than rate`;
}

function machineLines({ machine, pinned, rounds, durationMs, baseline }: BenchReport): string[] {
  const { processor, cores, os, kernel, node, polyio } = machine;
  const cpu = `${cores} × ${processor}`;
  const where = pinned.note ?? `server on core ${pinned.server}, load on core ${pinned.load}`;
  return [
    `polyio ${polyio}, Node ${node.replace(/^v/, '')}, ${os} ${kernel}, ${cpu}; ${where}`,
    `medians of ${count(rounds, 'round')} of ${durationMs} ms; ratio: to ${baseline} in the same round, [where 19 of 20 repeats have theirs]`,
  ];
}

/** The whole report as lines. */
export function drawReport(report: BenchReport, width: number): string[] {
  const lines = machineLines(report);
  const warning = busyWarning(report.machine);
  if (warning !== null) lines.push(`${color.yellow('!')} ${warning}`);
  for (const { name, summary } of report.workloads) {
    const rows = report.rows.filter(({ workload }) => workload === name);
    if (rows.length === 0) continue;
    lines.push('', `${color.bold(name)}  ${color.dim(summary)}`, ...drawTable(rows, width));
    lines.push(...notesOf(rows));
  }
  if (report.rows.some(({ noisy }) => noisy)) {
    lines.push('', `${color.yellow('~')} noisy: its rounds differ by more than a quarter`);
  }
  for (const { model, reason } of report.unavailable) {
    lines.push(`${model} cannot run here: ${reason}`);
  }
  if (report.uncounted !== null) lines.push(`system calls ${report.uncounted}`);
  lines.push(
    color.dim('CPU µs, calls, context switches and EAGAIN are the server’s, for each message'),
  );
  return lines;
}
