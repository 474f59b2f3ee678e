/** The view of findings: the scene's facts, and each run in sentences. */
import { html, nothing, type TemplateResult } from 'lit';
import type { LabRun, Source } from '../../../src/lab/document.ts';
import { chartsView } from './charts-view.ts';
import { findingsOf } from './findings.ts';
import type { Session } from './session.ts';

function runFindings(
  session: Session,
  run: LabRun,
  source: Source,
): TemplateResult | typeof nothing {
  const found = findingsOf(run.trace, source, session.hasServers);
  if (found.length === 0) return nothing;
  return html`<h3>${session.labelOf(run.label)}</h3>
    <ul>
      ${found.map(({ key, values }) => html`<li>${session.text.t(key, values)}</li>`)}
    </ul>`;
}

export function findingsView(session: Session): TemplateResult {
  const { record, text } = session;
  if (record === null) return html``;
  const facts = record.facts.flatMap(({ key, values }) => session.fact(key, values) ?? []);
  const tryIt = session.tryIt(record.request.scene);
  // A scene that leaves curves alone shows them where the timeline would be.
  const isBeside = record.runs.length > 0 && record.charts.length > 0;
  const found = html`<div class="findings">
    ${
      facts.length === 0
        ? nothing
        : html`<ul class="facts">
            ${facts.map((fact) => html`<li>${fact}</li>`)}
          </ul>`
    }
    ${tryIt === null ? nothing : html`<p class="quiet">${tryIt}</p>`}
    ${record.runs.length === 0 ? html`<p class="quiet">${text.t('finding.noRuns')}</p>` : nothing}
    ${record.runs.map((run) => runFindings(session, run, record.source))}
  </div>`;
  return isBeside
    ? html`<div class="split">${found}${chartsView(session, session.hasServers ? 'small' : 'beside')}</div>`
    : found;
}
