/** The page as a whole: its parts in their places, and what they tell one another. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formatMoment } from '../text/text.ts';
import type { PolyioTimeline } from '../timeline/element.ts';
import '../timeline/element.ts';
import './controls.ts';
import './export-menu.ts';
import './header.ts';
import './help.ts';
import './now-line.ts';
import './source-view.ts';
import './story.ts';
import './views.ts';
import { chartsView } from './charts-view.ts';
import type { LabControls } from './controls.ts';
import type { LabHelp } from './help.ts';
import { MODELS } from './models.ts';
import { Panel } from './panel.ts';
import { longestOf, niceSpeed } from './sentence.ts';
import { Session } from './session.ts';
import { hasModels } from './state.ts';
import { type LabStory, wasTourSeen } from './story.ts';

const STILL = '(prefers-reduced-motion: reduce)';

function isStill(): boolean {
  return matchMedia(STILL).matches;
}

export class LabApp extends Panel {
  constructor() {
    super();
    this.session = new Session();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#keys);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
      this.session.changed(),
    );
    matchMedia(STILL).addEventListener('change', () => this.session.changed());
    this.session.addEventListener('shown', () => {
      this.#isNew = true;
    });
    void this.session.start();
  }

  /** Whether what is shown has not been played yet. */
  #isNew = false;

  protected override firstUpdated(): void {
    if (location.search.replace(/[?&]?token=[^&]*/, '') === '' && !wasTourSeen()) {
      this.querySelector<LabStory>('lab-story')?.open();
    }
  }

  protected override updated(_: PropertyValues): void {
    const { session } = this;
    const root = document.documentElement;
    root.lang = session.text.language;
    root.dataset['theme'] = session.isDark ? 'dark' : 'light';
    document.title = this.t('page.title');
    this.dataset['mode'] = session.mode;
    this.dataset['origin'] = session.origin;
    this.dataset['running'] = String(session.isRunning);
    void this.#play();
  }

  /** A new picture moves by itself, but never while a run is measured on the same machine. */
  async #play(): Promise<void> {
    const timeline = this.querySelector<PolyioTimeline>('polyio-timeline');
    if (timeline === null) return;
    if (this.session.isRunning) {
      timeline.pause();
    } else if (this.#isNew) {
      this.#isNew = false;
      if (isStill() || document.hidden) return;
      await timeline.updateComplete;
      timeline.play();
    }
  }

  protected override render(): TemplateResult {
    const { session } = this;
    return html`
      <lab-header .session=${session} role="banner" @open-dialog=${this.#open}></lab-header>
      <main>
        <lab-controls .session=${session}></lab-controls>
        <div class="said">
          ${this.#watch()}
          ${this.#status()}
        </div>
        ${this.#picture()}
        <lab-now .session=${session}></lab-now>
        <div class="below">
          <lab-story class="tall" .session=${session}></lab-story>
          <lab-source class="tall" .session=${session}></lab-source>
          <lab-views class="tall" .session=${session}></lab-views>
        </div>
      </main>
      <lab-help .session=${session}></lab-help>
    `;
  }

  /** What to look at, and that the scene sets its own numbers. */
  #watch(): TemplateResult {
    const { scene } = this.session.state;
    const isOwn = !hasModels(scene) && this.session.mode === 'live';
    return html`<p class="watch">
      ${this.t(`scene.${scene}.watch`)} ${isOwn ? this.t('control.own') : nothing}
    </p>`;
  }

  /** Where and when it was recorded. */
  #machine(): TemplateResult | typeof nothing {
    const { record } = this.session;
    if (record === null) return nothing;
    const { system, kernel, cpus, node } = record.machine;
    const when = formatMoment(this.text.language, record.recordedAt);
    const words = this.t('page.recordedOn', { when, system, kernel, cpus, node });
    return html`<p class="machine quiet">${words}</p>`;
  }

  #status(): TemplateResult {
    const { notice, isStale, isRunning, progress } = this.session;
    const running = () => {
      if (progress === null) return this.t('status.started');
      const label = this.session.labelOf(progress.label);
      return this.t('status.progress', { label, step: progress.step, of: progress.of });
    };
    const said = notice === null ? '' : this.t(notice.key, notice.values);
    const isBad = !isRunning && notice?.isBad === true;
    // What went wrong is told first.
    const quiet = isStale && !isBad ? this.t('status.stale') : said;
    const sentence = isRunning ? running() : quiet;
    return html`<p class="status" role="status" data-bad=${String(isBad)}>${sentence}</p>
      ${sentence === '' ? this.#machine() : nothing}`;
  }

  #picture(): TemplateResult {
    const { session } = this;
    const { runs, record } = session;
    if (record !== null && runs.length === 0) {
      return html`<section id="timeline" class="card picture" tabindex="-1">
        ${chartsView(session)}
      </section>`;
    }
    return html`<section
      id="timeline"
      class="card picture"
      tabindex="-1"
      aria-label=${this.t('panel.timeline')}
    >
      ${record === null ? html`<p class="quiet">${this.t('panel.empty')}</p>` : this.#timeline()}
    </section>`;
  }

  #timeline(): TemplateResult {
    const { session } = this;
    return html`<polyio-timeline
      .text=${session.text}
      .runs=${session.runs}
      .source=${session.record?.source ?? 'kernel'}
      .position=${live(session.position)}
      .range=${live(session.state.range)}
      .speed=${live(session.state.speed ?? niceSpeed(longestOf(session.runs)))}
      .theme=${session.isDark ? 'dark' : 'light'}
      .reducedMotion=${isStill()}
      @position-change=${this.#moved}
      @range-change=${this.#zoomed}
      @speed-change=${this.#sped}
    ></polyio-timeline>`;
  }

  readonly #moved = (event: Event): void => {
    const { detail } = event as CustomEvent<unknown>;
    if (typeof detail === 'number') this.session.moveTo(detail);
  };

  readonly #zoomed = (event: Event): void => {
    const { detail } = event as CustomEvent<readonly [number, number] | null>;
    const range = detail === null ? null : ([detail[0], detail[1]] as const);
    this.session.zoomTo(range);
  };

  readonly #sped = (event: Event): void => {
    const { detail } = event as CustomEvent<number>;
    this.session.update({ speed: Math.max(1, Math.round(detail)) });
  };

  readonly #open = (event: Event): void => {
    const { detail } = event as CustomEvent<'story' | 'help'>;
    this.querySelector<LabStory | LabHelp>(`lab-${detail}`)?.open();
  };

  /** Keys of the page; those of the timeline are its own. */
  readonly #keys = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0] as HTMLElement;
    const isTyping = target.closest('input, select, textarea, dialog') !== null;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const model = MODELS[Number(event.key) - 1];
    if (/^[1-9]$/.test(event.key) && model !== undefined) {
      this.querySelector<LabControls>('lab-controls')?.pick(model.name);
    } else if (event.key === 'r') {
      if (this.session.mode === 'live') void this.session.run();
    } else if (event.key === '?') {
      this.querySelector<LabHelp>('lab-help')?.open();
    } else {
      return;
    }
    event.preventDefault();
  };
}

customElements.define('lab-app', LabApp);
