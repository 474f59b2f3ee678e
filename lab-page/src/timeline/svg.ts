/** The picture as the text of an SVG: for export, and for pages of the documentation. */
import { type Language, textOf } from '../text/text.ts';
import { runName } from './labels.ts';
import type { TimelineLayout } from './layout.ts';
import { LEGEND_ROW, legendRows, paintLegend } from './legend.ts';
import { gutterOf, paintTimeline } from './paint.ts';
import { PALETTES, type Theme } from './style.ts';
import type { Surface, TextStyle } from './surface.ts';

export interface SvgOptions {
  readonly width: number;
  /** @default 'light' */
  readonly theme?: Theme;
  /** @default 'en' */
  readonly language?: Language;
  /** Nanoseconds since the start. @default the whole run */
  readonly range?: readonly [from: number, to: number];
  readonly position?: number | null;
  /** What the picture shows, for those who do not see it. */
  readonly title?: string;
}

const FONT =
  "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";

function escaped(text: string): string {
  return (
    text
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      // Characters that XML has no way to write.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
  );
}

/** Two digits are more than a screen shows; most pictures are many numbers. */
function n(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A colour of the palettes, with its own share of what is behind it. */
function paint(name: 'fill' | 'stroke', color: string): string {
  const opaque = color.slice(0, 7);
  const part = color.length === 9 ? Number.parseInt(color.slice(7), 16) / 255 : 1;
  return part === 1 ? `${name}="${opaque}"` : `${name}="${opaque}" ${name}-opacity="${n(part)}"`;
}

class SvgSurface implements Surface {
  readonly parts: string[] = [];
  readonly patterns = new Map<string, string>();
  /** Dots are many, and alike: each kind is drawn once and then used. */
  readonly #dots = new Map<string, string>();

  fill(x: number, y: number, width: number, height: number, color: string): void {
    this.#rect(x, y, width, height, paint('fill', color));
  }

  hatch(x: number, y: number, width: number, height: number, color: string): void {
    let id = this.patterns.get(color);
    if (id === undefined) {
      id = `hatch-${color.slice(1)}`;
      this.patterns.set(color, id);
    }
    this.#rect(x, y, width, height, `fill="url(#${id})"`);
  }

  frame(x: number, y: number, width: number, height: number, color: string): void {
    const inner = [x + 0.5, y + 0.5, Math.max(0.5, width - 1), Math.max(0.5, height - 1)] as const;
    this.#rect(...inner, `fill="none" ${paint('stroke', color)}`);
  }

  #rect(x: number, y: number, width: number, height: number, look: string): void {
    const [w, h] = [Math.max(0, width), Math.max(0, height)].map(n);
    this.parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${w}" height="${h}" ${look}/>`);
  }

  dot(x: number, y: number, radius: number, color: string, isHollow: boolean): void {
    const look = isHollow
      ? `fill="none" ${paint('stroke', color)} stroke-width="1.2"`
      : paint('fill', color);
    const circle = `r="${n(radius)}" ${look}`;
    const id = this.#dots.get(circle) ?? `dot-${this.#dots.size}`;
    this.#dots.set(circle, id);
    this.parts.push(`<use href="#${id}" x="${n(x)}" y="${n(y)}"/>`);
  }

  shape(points: readonly number[], color: string): void {
    this.parts.push(`<polygon points="${points.map(n).join(' ')}" ${paint('fill', color)}/>`);
  }

  line(x1: number, y1: number, x2: number, y2: number, color: string, width = 1): void {
    const ends = `x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"`;
    this.parts.push(`<line ${ends} ${paint('stroke', color)} stroke-width="${n(width)}"/>`);
  }

  text(words: string, x: number, y: number, { color, size, align, isBold }: TextStyle): void {
    if (words === '') return;
    const anchor = align === undefined ? '' : ` text-anchor="${align}"`;
    const weight = isBold === true ? ' font-weight="600"' : '';
    // The middle of small letters lies about a third of their size above the line they stand on.
    const place = `x="${n(x)}" y="${n(y + size * 0.35)}" font-size="${size}"`;
    const look = `${paint('fill', color)}${anchor}${weight}`;
    this.parts.push(`<text ${place} ${look}>${escaped(words)}</text>`);
  }

  get definitions(): string {
    const patterns = [...this.patterns].map(
      ([color, id]) =>
        `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
        `<rect width="6" height="6" ${paint('fill', `${color}40`)}/>` +
        `<rect width="3" height="6" ${paint('fill', color)}/></pattern>`,
    );
    const dots = [...this.#dots].map(([circle, id]) => `<circle id="${id}" ${circle}/>`);
    return `<defs>${[...patterns, ...dots].join('')}</defs>`;
  }
}

/** The picture of a layout as SVG; pure, so that it can be made anywhere. */
export function toSvg(layout: TimelineLayout, options: SvgOptions): string {
  const { width, theme = 'light', language = 'en', position = null } = options;
  const text = textOf(language);
  const surface = new SvgSurface();
  const palette = PALETTES[theme];
  const range = options.range ?? [0, layout.duration];
  const gutter = layout.isNarrow ? 0 : gutterOf(width).gutter;
  const view = { width, gutter, range, position, palette, text };
  const rows = legendRows(layout, text, width);
  const height = layout.height + rows.length * LEGEND_ROW + 10;
  surface.fill(0, 0, width, height, palette.background);
  paintTimeline(layout, view, surface);
  paintLegend(rows, { surface, palette, top: layout.height });
  const runs = layout.bands.map(({ label }) => runName(text, label)).join(', ');
  const title = escaped(options.title ?? text.t('timeline.picture', { runs }));
  const size = `width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" xml:lang="${language}"`;
  const open = `${head} font-family="${escaped(FONT)}"><title>${title}</title>`;
  return `${open}\n${surface.definitions}\n${surface.parts.join('\n')}\n</svg>\n`;
}
