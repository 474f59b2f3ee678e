/** The stepper: the server's own source, with the step that it is in at this instant. */

import { PROGRAMS } from 'virtual:server-sources';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { LabRun } from '../../../src/lab/document.ts';
import type { ServerProgram } from '../source/read-program.ts';
import { Panel } from './panel.ts';
import { busiestWriter, linesOf, type StepChange, stepAt, stepChangesOf } from './steps.ts';

export class LabSource extends Panel {
  static override properties = {
    ...Panel.properties,
    chosen: { state: true },
    step: { state: true },
  };

  /** Which of several runs. */
  declare chosen: number;
  declare step: number;
  #run: LabRun | null = null;
  readonly #changes = new Map<number, readonly StepChange[]>();

  constructor() {
    super();
    this.chosen = 0;
    this.step = 0;
  }

  readonly #move = (): void => {
    const run = this.#run;
    const program = this.#program;
    if (run === null || program === null) return;
    const at = run.trace.window[0] + this.session.position;
    this.step = stepAt(this.#changesAt(program, run, at), at);
  };

  /** None for a program of a scene, which has no marks. */
  get #program(): ServerProgram | null {
    const model = this.session.hasServers ? (this.#run?.trace.run.model ?? '') : '';
    return Object.hasOwn(PROGRAMS, model) ? (PROGRAMS[model] ?? null) : null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.session.addEventListener('position', this.#move);
  }

  override disconnectedCallback(): void {
    this.session.removeEventListener('position', this.#move);
    super.disconnectedCallback();
  }

  /** One thread has one order of steps; of several the one that acted last is looked at. */
  #changesAt(program: ServerProgram, { trace }: LabRun, at: number): readonly StepChange[] {
    const servers = trace.writers.filter(({ role }) => role === 'server').length;
    const writer = busiestWriter(trace, servers > 1 ? at : Number.NEGATIVE_INFINITY);
    const known = this.#changes.get(writer);
    if (known !== undefined) return known;
    const made = stepChangesOf(program, trace, writer);
    this.#changes.set(writer, made);
    return made;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const { runs } = this.session;
    if (this.chosen >= runs.length) this.chosen = 0;
    const run = runs[this.chosen] ?? null;
    if (run === this.#run && !changed.has('chosen')) return;
    this.#run = run;
    this.#changes.clear();
    this.step = 0;
    this.#move();
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('step') && !changed.has('chosen')) return;
    const box = this.querySelector<HTMLElement>('pre');
    const line = this.querySelector<HTMLElement>('pre .now');
    if (box === null || line === null) return;
    const middle = line.offsetTop - box.offsetTop - box.clientHeight / 3;
    box.scrollTop = Math.max(0, middle);
  }

  protected override render(): TemplateResult {
    const run = this.#run;
    // A scene with a program of its own has no marked source: the findings take the room.
    this.hidden = run === null || !this.session.hasServers;
    return html`<section class="card source" aria-labelledby="source-title">
      <header class="bar">
        <h2 id="source-title">${this.t('panel.source')}</h2>
        ${this.#choices()}
      </header>
      ${run === null ? nothing : this.#source()}
    </section>`;
  }

  #choices(): TemplateResult | typeof nothing {
    const { runs } = this.session;
    if (runs.length < 2) return nothing;
    const set = (event: Event): void => {
      this.chosen = (event.target as HTMLSelectElement).selectedIndex;
    };
    return html`<select aria-label=${this.t('source.run')} @change=${set}>
      ${runs.map(({ label }, index) => {
        const name = this.session.labelOf(label);
        return html`<option ?selected=${index === this.chosen}>${name}</option>`;
      })}
    </select>`;
  }

  #source(): TemplateResult {
    const program = this.#program;
    const { step } = this;
    if (program === null) return html`<p class="quiet place">${this.t('source.own')}</p>`;
    const { model, firstLine, lines, steps } = program;
    const place =
      step === 0
        ? this.t('source.before', { model })
        : this.t('source.of', { model, step, of: steps.length });
    const [first, last] = linesOf(program, step) ?? [0, 0];
    const marks = new Set(steps.map(({ line }) => line));
    const shown = lines.map((text, index) => {
      const number = index + firstLine;
      const isNow = number >= first && number <= last;
      const parts = ['line', marks.has(number) ? 'mark' : '', isNow ? 'now' : ''];
      return html`<span class=${parts.join(' ').trim()} data-number=${number}>${text}\n</span>`;
    });
    return html`<p class="quiet place">${place}</p>
      <pre tabindex="0" role="region" aria-label=${place} data-step=${step}><code>${shown}</code></pre>`;
  }
}

customElements.define('lab-source', LabSource);
