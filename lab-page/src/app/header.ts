/** The top of the page: the sentence, and language, theme, tour and help. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatList, LANGUAGES, type Language } from '../text/text.ts';
import { Panel } from './panel.ts';
import { longestOf, niceSpeed, sentenceOf } from './sentence.ts';
import { THEMES, type Theme } from './state.ts';

/** Each language by its own name. */
const NAMES: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '中文' };

export class LabHeader extends Panel {
  protected override render(): TemplateResult {
    return html`
      <a class="skip" href="#timeline">${this.t('page.skip')}</a>
      <div class="watched">
        ${this.#badge()}
        <h1>${this.#sentence()}</h1>
      </div>
      <div class="tools">
        <button type="button" data-action="story" @click=${() => this.#open('story')}>
          ${this.t('page.story')}
        </button>
        <button type="button" data-action="help" @click=${() => this.#open('help')}>
          ${this.t('page.help')}
        </button>
        ${this.#languages()} ${this.#themes()}
      </div>
    `;
  }

  #sentence(): TemplateResult | string {
    const { session } = this;
    const { record } = session;
    if (record === null) {
      const isWaiting = session.isRunning || session.mode === 'connecting';
      return this.t(isWaiting ? 'sentence.waiting' : 'sentence.empty');
    }
    const { key, values } = sentenceOf({
      record,
      isLive: session.origin === 'live',
      slower: session.state.speed ?? niceSpeed(longestOf(record.runs)),
      question: this.t(`scene.${record.request.scene}.title`),
      list: (items) => formatList(this.text.language, items),
    });
    return this.rich(key, values, ['model', 'models']);
  }

  #badge(): TemplateResult | typeof nothing {
    const { record, origin } = this.session;
    if (record === null || origin === 'none') return nothing;
    const isForeign = origin === 'recorded' && record.source !== 'kernel';
    const how = isForeign ? (record.source as 'double' | 'wine') : origin;
    return html`<span class="badge" data-origin=${how}>${this.t(`page.origin.${how}`)}</span>`;
  }

  #languages(): TemplateResult {
    return html`<div class="switch" role="group" aria-label=${this.t('page.language')}>
      ${LANGUAGES.map(
        (language) => html`<button
          type="button"
          lang=${language}
          data-language=${language}
          aria-pressed=${String(language === this.text.language)}
          @click=${() => this.session.speak(language)}
        >
          ${NAMES[language]}
        </button>`,
      )}
    </div>`;
  }

  #themes(): TemplateResult {
    const { theme } = this.session.state;
    const set = (event: Event): void => {
      const { value } = event.target as HTMLSelectElement;
      this.session.update({ theme: THEMES.find((one) => one === value) ?? null });
    };
    const option = (value: Theme | 'system') => {
      const isChosen = value === (theme ?? 'system');
      return html`<option value=${value} ?selected=${isChosen}>${this.t(`page.theme.${value}`)}</option>`;
    };
    return html`<select id="control-theme" aria-label=${this.t('page.theme')} @change=${set}>
      ${(['system', ...THEMES] as const).map(option)}
    </select>`;
  }

  #open(dialog: 'story' | 'help'): void {
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: dialog, bubbles: true }));
  }
}

customElements.define('lab-header', LabHeader);
