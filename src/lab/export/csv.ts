/**
 * The events of runs as a table for spreadsheets: comma-separated, one event a line, as RFC 4180
 * has it. A cell that a spreadsheet would take for a formula is written as text.
 */
import type { Trace } from '../../trace.ts';

const COLUMNS = [
  'run',
  'kind',
  'role',
  'pid',
  'tid',
  'name',
  'fd',
  'start_ns',
  'end_ns',
  'result',
  'errno',
  'times',
  'arrival_ns',
  'measured',
  'about',
] as const;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** All events of these runs, in order; times count from the start of each run's window. */
export function toCsv(runs: readonly { readonly label: string; readonly trace: Trace }[]): string {
  const lines: string[] = [COLUMNS.join(',')];
  for (const { label, trace } of runs) {
    const [origin] = trace.window;
    for (const event of trace.events) {
      const { kind, writer, name, fd, start, end, result, errno, times, arrival } = event;
      const { role = 'server', pid = 0, tid = 0 } = trace.writers[writer] ?? {};
      const cells = [
        ...[label, kind, role, pid, tid, name, fd, start - origin, end - origin, result, errno],
        ...[times, arrival === null ? null : arrival - origin, event.measured, event.about],
      ];
      lines.push(cells.map(cell).join(','));
    }
  }
  return `${lines.join('\r\n')}\r\n`;
}
