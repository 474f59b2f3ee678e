/** What `bench` says while it measures, on standard error: results alone go to standard output. */
import type { BenchProgress } from '../bench.ts';
import { count, duration } from './figures.ts';
import { stderr } from './output.ts';
import { StatusLine } from './status-line.ts';

const REDRAW_MS = 1_000;
/** Where the line cannot be drawn over, one is printed so often. */
const LINE_EVERY_MS = 10_000;

/** `round 2 of 5 · small · epoll · 12 of 99 · about 1 min 5 s left`. */
export function describeProgress(progress: BenchProgress): string {
  const { round, rounds, model, title, done, steps, leftMs } = progress;
  return [
    round > rounds ? 'counting system calls' : `round ${round} of ${rounds}`,
    title,
    model,
    `${done} of ${count(steps, 'measurement')}`,
    `about ${duration(Math.ceil(leftMs / 1_000) * 1_000)} left`,
  ].join(' · ');
}

export class ProgressLine implements Disposable {
  readonly #status = new StatusLine(stderr);
  readonly #timer: NodeJS.Timeout | undefined;
  #latest: BenchProgress | undefined;
  #atMs = 0;
  #printedMs = Number.NEGATIVE_INFINITY;

  constructor() {
    if (stderr.isScreen) this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  show(progress: BenchProgress): void {
    this.#latest = progress;
    this.#atMs = performance.now();
    if (stderr.isScreen) this.#draw();
    else if (this.#atMs - this.#printedMs >= LINE_EVERY_MS) {
      this.#printedMs = this.#atMs;
      stderr.line(describeProgress(progress));
    }
  }

  /** A measurement of some seconds should not look as if nothing happened. */
  #draw(): void {
    if (this.#latest === undefined) return;
    const leftMs = Math.max(0, this.#latest.leftMs - (performance.now() - this.#atMs));
    this.#status.draw(describeProgress({ ...this.#latest, leftMs }));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#status.clear();
  }
}
