/** The view of counters: a column for each run, with the spread of its repeats. */
import { html, type TemplateResult } from 'lit';
import type { LabRecord } from '../../../src/lab/document.ts';
import { METHODS } from '../../../src/trace.ts';
import { formatFigure, formatList, formatTime, type Text } from '../text/text.ts';
import { COUNTERS, type CounterName, repeatsOf, type Spread, spreadsOf } from './counters.ts';
import type { Session } from './session.ts';

function figure(text: Text, name: CounterName, value: number): string {
  const kind = COUNTERS[name];
  if (kind === 'time') return formatTime(text.language, value);
  if (kind === 'number') return formatFigure(text.language, value);
  const digits = { style: 'percent', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(text.language, digits).format(value);
}

/** A figure, with its deviation when there is one. */
export function spreadText(text: Text, name: CounterName, spread: Spread | null): string {
  if (spread === null) return text.t('counter.none');
  const mean = figure(text, name, spread.mean);
  if (spread.deviation === null) return mean;
  return text.t('counter.value', { mean, deviation: figure(text, name, spread.deviation) });
}

function methods(session: Session, record: LabRecord): TemplateResult[] {
  const { text } = session;
  return record.runs.map(({ label, trace }) => {
    const { summary, clock } = trace;
    const named = METHODS.filter((method) => summary.measured[method] > 0).map((method) => {
      return text.t(`method.${method}`, { n: summary.measured[method] });
    });
    const overhead = text.t('counter.overhead', { tap: clock.tapNs, probes: summary.probes });
    const how = text.t('counter.method', {
      methods: formatList(text.language, named),
      error: clock.errorNs,
    });
    return html`<li>
      <b>${session.labelOf(label)}</b> ${overhead} ${named.length > 0 ? how : ''}
    </li>`;
  });
}

export function countersView(session: Session): TemplateResult {
  const { record, text } = session;
  if (record === null) return html``;
  const repeats = repeatsOf(record, session.kept);
  const columns = record.runs.map(({ label }) => spreadsOf(label, repeats));
  const rows = (Object.keys(COUNTERS) as CounterName[]).filter((name) => {
    return columns.some((column) => column[name] !== null);
  });
  return html`<table class="figures">
      <caption class="hidden">${text.t('counter.caption')}</caption>
      <thead>
        <tr>
          <th scope="col">${text.t('counter.name')}</th>
          ${record.runs.map(({ label }) => html`<th scope="col">${session.labelOf(label)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (name) => html`<tr data-counter=${name}>
            <th scope="row">${text.t(`counter.${name}`)}</th>
            ${columns.map((column) => html`<td>${spreadText(text, name, column[name])}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
    <p class="quiet">
      ${
        repeats.length > 1
          ? text.t('counter.repeats', { n: repeats.length })
          : text.t('counter.noRepeats')
      }
    </p>
    <ul class="quiet">
      ${methods(session, record)}
    </ul>`;
}
