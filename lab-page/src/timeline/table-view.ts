/**
 * The table that says what the canvas shows. It is always in the page, for those who read it with
 * their ears, and in sight when it is asked for; a page of it at a time.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { LabRun } from '../../../src/lab/document.ts';
import { formatTime, type Text } from '../text/text.ts';
import { firstAtLeast } from './bars.ts';
import { tableRows } from './moments.ts';
import { TABLE_ROWS, type TableOrder } from './table-order.ts';

export interface TableView {
  readonly runs: readonly LabRun[];
  readonly order: TableOrder;
  readonly text: Text;
  readonly first: number;
  readonly position: number;
  readonly isShown: boolean;
  labelOf(run: LabRun): string;
  turn(first: number): void;
  go(position: number): void;
}

/** Instants lie closer together than three digits can tell apart. */
function instantOf({ language }: Text, at: number): string {
  const digits = { minimumFractionDigits: 3, maximumFractionDigits: 3 };
  return `${(at / 1e6).toLocaleString(language, digits)} ms`;
}

function row(view: TableView, index: number, isCurrent: boolean): TemplateResult {
  const { runs, order, text } = view;
  const run = runs[order.runs[index] as number] as LabRun;
  const [found] = tableRows(run, { from: order.moments[index] as number, limit: 1 });
  if (found === undefined) return html``;
  const { at, where, what, took } = found;
  const time = instantOf(text, at);
  return html`<tr aria-current=${isCurrent ? 'true' : nothing}>
    ${runs.length > 1 ? html`<td>${view.labelOf(run)}</td>` : nothing}
    <td class="number">
      ${
        view.isShown
          ? html`<button class="plain" @click=${() => view.go(at)}>${time}</button>`
          : time
      }
    </td>
    <td class="where">${text.say(where)}</td>
    <td>${text.say(what)}</td>
    <td class="number">${took === null ? '' : formatTime(text.language, took)}</td>
  </tr>`;
}

/** The page of the table that begins at `first`. */
export function tableView(view: TableView): TemplateResult {
  const { runs, order, text, position, isShown } = view;
  const total = order.times.length;
  const first = Math.min(view.first, Math.max(0, total - 1));
  const end = Math.min(first + TABLE_ROWS, total);
  const current = firstAtLeast(order.times, position + 0.5) - 1;
  const rows = Array.from({ length: end - first }, (_, at) => first + at);
  const caption = { first: Math.min(first + 1, total), last: end, total };
  const page = (to: number, key: 'earlier' | 'later', isPossible: boolean) =>
    html`<button ?disabled=${!isPossible} @click=${() => view.turn(to)}>
      ${text.t(`timeline.table.${key}`)}
    </button>`;
  return html`<div
    class=${isShown ? 'table' : 'table hidden'}
    role="region"
    aria-label=${text.t('timeline.table.show')}
    tabindex=${isShown ? '0' : nothing}
  >
    <table>
      <caption>
        ${text.t('timeline.table.caption', caption)}
      </caption>
      <thead>
        <tr>
          ${runs.length > 1 ? html`<th scope="col">${text.t('timeline.table.run')}</th>` : nothing}
          <th scope="col" class="number">${text.t('timeline.table.at')}</th>
          <th scope="col">${text.t('timeline.table.where')}</th>
          <th scope="col">${text.t('timeline.table.what')}</th>
          <th scope="col" class="number">${text.t('timeline.table.took')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((index) => row(view, index, index === current))}
      </tbody>
    </table>
    ${
      isShown
        ? html`<p class="pages">
          ${page(first - TABLE_ROWS, 'earlier', first > 0)}
          ${page(first + TABLE_ROWS, 'later', end < total)}
        </p>`
        : nothing
    }
  </div>`;
}
