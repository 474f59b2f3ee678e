/** What the looks mean: only those that the picture shows, drawn by the same hand. */
import type { Text, TextKey } from '../text/text.ts';
import type { TimelineLayout } from './layout.ts';
import type { BarStyle, Palette } from './style.ts';
import { type Surface, textWidth } from './surface.ts';

/** What has a line in the legend, in its order. */
const ENTRIES: readonly (readonly [style: BarStyle, key: TextKey])[] = [
  ['wait', 'timeline.legend.wait'],
  ['wait-free', 'timeline.legend.wait-free'],
  ['wait-other', 'timeline.legend.wait-other'],
  ['ready', 'timeline.legend.ready'],
  ['copy', 'timeline.legend.copy'],
  ['code', 'timeline.legend.code'],
  ['would-block', 'timeline.legend.would-block'],
  ['sleep', 'timeline.legend.sleep'],
  ['receipt', 'timeline.legend.receipt'],
  ['call', 'timeline.legend.call'],
  ['buffer', 'timeline.legend.buffer'],
  ['client-send', 'timeline.legend.client'],
];

export interface LegendEntry {
  readonly style: BarStyle;
  readonly words: string;
  readonly x: number;
}

export const LEGEND_ROW = 18;
const SIZE = 10.5;
const SWATCH = 20;
const SWATCH_HEIGHT = 10;
/** Width and height of a swatch with room for its outline. */
export const SWATCH_SIZE = [SWATCH, SWATCH_HEIGHT + 2] as const;

/** The styles of a layout that have a meaning to be told, in the legend's order. */
export function legendOf(layout: TimelineLayout): readonly (typeof ENTRIES)[number][] {
  const shown = new Set<BarStyle>();
  for (const { groups } of layout.bands) {
    for (const { lanes } of groups) {
      for (const { tracks } of lanes) for (const { style } of tracks) shown.add(style);
    }
  }
  return ENTRIES.filter(([style]) => shown.has(style));
}

/** The legend in rows that are no wider than the picture. */
export function legendRows(
  layout: TimelineLayout,
  text: Text,
  width: number,
): readonly (readonly LegendEntry[])[] {
  const rows: LegendEntry[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const [style, key] of legendOf(layout)) {
    const words = text.t(key);
    const room = SWATCH + 6 + textWidth(words, SIZE) + 18;
    if (x + room > width) {
      rows.push([]);
      x = 8;
    }
    rows.at(-1)?.push({ style, words, x });
    x += room;
  }
  return rows;
}

/** One swatch, `y` its middle. */
export function paintSwatch(
  surface: Surface,
  palette: Palette,
  style: BarStyle,
  [x, y]: readonly [number, number],
): void {
  const top = y - SWATCH_HEIGHT / 2;
  const fill = (color: string, height = SWATCH_HEIGHT) =>
    surface.fill(x, y - height / 2, SWATCH, height, color);
  if (style === 'wait' || style === 'wait-other') {
    const color = style === 'wait' ? palette.wait : palette.sleep;
    surface.hatch(x, top, SWATCH, SWATCH_HEIGHT, color);
    surface.frame(x, top, SWATCH, SWATCH_HEIGHT, color);
  } else if (style === 'wait-free') surface.hatch(x, y - 2, SWATCH, 4, palette.wait);
  else if (style === 'ready') fill(`${palette.copy}80`, 3);
  else if (style === 'copy') fill(palette.copy);
  else if (style === 'code') fill(palette.code);
  else if (style === 'would-block') {
    for (const step of [4, 10, 16]) surface.dot(x + step, y, 2.2, palette.block, false);
  } else if (style === 'sleep') {
    surface.frame(x, top, SWATCH, SWATCH_HEIGHT, palette.sleep);
  } else if (style === 'receipt') {
    fill(`${palette.receipt}2e`);
    surface.line(x, top, x + SWATCH, top, palette.receipt);
    surface.line(x, top + SWATCH_HEIGHT, x + SWATCH, top + SWATCH_HEIGHT, palette.receipt);
    surface.fill(x + SWATCH - 3, top, 3, SWATCH_HEIGHT, palette.receipt);
  } else if (style === 'call') fill(palette.call);
  else if (style === 'buffer') fill(palette.buffer);
  else fill(palette.client);
}

/** The rows below the picture. */
export function paintLegend(
  rows: readonly (readonly LegendEntry[])[],
  place: { readonly surface: Surface; readonly palette: Palette; readonly top: number },
): void {
  const { surface, palette, top } = place;
  for (const [row, entries] of rows.entries()) {
    const y = top + row * LEGEND_ROW + LEGEND_ROW / 2;
    for (const { style, words, x } of entries) {
      paintSwatch(surface, palette, style, [x, y]);
      surface.text(words, x + SWATCH + 6, y, { color: palette.quiet, size: SIZE });
    }
  }
}
