/** What every element of the page has: the session, its words, and a new picture when it changes. */
import { html, LitElement, type TemplateResult } from 'lit';
import type { Text, TextKey, Values } from '../text/text.ts';
import type { Session } from './session.ts';

export abstract class Panel extends LitElement {
  static override properties = { session: { attribute: false } };

  declare session: Session;

  readonly #refresh = (): void => this.requestUpdate();

  /** In the page itself, so that one style sheet and one outline serve all of it. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const name of this.follows) this.session.addEventListener(name, this.#refresh);
  }

  override disconnectedCallback(): void {
    for (const name of this.follows) this.session.removeEventListener(name, this.#refresh);
    super.disconnectedCallback();
  }

  /** The events of the session that change what is shown here. */
  protected get follows(): readonly string[] {
    return ['change'];
  }

  protected get text(): Text {
    return this.session.text;
  }

  protected t(key: TextKey, values?: Values): string {
    return this.session.text.t(key, values);
  }

  /** A sentence in which some places stand out as code. */
  protected rich(key: TextKey, values: Values, code: readonly string[]): TemplateResult {
    const pieces = this.text.pieces(key, values);
    return html`${pieces.map(({ text, place }) =>
      place !== null && code.includes(place) ? html`<code>${text}</code>` : text,
    )}`;
  }
}
