/** What is run: the question, the models, what the clients do; and the buttons that start and stop. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { SCENES, type SceneName } from '../../../src/lab/scene.ts';
import { SCENARIOS, type Scenario } from '../../../src/trace.ts';
import { isTextKey, type TextKey } from '../text/text.ts';
import { MODELS, MODELS_MAX, pickModels } from './models.ts';
import { Panel } from './panel.ts';
import { hasModels, NUMBERS, type NumberName, usualModels } from './state.ts';

const REPEATS = 5;

export class LabControls extends Panel {
  static override properties = { ...Panel.properties, isComparing: { state: true } };

  declare isComparing: boolean;

  override connectedCallback(): void {
    super.connectedCallback();
    this.isComparing = this.session.state.models.length > 1;
  }

  protected override willUpdate(): void {
    // The tour, a link or a file may ask for several models, too.
    if (this.session.state.models.length > 1) this.isComparing = true;
  }

  protected override render(): TemplateResult {
    const isOwn = !hasModels(this.session.state.scene);
    return html`<form @submit=${this.#submit} class="controls">
      <div class="row">
        ${this.#scenes()} ${this.#buttons()}
      </div>
      ${isOwn ? nothing : this.#script()}
    </form>`;
  }

  #script(): TemplateResult {
    return html`<div class="row">${this.#models()}</div>
      <details class="settings" open>
        <summary>${this.t('control.more')}</summary>
        <div class="row">
          ${this.#scenarios()}
          ${(Object.keys(NUMBERS) as NumberName[]).map((name) => this.#number(name))}
        </div>
      </details>`;
  }

  #scenes(): TemplateResult {
    const { scene } = this.session.state;
    const names = Object.keys(SCENES) as SceneName[];
    return html`<label class="field scene" for="control-scene">
      <span>${this.t('control.scene')}</span>
      <select id="control-scene" @change=${this.#pickScene}>
        ${names.map(
          (name) =>
            html`<option value=${name} ?selected=${name === scene}>
              ${this.t(`scene.${name}.title`)}
            </option>`,
        )}
      </select>
    </label>`;
  }

  readonly #pickScene = (event: Event): void => {
    const scene = (event.target as HTMLSelectElement).value as SceneName;
    const models = usualModels(scene);
    this.isComparing = models.length > 1;
    this.session.update({ scene, models, at: null, range: null });
    void this.session.open();
  };

  #models(): TemplateResult {
    return html`<div class="models" role="group" aria-label=${this.t('control.models')}>
      ${MODELS.map(({ name }, index) => this.#model(name, index))}
      <label class="check" title=${this.t('control.compare.hint')}>
        <input
          id="control-compare"
          type="checkbox"
          .checked=${live(this.isComparing)}
          @change=${this.#compare}
        />
        ${this.t('control.compare')}
      </label>
    </div>`;
  }

  #model(name: string, index: number): TemplateResult {
    const { session } = this;
    const choice = session.choice(name);
    const isHere = session.mode !== 'live' || choice?.isAvailable === true;
    const isRecorded = session.hasRecording(name);
    const isPossible = session.canRun(name) || isRecorded;
    const reason = session.reasonOf(name);
    const hint = isHere
      ? this.t('control.model.hint', { model: name, waits: this.t(`model.${name}` as TextKey) })
      : this.t(isRecorded ? 'control.model.recorded' : 'control.model.unavailable', {
          model: name,
          reason,
        });
    return html`<button
      type="button"
      class="chip"
      data-model=${name}
      data-available=${String(isHere && isPossible)}
      aria-pressed=${String(session.state.models.includes(name))}
      aria-disabled=${String(!isPossible && session.mode !== 'connecting')}
      aria-keyshortcuts=${index < 9 ? String(index + 1) : nothing}
      title=${hint}
      @click=${() => this.pick(name)}
    >
      ${name}${isHere ? nothing : html`<span class="hidden"> ${hint}</span>`}
    </button>`;
  }

  /** Chooses a model; beside the others while models are compared. */
  pick(name: string): void {
    const { session } = this;
    const { models } = session.state;
    const choice = session.choice(name);
    if (session.mode === 'live' && choice?.isAvailable === false) {
      this.#pickRecorded(name, choice.remedy ?? '');
      return;
    }
    const others = models.filter((model) => model !== name && this.#isBeside(model));
    const isTaken = models.includes(name);
    const wanted = this.isComparing ? (isTaken ? others : [...others, name]) : [name];
    const picked = pickModels(wanted.slice(-MODELS_MAX));
    if (picked === undefined) return;
    session.update({ models: picked });
    void session.open();
  }

  /** Whether a model can stand beside others: recordings of other kernels cannot. */
  #isBeside(name: string): boolean {
    return this.session.mode !== 'live' || this.session.canRun(name);
  }

  #pickRecorded(model: string, remedy: string): void {
    const { session } = this;
    const reason = session.reasonOf(model);
    if (!session.hasRecording(model)) {
      const isElsewhere = isTextKey(`unavailable.${model}`);
      const key = isElsewhere ? 'status.elsewhere' : 'status.unavailable';
      session.say(key, { model, reason, remedy }, true);
      return;
    }
    this.isComparing = false;
    session.update({ models: [model] });
    session.say('status.recordedInstead', { model, reason });
    void session.replay();
  }

  readonly #compare = (event: Event): void => {
    this.isComparing = (event.target as HTMLInputElement).checked;
    const { models } = this.session.state;
    if (this.isComparing || models.length < 2) return;
    this.session.update({ models: models.slice(0, 1) });
    void this.session.open();
  };

  #scenarios(): TemplateResult {
    const { record, state } = this.session;
    const scenario = this.#isFixed ? (record?.request.scenario ?? state.scenario) : state.scenario;
    const set = (event: Event): void => {
      this.session.update({ scenario: (event.target as HTMLSelectElement).value as Scenario });
    };
    return html`<label class="field" for="control-scenario">
      <span>${this.t('control.scenario')}</span>
      <select id="control-scenario" ?disabled=${this.#isFixed} @change=${set}>
        ${(Object.keys(SCENARIOS) as Scenario[]).map(
          (name) =>
            html`<option value=${name} ?selected=${name === scenario}>
              ${this.t(`scenario.${name}`)}
            </option>`,
        )}
      </select>
    </label>`;
  }

  #number(name: NumberName): TemplateResult {
    const { least, most } = NUMBERS[name];
    const set = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      const value = input.valueAsNumber;
      const isGood = Number.isInteger(value) && value >= least && value <= most;
      if (isGood) this.session.update({ [name]: value });
      else input.reportValidity();
    };
    return html`<label class="field number" for=${`control-${name}`}>
      <span>${this.t(`control.${name}`)}</span>
      <input
        id=${`control-${name}`}
        type="number"
        inputmode="numeric"
        min=${least}
        max=${most}
        step="1"
        required
        ?disabled=${this.#isFixed}
        .value=${live(String(this.#shown(name)))}
        @change=${set}
      />
    </label>`;
  }

  /** What a number is: of the recording where there is no lab, else what is asked for. */
  #shown(name: NumberName): number {
    const { record, state } = this.session;
    const recorded = record?.request[name === 'delay' ? 'delayMs' : name];
    return this.#isFixed ? (recorded ?? state[name]) : state[name];
  }

  /** Without a lab the numbers are those of the recordings. */
  get #isFixed(): boolean {
    return this.session.mode === 'static';
  }

  #buttons(): TemplateResult {
    const { session } = this;
    const canRun = session.mode === 'live' && !session.isRunning;
    return html`<div class="buttons">
      ${
        session.isRunning
          ? html`<button type="button" class="main" data-action="stop" @click=${() => session.stop()}>
              ${this.t('control.stop')}
            </button>`
          : html`<button type="submit" class="main" data-action="run" ?disabled=${!canRun}>
              ${this.t('control.run')}
            </button>`
      }
      <button
        type="button"
        data-action="repeat"
        title=${this.t('control.repeat.hint')}
        ?disabled=${!canRun}
        @click=${() => void session.run(REPEATS)}
      >
        ${this.t('control.repeat')}
      </button>
      <button type="button" data-action="share" @click=${this.#share}>
        ${this.t('control.share')}
      </button>
      <lab-export .session=${session}></lab-export>
    </div>`;
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    void this.session.run();
  };

  readonly #share = (): void => {
    void this.session.copy(this.session.link);
  };
}

customElements.define('lab-controls', LabControls);
