/** The tour: predict, run, and see the measured figure, six times. */
import { html, nothing, type TemplateResult } from 'lit';
import type { TextKey } from '../text/text.ts';
import { CARDS, type Card, GUESSES, type Guess } from './cards.ts';
import { Panel } from './panel.ts';
import { USUAL } from './state.ts';

const SEEN = 'polyio-lab-tour-seen';

/** Whether the tour was closed before. Without storage every visit is the first. */
export function wasTourSeen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem(SEEN, '1');
  } catch {
    // Storage may be forbidden; the tour is offered again, and that is all.
  }
}

export class LabStory extends Panel {
  static override properties = {
    ...Panel.properties,
    isOpen: { state: true },
    at: { state: true },
    guess: { state: true },
    hasRun: { state: true },
  };

  declare isOpen: boolean;
  /** Which card, from 0. */
  declare at: number;
  declare guess: Guess | null;
  declare hasRun: boolean;

  constructor() {
    super();
    this.isOpen = false;
    this.#turn(0);
  }

  protected override willUpdate(): void {
    this.toggleAttribute('open', this.isOpen);
  }

  #turn(at: number): void {
    this.at = at;
    this.guess = null;
    this.hasRun = false;
  }

  open(): void {
    this.isOpen = true;
    this.#turn(0);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('h2')?.focus());
  }

  close(): void {
    this.isOpen = false;
    remember();
    document.querySelector<HTMLElement>('[data-action="story"]')?.focus();
  }

  get #card(): Card {
    return CARDS[this.at] as Card;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.isOpen) return nothing;
    const { number } = this.#card;
    return html`<section class="card story" aria-labelledby="story-title" data-card=${number}>
      <header class="bar">
        <p class="quiet">
          ${this.t('story.title')} · ${this.t('story.card', { n: number, of: CARDS.length })}
        </p>
        <button type="button" data-action="close" @click=${() => this.close()}>
          ${this.t('page.close')}
        </button>
      </header>
      <div class="ask">
        <h2 id="story-title" tabindex="-1">${this.t(`story.${number}.title`)}</h2>
        <p>${this.t(`story.${number}.text`)}</p>
      </div>
      <div class="guesses" role="group" aria-labelledby="story-title">
        ${GUESSES.map((guess) => this.#guess(guess))}
      </div>
      <footer>${this.#answer()}${this.#steps()}</footer>
    </section>`;
  }

  #steps(): TemplateResult {
    return html`<div class="steps">
      <button
        type="button"
        data-action="back"
        ?disabled=${this.at === 0}
        @click=${() => this.#turn(this.at - 1)}
      >
        ${this.t('story.back')}
      </button>
      ${this.#forward()}
    </div>`;
  }

  #guess(guess: Guess): TemplateResult {
    const isRight = this.#isRevealed && this.#right === guess;
    return html`<button
      type="button"
      class=${isRight ? 'right' : ''}
      data-guess=${guess}
      aria-pressed=${String(this.guess === guess)}
      ?disabled=${this.#isRevealed}
      @click=${() => {
        this.guess = guess;
      }}
    >
      ${this.t(`story.${this.#card.number}.${guess}` as TextKey)}
    </button>`;
  }

  get #isRevealed(): boolean {
    return this.hasRun && !this.session.isRunning && this.#values !== null;
  }

  get #values() {
    return this.#card.answer(this.session.runs);
  }

  get #right(): Guess | null {
    const values = this.#values;
    return values === null ? null : this.#card.right(values);
  }

  #answer(): TemplateResult {
    const values = this.#isRevealed ? this.#values : null;
    if (values === null) return html`<div aria-live="polite"></div>`;
    const answer = this.t(`story.${this.#card.number}.answer`, values);
    const isRight = this.guess === this.#right;
    return html`<div aria-live="polite" class="answer">
      <p><b>${this.t('story.measured', { answer })}</b></p>
      <p class="quiet">
        <span>${this.t(isRight ? 'story.guess.right' : 'story.guess.wrong')}</span>
        ${this.session.origin === 'live' ? nothing : html`<span>${this.t('story.recorded')}</span>`}
      </p>
    </div>`;
  }

  #forward(): TemplateResult {
    if (!this.#isRevealed) {
      const canRun = this.guess !== null && !this.session.isRunning;
      return html`<button type="button" class="main" data-action="reveal" ?disabled=${!canRun} @click=${this.#run}>
        ${this.t('story.run')}
      </button>`;
    }
    const isLast = this.at === CARDS.length - 1;
    return html`<button
      type="button"
      class="main"
      data-action=${isLast ? 'done' : 'next'}
      @click=${() => (isLast ? this.close() : this.#turn(this.at + 1))}
    >
      ${this.t(isLast ? 'story.done' : 'story.next')}
    </button>`;
  }

  readonly #run = (): void => {
    const { lang, theme, view } = this.session.state;
    this.session.update({ ...USUAL, lang, theme, view, models: this.#card.models });
    void this.session.open().then(() => {
      this.hasRun = true;
    });
  };
}

customElements.define('lab-story', LabStory);
