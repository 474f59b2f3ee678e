/**
 * Recording a program of our own: its parts run in threads, begin together, and write to one ring.
 *
 * Whatever a part is doing, it can be ended: one that sleeps in a call of polyio's is interrupted, one
 * that waits for another part looks at a shared word, and one that does neither is terminated.
 */
import { Worker } from 'node:worker_threads';
import { PolyioError, SystemError } from '../../errors.ts';
import { argumentsOfWorkers } from '../../platform/worker-arguments.ts';
import { ERRNO } from '../../sys/abi.ts';
import { interrupt } from '../../sys/interrupt.ts';
import { requireLinux } from '../../sys/linux/presence.ts';
import { movedNs, type Trace, type TraceWriter } from '../../trace.ts';
import { thisMachine } from './machine.ts';
import { readClocks, SharedRing } from './memory.ts';
import { describeClock } from './run-clock.ts';
import { isStopped, stopParts, type Values, WORDS } from './stage.ts';
import { summarize } from './summary.ts';

const ENTRY = new URL('./part-thread.js', import.meta.url);
const CAPACITY = 16_384;
const LIMIT_MS = 60_000;
const END_LIMIT_MS = 5_000;

/** What a part's thread is started with. */
export interface PartStart {
  readonly module: string;
  readonly part: string;
  readonly memory: string;
  readonly words: Int32Array;
  readonly values: Values;
}

/** What it is told once it is ready. */
export type Order = 'play' | 'leave';

/** What it says. */
export type PartReport =
  | { readonly kind: 'ready'; readonly pid: number; readonly tid: number; readonly writer: number }
  | {
      readonly kind: 'done';
      readonly result: unknown;
      readonly start: number;
      readonly end: number;
      readonly cpuNs: number;
      readonly voluntarySwitches: number;
      readonly involuntarySwitches: number;
    }
  | { readonly kind: 'failed'; readonly error: unknown };

type Ready = Extract<PartReport, { kind: 'ready' }>;
type Done = Extract<PartReport, { kind: 'done' }>;

/** What to record. */
export interface ProgramOptions {
  /** What the run is called. */
  readonly label: string;
  /** The scene that it belongs to. */
  readonly scene: string;
  /** The module whose `PARTS` hold the parts by name. */
  readonly module: URL;
  /** The parts to play, and what each of them is given. */
  readonly parts: Readonly<Record<string, Values>>;
  /** How many events there is room for. @default 16384 */
  readonly capacity?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once all parts have begun; what it rejects with ends the program. */
  readonly begun?: (cast: Cast) => Promise<void>;
}

/** The parts while they play. */
export interface Cast {
  readonly words: Int32Array;
  /** Whether they are to stop. */
  readonly isOver: boolean;
  /** Ends the wait that a part is in: its call throws ERR_POLYIO_INTERRUPTED. */
  interrupt(part: string): Promise<boolean>;
}

/** What a program has left. */
export interface ProgramRun {
  readonly trace: Trace;
  /** What the parts have answered, by name. */
  readonly results: Readonly<Record<string, unknown>>;
}

/** One part's thread as its starter has it. */
class Player {
  readonly name: string;
  readonly thread: Worker;
  readonly ready: Promise<Ready>;
  readonly done: Promise<Done>;
  readonly over: Promise<void>;
  #hasOrder = false;

  constructor(name: string, start: PartStart) {
    this.name = name;
    this.thread = new Worker(ENTRY, {
      workerData: start,
      name: `polyio lab ${name}`,
      ...argumentsOfWorkers(),
    });
    const { thread } = this;
    this.over = new Promise((resolve) => thread.once('exit', () => resolve()));
    const died = new Promise<never>((_, reject) => {
      thread.on('error', reject);
      thread.once('exit', () => reject(new Error(`the part ${name} ended before its time`)));
      thread.on('message', (report: PartReport) => {
        if (report.kind === 'failed') reject(report.error);
      });
    });
    const first = <Kind extends PartReport['kind']>(kind: Kind) =>
      new Promise<Extract<PartReport, { kind: Kind }>>((resolve) => {
        thread.on('message', (report: PartReport) => {
          if (report.kind === kind) resolve(report as Extract<PartReport, { kind: Kind }>);
        });
      });
    this.ready = Promise.race([first('ready'), died]);
    this.done = Promise.race([first('done'), died]);
    this.ready.catch(() => {});
    this.done.catch(() => {});
  }

  order(what: Order): void {
    this.#hasOrder = true;
    this.thread.postMessage(what);
  }

