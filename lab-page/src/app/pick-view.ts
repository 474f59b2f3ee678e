/** The view that answers "which model should I pick?" with the figures of this run. */
import { html, nothing, type TemplateResult } from 'lit';
import type { TextKey } from '../text/text.ts';
import { type Counters, countersOf } from './counters.ts';
import { spreadText } from './counters-view.ts';
import { MODELS } from './models.ts';
import type { Session } from './session.ts';

const COLUMNS = {
  callsPerMessage: 'pick.calls',
  cpu: 'pick.cpu',
  p99: 'pick.p99',
  threads: 'pick.threads',
} as const satisfies Partial<Record<keyof Counters, TextKey>>;

type Column = keyof typeof COLUMNS;

/** The smallest of each column, when there is something to compare. */
function bestOf(runs: ReadonlyMap<string, Counters>): Readonly<Record<Column, number | null>> {
  const entries = (Object.keys(COLUMNS) as Column[]).map((name) => {
    const values = [...runs.values()].map((run) => run[name]).filter((value) => value !== null);
    const isMeant = values.length > 1 && new Set(values).size > 1;
    return [name, isMeant ? Math.min(...values) : null];
  });
  return Object.fromEntries(entries) as Record<Column, number | null>;
}

export function pickView(session: Session): TemplateResult {
  const { record, text } = session;
  const isTimed = record?.source === 'kernel';
  const runs = new Map(
    (record?.runs ?? []).map(({ label, trace }) => [label, countersOf(trace, isTimed)]),
  );
  const best = bestOf(runs);
  const measured = MODELS.filter(({ name }) => runs.has(name));
  const others = MODELS.filter(({ name }) => !runs.has(name));
  const cell = (run: Counters, name: Column) => {
    const value = run[name];
    const isBest = value !== null && value === best[name];
    const shown = spreadText(
      text,
      name,
      value === null ? null : { mean: value, deviation: null, count: 1 },
    );
    return html`<td class=${isBest ? 'best' : ''}>
      ${shown}${isBest ? html`<span class="hidden"> (${text.t('pick.best')})</span>` : nothing}
    </td>`;
  };
  const columns = Object.keys(COLUMNS) as Column[];
  return html`<table class="figures pick">
    <caption>${text.t('pick.caption')}</caption>
    <thead>
      <tr>
        <th scope="col">${text.t('pick.model')}</th>
        <th scope="col">${text.t('pick.when')}</th>
        ${columns.map((name) => html`<th scope="col">${text.t(COLUMNS[name])}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${[...measured, ...others].map(({ name }) => {
        const run = runs.get(name);
        return html`<tr data-model=${name} class=${run === undefined ? '' : 'measured'}>
          <th scope="row"><code>${name}</code></th>
          <td class="words">${text.t(`pick.${name}` as TextKey)}</td>
          ${
            run === undefined
              ? html`<td colspan=${columns.length} class="quiet">${text.t('pick.missing')}</td>`
              : columns.map((column) => cell(run, column))
          }
        </tr>`;
      })}
    </tbody>
  </table>`;
}
