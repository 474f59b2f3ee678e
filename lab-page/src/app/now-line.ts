/** What happens at the instant that the timeline stands at, in one sentence. */
import { html, type TemplateResult } from 'lit';
import { Panel } from './panel.ts';

/** A reader of screens hears at most one sentence a second. */
const SPOKEN_MS = 1_000;

export class LabNow extends Panel {
  static override properties = { ...Panel.properties, spoken: { state: true } };

  declare spoken: string;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    this.spoken = '';
  }

  protected override get follows(): readonly string[] {
    return ['change', 'position'];
  }

  #lines(): readonly string[] {
    const { runs, position } = this.session;
    return runs.map((run) => this.session.nowLine(run, position));
  }

  protected override render(): TemplateResult {
    const lines = this.#lines();
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.spoken = this.#lines().join(' ');
    }, SPOKEN_MS);
    return html`<section class="now" aria-label=${this.t('panel.now')}>
      ${lines.map((line) => html`<p aria-hidden="true">${line}</p>`)}
      <p class="hidden" aria-live="polite">${this.spoken}</p>
    </section>`;
  }
}

customElements.define('lab-now', LabNow);
