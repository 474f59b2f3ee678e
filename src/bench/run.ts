/**
 * A whole benchmark: rounds in which every contender has its turn under the same load, so that
 * whatever else the machine does meets all of them, then the counting.
 *
 * Every measurement has a server of its own. One that lives through all rounds would be the same
 * lucky or unlucky one in each of them, and the rounds would agree about what another run denies.
 */
import { type Contender, type Share, shareOf } from './contender.ts';
import { type Counts, measureCounts, measureRound, type Round, type Setting } from './measure.ts';
import type { Row } from './report.ts';
import { type Collected, rowsOf } from './rows.ts';
import { type Cell, titleOf } from './workload.ts';

/** What is to be measured. */
export interface BenchPlan {
  readonly contenders: readonly Contender[];
  readonly cells: readonly Cell[];
  /** The name of the contender that the others are compared with. */
  readonly baseline: string;
  readonly rounds: number;
  /** Why system calls are not counted; null when they are. */
  readonly uncounted: string | null;
  /** Whether the rows of a cell also have a counting run. */
  isCounted(cell: Cell): boolean;
  /** The whole run should not take longer, in milliseconds: rounds after the least are left out for it. */
  readonly limitMs: number;
  readonly roundsLeast: number;
}

/** What is going on. */
export interface BenchProgress {
  /** From 1 to `rounds`; one more while counting. */
  readonly round: number;
  readonly rounds: number;
  readonly model: string;
  /** The workload, with its number of silent connections. */
  readonly title: string;
  /** Measurements made, and all of them. */
  readonly done: number;
  readonly steps: number;
  /** About how long it will take yet, in milliseconds. */
  readonly leftMs: number;
}

/** What it found out, whether it came to its end or not. */
export interface Findings {
  readonly rows: readonly Row[];
  readonly complete: boolean;
  /** How many rounds there were: fewer than planned when the time was up. */
  readonly rounds: number;
}

/** All that is known about one row while it is measured. */
interface Entry {
  readonly contender: Contender;
  readonly cell: Cell;
  /** Null: it can do nothing of the cell, `note` says why. */
  readonly share: Share | null;
  readonly note: string | null;
  readonly rounds: (Round | null)[];
  counts: Counts | null;
  /** Why there are no counts, while the rounds went well. */
  uncounted: string | null;
  failure: string | null;
}

interface Step {
  readonly round: number;
  readonly entry: Entry;
  /** About how long it takes. */
  readonly guessMs: number;
}

const START_MS = 500;
const CONNECT_MS = 0.15;
const COUNTING_MS = 2_000;

function entryOf(contender: Contender, cell: Cell): Entry {
  const share = shareOf(contender, cell);
  const isRefused = typeof share === 'string';
  return {
    contender,
    cell,
    share: isRefused ? null : share,
    note: isRefused ? share : share.note,
    rounds: [],
    counts: null,
    uncounted: null,
    failure: null,
  };
}

function guess(entry: Entry, isCounting: boolean, { timing }: Setting): number {
  const idle = (entry.share?.idle ?? 0) * CONNECT_MS;
  if (isCounting) return COUNTING_MS + idle;
  return START_MS + timing.warmUpMs + timing.durationMs + idle;
}

/** The rounds. Each second one goes backwards, so that no model always follows the same one. */
function roundsOf(plan: BenchPlan, entries: readonly Entry[], setting: Setting): Step[][] {
  return Array.from({ length: plan.rounds }, (_, index) => {
    const order = index % 2 === 1 ? entries.toReversed() : entries;
    const round = index + 1;
    return order.map((entry) => ({ round, entry, guessMs: guess(entry, false, setting) }));
  });
}

function countingOf(plan: BenchPlan, entries: readonly Entry[], setting: Setting): Step[] {
  const round = plan.rounds + 1;
  return entries
    .filter(({ cell }) => {
      // Without strace there is still the memory of silent connections to be found out.
      return plan.isCounted(cell) && (plan.uncounted === null || cell.idle > 0);
    })
    .map((entry) => ({ round, entry, guessMs: guess(entry, true, setting) }));
}

function timeOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { guessMs }) => sum + guessMs, 0);
}

/** What there is to do, how long it takes yet, and what of it is left out for lack of time. */
class Schedule {
  readonly #plan: BenchPlan;
  readonly #started = performance.now();
  readonly #rounds: Step[][];
  readonly #counting: Step[];
  /** The list under way. */
  #steps: Step[] = [];
  #guessedMs = 0;
  #done = 0;
  /** Rounds begun. */
  rounds = 0;

