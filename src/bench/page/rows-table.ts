/** The rows of a workload as a table, with what to know about them. */
import { type Row, silentOf } from '../report.ts';
import type { Range } from '../spread.ts';
import { time } from './percentiles.ts';
import { short, verbatim } from './svg.ts';

const NONE = '–';

function number(value: number | null): string {
  return value === null ? NONE : verbatim(short(value));
}

function withRange(value: number | null, range: Range | null, show: (value: number) => string) {
  if (value === null) return NONE;
  if (range === null || range[0] === range[1]) return show(value);
  return `${show(value)} <span class="about">[${show(range[0])}–${show(range[1])}]</span>`;
}

function duration(us: number | null): string {
  return us === null ? NONE : time(us);
}

function callsOf({ systemCalls, systemCallsPerMessage }: Row): string {
  if (systemCalls === null) return NONE;
  const byName = Object.entries(systemCalls)
    .sort(([, a], [, b]) => b - a)
    .map(([name, calls]) => `${name} ${short(calls)}`);
  return `<span title="${verbatim(byName.join(', '))}">${number(systemCallsPerMessage)}</span>`;
}

interface Column {
  readonly title: string;
  readonly isFor: (rows: readonly Row[]) => boolean;
  readonly text: (row: Row) => string;
}

const always = () => true;
const hasIdle = (rows: readonly Row[]) => rows.some(({ idle }) => idle > 0);

const COLUMNS: readonly Column[] = [
  {
    title: 'model',
    isFor: always,
    text: ({ model, noisy }) =>
      `${verbatim(model)}${noisy ? ' <span class="noisy" title="noisy: the rounds differ by more than a quarter">~</span>' : ''}`,
  },
  {
    title: 'silent',
    isFor: hasIdle,
    text: (row) => silentOf(row).toLocaleString('en'),
  },
  { title: 'active', isFor: always, text: ({ connections }) => connections.toLocaleString('en') },
  {
    title: 'messages/s<br>[seen]',
    isFor: always,
    text: ({ rate, rateSpread }) => withRange(rate, rateSpread, short),
  },
  { title: 'MB/s', isFor: always, text: ({ megabytesPerSecond }) => number(megabytesPerSecond) },
  {
    title: 'ratio<br>[expected]',
    isFor: always,
    text: ({ ratio, ratioInterval }) =>
      withRange(ratio, ratioInterval, (value) => value.toFixed(2)),
  },
  { title: 'p50', isFor: always, text: ({ p50Us }) => duration(p50Us) },
  { title: 'p99', isFor: always, text: ({ p99Us }) => duration(p99Us) },
  { title: 'p99.9', isFor: always, text: ({ p999Us }) => duration(p999Us) },
  { title: 'CPU µs', isFor: always, text: ({ cpuUsPerMessage }) => number(cpuUsPerMessage) },
  { title: 'cost', isFor: always, text: ({ cost }) => (cost === null ? NONE : cost.toFixed(2)) },
  { title: 'calls', isFor: always, text: callsOf },
  {
    title: 'switches',
    isFor: always,
    text: ({ switchesPerMessage }) => number(switchesPerMessage),
  },
  {
    title: 'EAGAIN',
    isFor: always,
    text: ({ wouldBlocksPerMessage }) => number(wouldBlocksPerMessage),
  },
  {
    title: 'bytes<br>each',
    isFor: hasIdle,
    text: ({ bytesPerConnection }) => number(bytesPerConnection),
  },
];

function notesOf(rows: readonly Row[]): string {
  const notes = rows.flatMap(({ model, idle, note, failure }) =>
    [note, failure === null ? null : `failed: ${failure}`]
      .filter((text) => text !== null)
      .map((text) => `${model}${idle > 0 ? `, ${idle.toLocaleString('en')} silent` : ''}: ${text}`),
  );
  if (notes.length === 0) return '';
  return `<ul class="notes">${notes.map((note) => `<li>${verbatim(note)}</li>`).join('')}</ul>`;
}

export function drawRows(rows: readonly Row[]): string {
  const columns = COLUMNS.filter(({ isFor }) => isFor(rows));
  const head = columns.map(({ title }) => `<th scope="col">${title}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${columns.map(({ text }) => `<td>${text(row)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table></div>${notesOf(rows)}`;
}
