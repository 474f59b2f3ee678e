/** What is real HTML in and below the picture: the buttons that fold groups, and the legend. */
import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Text } from '../text/text.ts';
import { CanvasSurface } from './canvas.ts';
import type { Group, TimelineLayout } from './layout.ts';
import { legendOf, paintSwatch, SWATCH_SIZE } from './legend.ts';
import type { BarStyle, Palette } from './style.ts';

const LABEL_HEIGHT = 14;

interface Folding {
  readonly text: Text;
  fold(id: string, isFolded: boolean): void;
}

function foldButton(group: Group, gutter: number, { text, fold }: Folding): TemplateResult {
  const key = group.isFolded ? 'timeline.group.expand' : 'timeline.group.collapse';
  const name = text.t(key, { group: group.label });
  // In a narrow picture a folded group has no label: its lane is the button.
  const width = gutter > 0 ? `${gutter - 4}px` : group.isFolded ? '100%' : '50%';
  const height = group.isFolded ? group.height : LABEL_HEIGHT + (gutter > 0 ? 4 : 0);
  return html`<button
    class="fold"
    aria-expanded=${!group.isFolded}
    aria-label=${name}
    title=${name}
    .style=${`top:${group.y}px;left:0;width:${width};height:${height}px`}
    @click=${() => fold(group.id, !group.isFolded)}
  ></button>`;
}

/** A button upon the label of every group that has more to show. */
export function foldButtons(
  layout: TimelineLayout,
  gutter: number,
  folding: Folding,
): TemplateResult {
  const groups = layout.bands.flatMap(({ groups }) => groups);
  const foldable = groups.filter(({ isFolded, lanes }) => isFolded || lanes.length > 1);
  return html`${foldable.map((group) => foldButton(group, gutter, folding))}`;
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
