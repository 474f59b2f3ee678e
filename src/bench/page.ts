/**
 * A report as one page that needs nothing else: no script, no network, no font. Charts are drawn
 * when the page is made, and every number that they are drawn from is on it.
 */
import { type Bar, drawBars } from './page/bars.ts';
import { type Curve, drawIdle } from './page/idle-chart.ts';
import { drawPercentiles } from './page/percentiles.ts';
import { drawRows } from './page/rows-table.ts';
import { STYLE } from './page/style.ts';
import { verbatim } from './page/svg.ts';
import { type BenchReport, type ReportWorkload, type Row, silentOf } from './report.ts';
import type { Range } from './spread.ts';

type Kinds = (model: string) => string;

function kindsOf({ baseline, models }: BenchReport): Kinds {
  return (model) => {
    if (model === baseline) return 'baseline';
    return models.find(({ name }) => name === model)?.isPeer ? 'peer' : 'model';
  };
}

function figure(heading: string, caption: string, svg: string): string {
  return `<figure><h3>${verbatim(heading)}</h3>${svg}<figcaption>${verbatim(caption)}</figcaption></figure>`;
}

function barsOf(
  rows: readonly Row[],
  kinds: Kinds,
  pick: (row: Row) => { readonly value: number | null; readonly interval: Range | null },
): Bar[] {
  return rows.map((row) => ({
    name: row.model,
    kind: kinds(row.model),
    note: row.failure ?? row.note,
    ...pick(row),
  }));
}

function drawRates(rows: readonly Row[], kinds: Kinds, name: string): string {
  const bars = barsOf(rows, kinds, ({ rate, rateInterval }) => ({
    value: rate,
    interval: rateInterval,
  }));
  const svg = drawBars(bars, `Messages per second under ${name}`, '/s');
  const caption =
    'Messages there and back per second; more is better. The lines: where 19 of 20 repeats are.';
  return figure('Rate', caption, svg);
}

function drawCpu(rows: readonly Row[], kinds: Kinds, name: string): string {
  if (rows.every(({ cpuUsPerMessage }) => cpuUsPerMessage === null)) return '';
  const bars = barsOf(rows, kinds, ({ cpuUsPerMessage, cpuSpread }) => ({
    value: cpuUsPerMessage,
    interval: cpuSpread,
  }));
  const svg = drawBars(bars, `CPU time per message under ${name}`, 'µs');
  const caption =
    'Microseconds of the server’s whole process tree; less is better. The lines: least and most seen.';
  return figure('CPU time per message', caption, svg);
}

function drawLatency(rows: readonly Row[], kinds: Kinds, workload: ReportWorkload): string {
  const known = rows.flatMap(({ model, p50Us, p99Us, p999Us }) => {
    if (p50Us === null || p99Us === null || p999Us === null) return [];
    return [{ name: model, kind: kinds(model), p50: p50Us, p99: p99Us, p999: p999Us }];
  });
  if (known.length === 0) return '';
  const svg = drawPercentiles(known, `Latency percentiles under ${workload.name}`);
  const since = workload.ratePerSecond === null ? 'sending a message' : 'when a message was due';
  return figure('Latency', `From ${since} until all of it was back.`, svg);
}

function curvesOf(
  rows: readonly Row[],
  report: BenchReport,
  pick: (row: Row) => number | null,
): Curve[] {
  return report.models.flatMap(({ name }, index) => {
    const points = rows
      .filter(({ model }) => model === name)
      .flatMap((row) => {
        const value = pick(row);
        return value === null ? [] : [{ level: row.idle, silent: silentOf(row), value }];
      });
    // The baseline has the first colour, which is grey.
    const place = name === report.baseline ? 0 : 1 + (index % 11);
    return points.length < 2 ? [] : [{ name, index: place, points }];
  });
}