  /** Ends it, whatever it is doing. */
  async end(): Promise<void> {
    // One that is still loading must not be terminated: see sys/ffi.ts.
    if (!this.#hasOrder) this.order('leave');
    const patience = setTimeout(() => void this.thread.terminate(), END_LIMIT_MS);
    try {
      await interrupt(this.thread);
    } catch {
      // It waits in no call, or is through already.
    }
    await this.over;
    clearTimeout(patience);
  }
}

/** Rejects when the signal aborts, or the time is up. */
function untilStopped(signal: AbortSignal | undefined, end: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const limit = setTimeout(() => {
      const hint = `the program of this scene did not end within ${LIMIT_MS / 1_000} s`;
      reject(new SystemError(ERRNO.ETIMEDOUT, 'record', { hint }));
    }, LIMIT_MS);
    const stop = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', stop, { once: true });
    end.addEventListener('abort', () => {
      clearTimeout(limit);
      signal?.removeEventListener('abort', stop);
    });
  });
}

/** What an error was in the thread that threw it: a message carries no class. */
function revived(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (error instanceof Error && typeof code === 'string' && /^ERR_POLYIO_/.test(code)) {
    return new PolyioError(code as 'ERR_POLYIO_INTERRUPTED', String(message), { cause: error });
  }
  return error;
}

function castOf(players: readonly Player[], words: Int32Array): Cast {
  const player = (part: string) => players.find(({ name }) => name === part) as Player;
  return {
    words,
    get isOver() {
      return isStopped(words);
    },
    interrupt: (part) => interrupt(player(part).thread),
  };
}

function assemble(
  options: ProgramOptions,
  shared: SharedRing,
  writers: readonly TraceWriter[],
  window: readonly [number, number],
): Trace {
  const { label, scene } = options;
  const { ring, origin } = shared;
  const events = ring.events();
  const moved = movedNs(origin, readClocks());
  const workers = writers.length;
  const nobody = { clients: 0, messages: 0, bytes: 0, delayMs: 0, seed: 0 };
  return {
    run: { model: label, scenario: scene, ...nobody, workers },
    machine: thisMachine(),
    clock: describeClock(origin, moved),
    window,
    dropped: ring.dropped,
    notes: ring.dropped > 0 ? [`${ring.dropped} events found no room and are missing`] : [],
    writers,
    connections: [],
    events,
    phases: [],
    summary: summarize({
      events,
      phases: [],
      writers,
      window,
      roundTripsNs: [],
      wouldBlock: ERRNO.EAGAIN,
    }),
  };
}

/**
 * Plays the parts of a program together and gives back what happened and what they answered.
 *
 * Rejects with what a part throws, with the signal's reason, with SystemError ETIMEDOUT after a
 * minute; in each case when every part has ended.
 */
export async function recordProgram(options: ProgramOptions): Promise<ProgramRun> {
  requireLinux('recording a program', 'record it on Linux');
  const { module, parts, capacity = CAPACITY, signal, begun } = options;
  signal?.throwIfAborted();
  using shared = new SharedRing(capacity, readClocks());
  const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
  const memory = shared.path;
  const players = Object.entries(parts).map(
    ([part, values]) => new Player(part, { module: module.href, part, memory, words, values }),
  );
  const end = new AbortController();
  const stopped = untilStopped(signal, end.signal);
  stopped.catch(() => {});
  try {
    const ready = await Promise.race([stopped, Promise.all(players.map((player) => player.ready))]);
    for (const player of players) player.order('play');
    const aside = begun?.(castOf(players, words));
    const all = Promise.all(players.map((player) => player.done));
    const [done] = await Promise.race([stopped, Promise.all([all, aside])]);
    const writers: TraceWriter[] = [];
    for (const [index, { pid, tid, writer }] of ready.entries()) {
      const { cpuNs, voluntarySwitches, involuntarySwitches } = done[index] as Done;
      const used = { cpuNs, voluntarySwitches, involuntarySwitches };
      const { name } = players[index] as Player;
      writers[writer] = { role: 'server', name, pid, tid, ...used };
    }
    const window = [
      Math.min(...done.map(({ start }) => start)),
      Math.max(...done.map((part) => part.end)),
    ] as const;
    const results = players.map(({ name }, index) => [name, (done[index] as Done).result]);
    return {
      trace: assemble(options, shared, writers, window),
      results: Object.fromEntries(results) as Record<string, unknown>,
    };
  } catch (error) {
    throw revived(error);
  } finally {
    end.abort();
    stopParts(words);
    await Promise.all(players.map((player) => player.end()));
  }
}
