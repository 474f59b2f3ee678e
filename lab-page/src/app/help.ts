/** The help: how to read the page, its colours, its keys. */
import { html, type TemplateResult } from 'lit';
import { Panel } from './panel.ts';

const KEYS = {
  space: 'Space',
  arrows: '← →',
  brackets: '[ ]',
  zoom: '+ −',
  models: '1 … 9',
  run: 'R',
  help: '?',
} as const;

const COLOURS = ['wait', 'copy', 'user', 'wouldBlock', 'sleeping'] as const;

export class LabHelp extends Panel {
  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="help-title">
      <header class="bar">
        <h2 id="help-title">${this.t('help.title')}</h2>
        <button type="button" data-action="close" @click=${() => this.close()}>
          ${this.t('page.close')}
        </button>
      </header>
      ${(['help.1', 'help.2', 'help.3'] as const).map((key) => html`<p class="advice">${this.t(key)}</p>`)}
      <h3>${this.t('help.legend')}</h3>
      <ul class="colours">
        ${COLOURS.map((name) => html`<li class=${name}><i></i>${this.t(`legend.${name}`)}</li>`)}
      </ul>
      <h3>${this.t('help.keys')}</h3>
      <dl>
        ${(Object.keys(KEYS) as (keyof typeof KEYS)[]).map(
          (name) => html`<div>
            <dt><kbd>${KEYS[name]}</kbd></dt>
            <dd>${this.t(`help.key.${name}`)}</dd>
          </div>`,
        )}
      </dl>
    </dialog>`;
  }

  open(): void {
    this.querySelector('dialog')?.showModal();
  }

  close(): void {
    this.querySelector('dialog')?.close();
  }
}

customElements.define('lab-help', LabHelp);