function drawLevels(rows: readonly Row[], report: BenchReport): string {
  const levels = [...new Set(rows.map(({ idle }) => idle))].sort((a, b) => a - b);
  const cpu = curvesOf(rows, report, ({ cpuUsPerMessage }) => cpuUsPerMessage);
  const rate = curvesOf(rows, report, ({ rate: value }) => value);
  const costs = { label: 'CPU time per message beside silent connections', unit: 'µs' };
  const rates = { label: 'Messages per second beside silent connections', unit: '/s' };
  return [
    '<div class="pair">',
    cpu.length === 0
      ? ''
      : figure(
          'CPU time per message, µs',
          'Who asks about every descriptor pays for the silent ones; who is told of the ready ones does not. Logarithmic.',
          drawIdle(cpu, levels, costs),
        ),
    rate.length === 0
      ? ''
      : figure(
          'Messages per second',
          'The same as a rate. Logarithmic.',
          drawIdle(rate, levels, rates),
        ),
    '</div>',
  ].join('\n');
}

function drawWorkload(workload: ReportWorkload, report: BenchReport): string {
  const { name, summary } = workload;
  const rows = report.rows.filter((row) => row.workload === name);
  if (rows.length === 0) return '';
  const kinds = kindsOf(report);
  const hasLevels = new Set(rows.map(({ idle }) => idle)).size > 1;
  const pictures = hasLevels
    ? drawLevels(rows, report)
    : [
        `<div class="pair">${drawRates(rows, kinds, name)}${drawCpu(rows, kinds, name)}</div>`,
        drawLatency(rows, kinds, workload),
      ].join('\n');
  return `<section><h2>${verbatim(name)}</h2><p class="about">${verbatim(summary)}</p>
${pictures}
${drawRows(rows)}</section>`;
}

function drawFacts(report: BenchReport): string {
  const { machine, pinned, rounds, durationMs, warmUpMs, baseline } = report;
  const gib = (machine.memoryBytes / 2 ** 30).toFixed(0);
  const facts: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cores} × ${machine.processor}, ${gib} GiB, ${machine.architecture}`],
    ['system', `${machine.os} ${machine.kernel}`],
    ['programs', `polyio ${machine.polyio}, Node ${machine.node}`],
    ['cores', pinned.note ?? `server on ${pinned.server}, load on ${pinned.load}`],
    ['rounds', `${rounds} of ${durationMs} ms after ${warmUpMs} ms, a fresh server for each`],
    ['baseline', baseline],
    ['other work', `load average ${machine.loadAverage.toFixed(2)} at the start`],
    ['when', `${report.startedAt}, ${(report.elapsedMs / 1_000).toFixed(0)} s`],
  ];
  const list = facts
    .map(([name, value]) => `<dt>${name}</dt><dd>${verbatim(value)}</dd>`)
    .join('\n');
  return `<dl>${list}</dl>\n<pre>${verbatim(report.command)}</pre>`;
}

const READING = `<p><b>ratio</b>: messages per second over the baseline’s, taken within each round; <b>cost</b>: the same for
CPU time per message, less is better. [seen]: smallest and largest round. [expected]: where the median of another run lies, 19 times
in 20. <b>CPU</b>, context <b>switches</b>, <b>EAGAIN</b> and system <b>calls</b> are the server’s, for each message.</p>
<p>Compare ratios, not rates: the rates are of this machine, on this day, over the loopback device, where no network is. An echo shows
what waiting and copying cost and nothing of what your program does between the two.</p>`;

function drawEnds({ complete, unavailable, uncounted }: BenchReport): string {
  const lines = [
    ...(complete ? [] : ['The run was interrupted: some measurements are missing.']),
    ...unavailable.map(({ model, reason }) => `${model} cannot run here: ${reason}`),
    ...(uncounted === null ? [] : [`system calls: ${uncounted}`]),
  ];
  return lines.length === 0
    ? ''
    : `<ul class="notes">${lines.map((line) => `<li>${verbatim(line)}</li>`).join('')}</ul>`;
}

/** The page as HTML. */
export function drawPage(report: BenchReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>polyio bench</title><style>${STYLE}</style></head><body>
<h1>polyio bench</h1>
<p class="lead">Every I/O model under the same load, in one run.</p>
${drawFacts(report)}
${READING}
${drawEnds(report)}
${report.workloads.map((workload) => drawWorkload(workload, report)).join('\n')}
<section><h2>Every number</h2>
<details><summary>The report as JSON: all rounds of all rows</summary>
<pre>${verbatim(JSON.stringify(report, null, 1))}</pre></details></section>
</body></html>
`;
}
