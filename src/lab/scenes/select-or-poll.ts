/**
 * select or poll? One wait, with one descriptor that is ready and more and more that are not. select
 * and poll look at every one of them each time, epoll at none; select takes no descriptor from 1024 on.
 */
import { EventFd } from '../../io.ts';
import {
  EpollSelector,
  PollSelector,
  READABLE,
  type Selector,
  SelectSelector,
} from '../../readiness.ts';
import { descriptorLimit } from '../../sys/limits.ts';
import { DESCRIPTORS_BELOW } from '../../sys/select.ts';
import type { LabRun } from '../document.ts';
import { recordProgram } from '../record/program.ts';
import type { Part, Stage } from '../record/stage.ts';
import { fact, lines, median } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const COUNTS = [10, 30, 100, 300, 1_000, 3_000, 10_000];
/** Descriptors that the rest of the process may want meanwhile. */
const RESERVE = 64;
/** So many waits before the first that counts: by then all code is compiled. */
const WARM_UP = 5_000;
const WAITS_MIN = 20;
const WAITS_MAX = 400;
/** How long one point may be measured. */
const POINT_MS = 60;

const SELECTORS: Readonly<Record<string, () => Selector<number>>> = {
  select: () => new SelectSelector<number>(),
  poll: () => new PollSelector<number>(),
  epoll: () => new EpollSelector<number>(),
};

/** What one call costs with so many descriptors. */
type Point = readonly [idle: number, nanoseconds: number];

interface Measured {
  readonly points: readonly Point[];
  /** The first descriptor that was refused and what was said, or null. */
  readonly refused: { readonly fd: number; readonly reason: string } | null;
}

/** The median of many waits for what is there already. */
function measure(stage: Stage, selector: Selector<number>): number {
  const times: number[] = [];
  const end = performance.now() + POINT_MS;
  while (times.length < WAITS_MAX) {
    const start = performance.now();
    if (times.length >= WAITS_MIN && start > end) break;
    selector.wait(0);
    times.push((performance.now() - start) * 1e6);
  }
  stage.look();
  return Math.round(median(times));
}

class Idlers implements Disposable {
  readonly #idle: EventFd[] = [];
  readonly #selector: Selector<number>;
  refused: Measured['refused'] = null;

  constructor(selector: Selector<number>) {
    this.#selector = selector;
  }

  get size(): number {
    return this.#idle.length;
  }

  /** Adds idle descriptors until there are `count`, or one is refused. */
  grow(stage: Stage, count: number): void {
    while (this.size < count && this.refused === null) {
      const descriptor = EventFd.open();
      try {
        this.#selector.register(descriptor, READABLE, 0);
        this.#idle.push(descriptor);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.refused = { fd: descriptor.fd, reason: error.message };
        descriptor.close();
      }
      if (this.size % 100 === 0) stage.look();
    }
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#idle) descriptor.close();
  }
}

function watch(stage: Stage): Measured {
  const { call, counts } = stage.values as { call: string; counts: readonly number[] };
  using selector = (SELECTORS[call] as () => Selector<number>)();
  using ready = EventFd.open({ initial: 1 });
  selector.register(ready, READABLE, 1);
  using idlers = new Idlers(selector);
  for (let count = 0; count < WARM_UP; count++) selector.wait(0);
  const points: Point[] = [];
  for (const count of counts) {
    const before = idlers.size;
    idlers.grow(stage, count);
    if (idlers.size === before) break;
    points.push([idlers.size, measure(stage, selector)]);
    stage.record(() => selector.wait(0));
    if (idlers.refused !== null) break;
  }
  return { points, refused: idlers.refused };
}

export const PARTS: Readonly<Record<string, Part>> = { watcher: watch };

/** The counts for which there are descriptors, and how many the whole would need. */
function affordable(): { counts: readonly number[]; limit: number; needed: number } {
  const limit = descriptorLimit();
  const needed = Math.max(...COUNTS) + RESERVE;
  return { counts: COUNTS.filter((count) => count + RESERVE <= limit), limit, needed };
}

/** What the last point costs, as a fact has it. */
function lastOf({ points }: Measured): { idle: number; cost: number; first: number } {
  const [idle, cost] = points.at(-1) ?? [0, 0];
  return { idle, cost, first: points[0]?.[1] ?? 0 };
}

/** Runs the scene. */
export async function selectOrPoll({ signal, progress }: SceneContext): Promise<Findings> {
  const { counts, limit, needed } = affordable();
  const calls = Object.keys(SELECTORS);
  const runs: LabRun[] = [];
  const measured: Measured[] = [];
  for (const [index, call] of calls.entries()) {
    progress(index + 1, calls.length, call);
    const { trace, results } = await recordProgram({
      label: call,
      scene: 'select-or-poll',
      module: new URL(import.meta.url),
      parts: { watcher: { call, counts } },
      signal,
    });
    runs.push({ label: call, trace });
    measured.push(results['watcher'] as Measured);
  }
  const series = calls.map((label, index) => ({
    label,
    points: (measured[index] as Measured).points,
  }));
  const [select, poll, epoll] = measured as [Measured, Measured, Measured];
  const [atPoll, atEpoll, atSelect] = [lastOf(poll), lastOf(epoll), lastOf(select)];
  const { refused } = select;
  return {
    runs,
    charts: [lines('wait-cost', { x: '', y: 'ns' }, series, { x: 'log', y: 'log' })],
    facts: [
      fact('select-or-poll.answer', {
        idle: atPoll.idle,
        poll: atPoll.cost,
        epoll: atEpoll.cost,
        few: poll.points[0]?.[0] ?? 0,
        first: atPoll.first,
        times: atPoll.cost / Math.max(1, atEpoll.cost),
      }),
      fact('select-or-poll.select', { idle: atSelect.idle, select: atSelect.cost }),
      ...(refused === null
        ? []
        : [fact('select-or-poll.refused', { fd: refused.fd, limit: DESCRIPTORS_BELOW })]),
      ...(counts.length === COUNTS.length ? [] : [fact('select-or-poll.limit', { limit, needed })]),
    ],
  };
}
