/** What is real HTML in and below the picture: the buttons that fold lanes, and the legend. */
import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Text } from '../text/text.ts';
import { CanvasSurface } from './canvas.ts';
import type { Band, TimelineLayout } from './layout.ts';
import { legendOf, paintSwatch, SWATCH_SIZE } from './legend.ts';
import type { BarStyle, Palette } from './style.ts';

/** Room for the button in the head of a run. */
export const FOLD_WIDTH = 96;
/** A finger finds nothing smaller. */
const FOLD_HEIGHT = 24;

interface Folding {
  readonly text: Text;
  labelOf(band: Band): string;
  fold(band: Band, isFolded: boolean): void;
}

/** Whether a run has lanes that are not shown. */
function isFolded({ groups }: Band): boolean {
  return groups.some((group) => group.isFolded);
}

function foldButton(band: Band, { text, labelOf, fold }: Folding): TemplateResult {
  const isClosed = isFolded(band);
  const key = isClosed ? 'expand' : 'collapse';
  const top = band.y + 1 + (band.headHeight - FOLD_HEIGHT) / 2;
  return html`<button
    class="fold"
    aria-expanded=${!isClosed}
    aria-label=${text.t(`timeline.group.${key}.of`, { run: labelOf(band) })}
    .style=${`top:${top}px;width:${FOLD_WIDTH - 8}px;height:${FOLD_HEIGHT}px`}
    @click=${() => fold(band, !isClosed)}
  >
    ${text.t(`timeline.group.${key}`)}
  </button>`;
}

/** A button in the head of every run that shows all lanes of its clients, or one for each. */
export function foldButtons(layout: TimelineLayout, folding: Folding): TemplateResult {
  const foldable = layout.bands.filter(({ groups }) => groups.length > 1);
  return html`${foldable.map((band) => foldButton(band, folding))}`;
}

function swatch(style: BarStyle, palette: Palette): TemplateResult {
  const [width, height] = SWATCH_SIZE;
  const draw = (element?: Element): void => {
    if (!(element instanceof HTMLCanvasElement)) return;
    const scale = window.devicePixelRatio;
    element.width = Math.round(width * scale);
    element.height = Math.round(height * scale);
    const context = element.getContext('2d');
    if (context === null) return;
    const surface = new CanvasSurface(context, scale);
    paintSwatch(surface, palette, style, [0, height / 2]);
    surface.flush();
  };
  return html`<canvas
    aria-hidden="true"
    .style=${`width:${width}px;height:${height}px`}
    ${ref(draw)}
  ></canvas>`;
}

/** What the looks in the picture mean. */
export function legendView(
  layout: TimelineLayout,
  { text, palette }: { readonly text: Text; readonly palette: Palette },
): TemplateResult {
  return html`<ul
    class="legend"
    aria-label=${text.t('timeline.legend.title')}
    title=${text.t('timeline.legend.note')}
  >
    ${legendOf(layout).map(
      ([style, key]) => html`<li>${swatch(style, palette)} ${text.t(key)}</li>`,
    )}
  </ul>`;
}
