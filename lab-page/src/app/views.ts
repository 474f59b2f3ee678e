/** What the run shows, view by view: a list of tabs, of which one is open. */
import { html, nothing, type TemplateResult } from 'lit';
import { chartsView } from './charts-view.ts';
import { countersView } from './counters-view.ts';
import { findingsView } from './findings-view.ts';
import { latencyView } from './latency-view.ts';
import { Panel } from './panel.ts';
import { pickView } from './pick-view.ts';
import type { Session } from './session.ts';
import { VIEWS, type View } from './state.ts';

const DRAW: Readonly<Record<View, (session: Session) => TemplateResult>> = {
  findings: findingsView,
  counters: countersView,
  latency: latencyView,
  pick: pickView,
  charts: chartsView,
};

export class LabViews extends Panel {
  /** The views that have something to show. */
  get #views(): readonly View[] {
    const { record } = this.session;
    const hasCharts = (record?.charts.length ?? 0) > 0;
    const hasTrips = (record?.runs ?? []).some(({ trace }) => trace.summary.roundTrip.count > 0);
    const { hasServers } = this.session;
    return VIEWS.filter((view) => {
      if (view === 'charts') return hasCharts && hasServers;
      if (view === 'latency') return hasTrips;
      return view === 'counters' ? hasServers : true;
    });
  }

  protected override render(): TemplateResult {
    const views = this.#views;
    const { view } = this.session.state;
    const open = views.includes(view) ? view : 'findings';
    return html`<section class="card views" aria-labelledby="views-title">
      <h2 id="views-title" class="hidden">${this.t('panel.views')}</h2>
      <div role="tablist" aria-label=${this.t('panel.views')} @keydown=${this.#keys}>
        ${views.map(
          (name) => html`<button
            type="button"
            role="tab"
            id=${`tab-${name}`}
            data-view=${name}
            aria-controls="view"
            aria-selected=${String(name === open)}
            tabindex=${name === open ? 0 : -1}
            @click=${() => this.session.update({ view: name })}
          >
            ${this.t(`view.${name}`)}
          </button>`,
        )}
      </div>
      <div id="view" role="tabpanel" tabindex="0" aria-labelledby=${`tab-${open}`}>
        ${this.session.record === null && open !== 'pick' ? nothing : DRAW[open](this.session)}
      </div>
    </section>`;
  }

  readonly #keys = (event: KeyboardEvent): void => {
    const views = this.#views;
    const at = views.indexOf(this.session.state.view);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next =
      event.key === 'Home' ? 0 : event.key === 'End' ? views.length - 1 : at + (step ?? 0);
    if (step === undefined && event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    const view = views[(next + views.length) % views.length] ?? 'findings';
    this.session.update({ view });
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${view}`)?.focus());
  };
}

customElements.define('lab-views', LabViews);
