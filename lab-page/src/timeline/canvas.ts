/**
 * The surface of a canvas. Dots of one colour are collected into a single path, since there can be
 * thousands of them; everything else is merged by the painter already.
 */
import type { Surface, TextStyle } from './surface.ts';

const FONT =
  "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";
const STRIPE = 6;

type Context = CanvasRenderingContext2D;

/** A tile of stripes that continue from one to the next. */
function tileOf(color: string, scale: number): HTMLCanvasElement {
  const tile = document.createElement('canvas');
  const size = Math.round(STRIPE * scale * Math.SQRT2);
  tile.width = size;
  tile.height = size;
  const context = tile.getContext('2d') as Context;
  context.fillStyle = `${color}40`;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = color;
  context.lineWidth = (STRIPE / 2) * scale;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - size, 2 * size);
    context.lineTo(shift + 2 * size, -size);
  }
  context.stroke();
  return tile;
}

export class CanvasSurface implements Surface {
  readonly #context: Context;
  readonly #scale: number;
  readonly #patterns = new Map<string, CanvasPattern>();
  #dots: Path2D | null = null;
  #dotColor = '';
  #dotsHollow = false;

  /** @param scale device pixels for each CSS pixel */
  constructor(context: Context, scale: number) {
    this.#context = context;
    this.#scale = scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.textBaseline = 'middle';
  }

  #patternOf(color: string): CanvasPattern {
    let pattern = this.#patterns.get(color);
    if (pattern === undefined) {
      const tile = tileOf(color, this.#scale);
      pattern = this.#context.createPattern(tile, 'repeat') as CanvasPattern;
      // The tile is made of device pixels already.
      pattern.setTransform(new DOMMatrix().scale(1 / this.#scale));
      this.#patterns.set(color, pattern);
    }
    return pattern;
  }

  fill(x: number, y: number, width: number, height: number, color: string): void {
    this.flush();
    this.#context.fillStyle = color;
    this.#context.fillRect(x, y, width, height);
  }

  hatch(x: number, y: number, width: number, height: number, color: string): void {
    this.flush();
    this.#context.fillStyle = this.#patternOf(color);
    this.#context.fillRect(x, y, width, height);
  }

  frame(x: number, y: number, width: number, height: number, color: string): void {
    this.flush();
    const context = this.#context;
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, Math.max(0.5, width - 1), Math.max(0.5, height - 1));
  }

  dot(x: number, y: number, radius: number, color: string, isHollow: boolean): void {
    if (color !== this.#dotColor || isHollow !== this.#dotsHollow) this.flush();
    this.#dots ??= new Path2D();
    this.#dotColor = color;
    this.#dotsHollow = isHollow;
    this.#dots.moveTo(x + radius, y);
    this.#dots.arc(x, y, radius, 0, 2 * Math.PI);
  }

  shape(points: readonly number[], color: string): void {
    this.flush();
    const context = this.#context;
    context.beginPath();
    for (let at = 0; at + 1 < points.length; at += 2) {
      context.lineTo(points[at] as number, points[at + 1] as number);
    }
    context.fillStyle = color;
    context.fill();
  }

  line(x1: number, y1: number, x2: number, y2: number, color: string, width = 1): void {
    this.flush();
    const context = this.#context;
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.strokeStyle = color;
    context.lineWidth = width;
    context.stroke();
  }

  text(words: string, x: number, y: number, { color, size, align, isBold }: TextStyle): void {
    if (words === '') return;
    this.flush();
    const context = this.#context;
    context.font = `${isBold === true ? '600 ' : ''}${size}px ${FONT}`;
    context.textAlign = align === 'middle' ? 'center' : (align ?? 'start');
    context.fillStyle = color;
    context.fillText(words, x, y);
  }

  /** Draws the dots that were collected. To be called when the picture is complete. */
  flush(): void {
    const dots = this.#dots;
    if (dots === null) return;
    this.#dots = null;
    if (this.#dotsHollow) {
      this.#context.strokeStyle = this.#dotColor;
      this.#context.lineWidth = 1.2;
      this.#context.stroke(dots);
    } else {
      this.#context.fillStyle = this.#dotColor;
      this.#context.fill(dots);
    }
  }
}
