/** The one line that `serve` draws over itself on a terminal. */
import type { Statistics } from '../servers.ts';
import { compact, megabytes } from './figures.ts';
import { color, type Output } from './output.ts';

const CLEAR_LINE = '\r\x1b[K';

/** What a server does now: totals of `now`, rates over the time since `before`. */
export function describeStatus(now: Statistics, before: Statistics, elapsedMs: number): string {
  const perSecond = (get: (figures: Statistics) => number): number =>
    ((get(now) - get(before)) * 1_000) / Math.max(1, elapsedMs);
  const dropped = Object.values(now.dropped).reduce((sum, drops) => sum + drops, 0);
  const moved = perSecond(({ bytesIn, bytesOut }) => bytesIn + bytesOut);
  return [
    `${compact(now.active)} open`,
    `${compact(now.accepted)} accepted`,
    `${compact(perSecond(({ messages }) => messages))} messages/s`,
    `${megabytes(moved)}/s`,
    `${compact(now.wouldBlock)} would-blocks`,
    `${compact(dropped)} dropped`,
  ].join(' · ');
}

/** Draws one line again and again, no wider than the screen: a line that wraps could not be drawn over. */
export class StatusLine {
  readonly #output: Output;
  #isDrawn = false;

  constructor(output: Output) {
    this.#output = output;
  }

  draw(text: string): void {
    if (this.#output.isFull) return;
    this.#output.write(`${CLEAR_LINE}${color.dim(text.slice(0, this.#output.columns - 1))}`);
    this.#isDrawn = true;
  }

  /** Makes room for ordinary lines. */
  clear(): void {
    if (this.#isDrawn) this.#output.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}