  constructor(plan: BenchPlan, entries: readonly Entry[], setting: Setting) {
    const able = entries.filter(({ share }) => share !== null);
    this.#plan = plan;
    this.#rounds = roundsOf(plan, able, setting);
    this.#counting = countingOf(plan, able, setting);
  }

  /** The next measurement, or undefined at the end. */
  next(): Step | undefined {
    if (this.#steps.length === 0) this.#steps = this.#nextRound() ?? this.#counting.splice(0);
    return this.#steps[0];
  }

  #nextRound(): Step[] | undefined {
    if (this.rounds >= this.#plan.roundsLeast && this.#isLate()) this.#rounds.length = 0;
    const round = this.#rounds.shift();
    if (round !== undefined) this.rounds++;
    return round;
  }

  /** Whether one more round and the counting take it past the limit. */
  #isLate(): boolean {
    const rest = timeOf([...(this.#rounds[0] ?? []), ...this.#counting]) * this.#factor;
    return performance.now() - this.#started + rest > this.#plan.limitMs;
  }

  /** What it took so far says how good the guesses are on this machine. */
  get #factor(): number {
    return this.#guessedMs === 0 ? 1 : (performance.now() - this.#started) / this.#guessedMs;
  }

  finish(step: Step): void {
    this.#done++;
    this.#guessedMs += step.guessMs;
    this.#steps.shift();
  }

  describe({ round, entry }: Step): BenchProgress {
    const left = [...this.#steps, ...this.#rounds.flat(), ...this.#counting];
    const untilLimit = this.#plan.limitMs - (performance.now() - this.#started);
    const leftMs = timeOf(left) * this.#factor;
    return {
      round,
      rounds: this.#plan.rounds,
      model: entry.contender.name,
      title: titleOf(entry.cell),
      done: this.#done,
      steps: this.#done + left.length,
      // Past the limit no round is begun, but one that was is brought to its end.
      leftMs: untilLimit > 0 ? Math.min(leftMs, untilLimit) : leftMs,
    };
  }
}

/** Makes one measurement and keeps it, or the sentence why there is none. */
async function take(step: Step, plan: BenchPlan, setting: Setting): Promise<void> {
  const { entry, round } = step;
  const { contender, cell, share } = entry;
  if (share === null) return;
  const isCounting = round > plan.rounds;
  try {
    if (!isCounting) {
      entry.rounds.push(await measureRound(contender, cell, { share, setting }));
    } else {
      const { uncounted } = plan;
      entry.counts = await measureCounts(contender, cell, { share, setting, uncounted });
      // What is true of every row is told once, and not by each of them.
      entry.uncounted = uncounted === null ? entry.counts.uncounted : null;
    }
  } catch (error) {
    setting.signal?.throwIfAborted();
    // Whatever it was: the other rows are worth having, and this one says it.
    const { message } = error as Error;
    if (isCounting) entry.uncounted = `not counted: ${message}`;
    else entry.failure = message;
  }
}

function collect(entry: Entry): Collected {
  const { contender, cell, share, note, rounds, counts, uncounted, failure } = entry;
  const { workload, idle } = cell;
  return {
    model: contender.name,
    workload: workload.name,
    idle,
    connections: share?.connections ?? workload.connections,
    bytes: workload.bytes,
    note,
    failure,
    rounds,
    counts,
    uncounted,
  };
}

/** Keeps a row's rounds at their places: ratios are taken within a round. */
function padRound(entry: Entry, round: number): void {
  while (entry.rounds.length < round) entry.rounds.push(null);
}

/**
 * Measures everything. A server that fails loses its row's further rounds and nobody else's. When
 * the signal comes, what has been measured is given back.
 */
export async function runBench(
  plan: BenchPlan,
  setting: Setting,
  onProgress: (progress: BenchProgress) => void = () => {},
): Promise<Findings> {
  const entries = plan.cells.flatMap((cell) =>
    plan.contenders.map((contender) => entryOf(contender, cell)),
  );
  const schedule = new Schedule(plan, entries, setting);
  let complete = true;
  try {
    for (let step = schedule.next(); step !== undefined; step = schedule.next()) {
      const { round, entry } = step;
      setting.signal?.throwIfAborted();
      onProgress(schedule.describe(step));
      if (entry.failure === null) await take(step, plan, setting);
      if (entry.failure !== null && round <= plan.rounds) padRound(entry, round);
      schedule.finish(step);
    }
  } catch (error) {
    if (setting.signal?.aborted !== true) throw error;
    complete = false;
  }
  return { rows: rowsOf(entries.map(collect), plan.baseline), complete, rounds: schedule.rounds };
}
