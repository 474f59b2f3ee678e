/** One measurement: a fresh server, one load, and what the server spent on it. */
import type { Contender, Share } from './contender.ts';
import type { LoadOptions, LoadPlan } from './load/plan.ts';
import type { LoadProgress, LoadReport } from './load/report.ts';

import type { RunLoadOptions } from './load/run-load.ts';
import { onCore, type Pinning } from './pinning.ts';
import {
  readUse,
  residentBytes,
  servingThreads,
  type TreeUse,
  treeOf,
  usedBetween,
} from './process-tree.ts';
import { MeasureFailure, ServerProcess } from './server-process.ts';
import { CallCounter, type CallCounts } from './system-calls.ts';
import type { Cell } from './workload.ts';

/** The figures of one round. Null is what could not be measured. */
export interface Round {
  /** Messages that came back, per second. */
  readonly rate: number;
  /** 10^6 bytes per second, counted one way. */
  readonly megabytesPerSecond: number;
  /** Microseconds from sending a message until all of it was back. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly messages: number;
  readonly measuredMs: number;
  /** Silent connections that were open. */
  readonly idleOpen: number;
  /** CPU time of the server's process tree for each message, in microseconds. */
  readonly cpuUsPerMessage: number | null;
  readonly switchesPerMessage: number | null;
  readonly wouldBlocksPerMessage: number | null;
  /** What the server's process tree held in memory at the end. */
  readonly residentBytes: number | null;
  /** The cores that the load itself kept busy; at 1 it was the limit, and not the server. */
  readonly loadCores: number;
  /** Connections that were never served. */
  readonly neverServed: number;
}

/** What is counted once for each row, in a short run of its own. */
export interface Counts {
  /** System calls for each message by name; null with the reason in `uncounted`. */
  readonly systemCalls: CallCounts | null;
  readonly uncounted: string | null;
  /** Memory that the server holds for each silent connection, in bytes; null with too few of them. */
  readonly bytesPerConnection: number | null;
}

/** How a load is run. */
export type RunLoad = (plan: LoadOptions, options?: RunLoadOptions) => Promise<LoadReport>;

/** How long things take. */
export interface Timing {
  readonly warmUpMs: number;
  readonly durationMs: number;
  /** After how long without an answer a server has stopped answering. */
  readonly stallMs: number;
}

/** Where and how measurements are made. */
export interface Setting {
  readonly runLoad: RunLoad;
  readonly timing: Timing;
  readonly pinning: Pinning | null;
  /** The port of every server; 0: any free one. */
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * From so many silent connections on their memory stands out from what garbage does: it moves a
 * process by some megabytes, whether it has connections or not.
 */
const IDLE_FOR_MEMORY = 5_000;
/** The load before the counted one: the code gets compiled, and shows which threads serve. */
const BEFORE_COUNTING_MS = 300;
const COUNTING_MS = 400;
/** Longer than any counting takes. */
const HOLD_MS = 60_000;
/** How much later than its connections a server that dies may be gone. */
const ENDING_MS = 100;
/** When the server is looked at again, as a part of the measured time. */
const LAST_LOOK = 0.92;

/** A load without its target. */
type Load = Omit<LoadOptions, 'target'> & Pick<LoadPlan, 'durationMs'>;

/** The load of a cell, or of the part of it that a contender can do. */
function loadOf({ workload }: Cell, share: Share, timing: Timing): Load {
  const { bytes, pipeline, isChurn } = workload;
  return {
    connections: share.connections,
    idle: share.idle,
    rate: share.rate ?? 0,
    bytes,
    pipeline,
    churn: isChurn ? 1 : 0,
    ...timing,
  };
}

/** Runs a load and looks at the server at the beginning and shortly before the end of what is measured. */
class Watched {
  readonly #server: ServerProcess;
  readonly #setting: Setting;
  #timer: NodeJS.Timeout | undefined;
  before: TreeUse | null = null;
  after: TreeUse | null = null;
  resident: number | null = null;

  constructor(server: ServerProcess, setting: Setting) {
    this.#server = server;
    this.#setting = setting;
  }

  #look({ phase }: LoadProgress, durationMs: number): void {
    if (phase !== 'measuring' || this.before !== null) return;
    this.before = readUse(treeOf(this.#server.pid));
    // Not at the end itself: the connections are closed then, which costs the server as well.
    this.#timer = setTimeout(() => this.#lookAgain(), Math.floor(durationMs * LAST_LOOK));
  }

  #lookAgain(): void {
    // Anew: a server may fork for its clients.
    const tree = treeOf(this.#server.pid);
    this.after = readUse(tree);
    // Last, since it stops the server for a moment.
    this.resident = residentBytes(tree);
  }

  /** Rejects with MeasureFailure when the load did not run its time. */
  async run(plan: Load): Promise<LoadReport> {
    const { runLoad, signal, pinning } = this.#setting;
    const report = await runLoad(
      { ...plan, target: this.#server.target },
      {
        ...(signal === undefined ? {} : { signal }),
        onProgress: (progress) => this.#look(progress, plan.durationMs),
        under: onCore(pinning?.load),
      },
    );
    clearTimeout(this.#timer);
    signal?.throwIfAborted();
    if (report.outcome === 'complete' && report.messages > 0) return report;
    const death = await this.#server.deathWithin(ENDING_MS);
    const why = report.failure ?? 'not one message came back';
    throw new MeasureFailure(death === null ? why : `the server ${death} (${why})`);
  }
}

function perMessage(value: number | undefined, messages: number): number | null {
  return value === undefined || messages === 0 ? null : value / messages;
}

async function start(contender: Contender, { pinning, port, signal }: Setting) {
  return ServerProcess.start(contender, { port, signal, under: onCore(pinning?.server) });
}

/** Measures a contender once. Rejects with MeasureFailure, or the signal's reason. */
export async function measureRound(
  contender: Contender,
  cell: Cell,
  { share, setting }: { readonly share: Share; readonly setting: Setting },
): Promise<Round> {
  await using server = await start(contender, setting);
  const watched = new Watched(server, setting);
  const report = await watched.run(loadOf(cell, share, setting.timing));
  const { latency, messages, measuredMs } = report;
  const { before, after, resident } = watched;
  const used = usedBetween(before, after);
  // The looks are not exactly where the load's clock stands.
  const seen = used === null ? 0 : (after as TreeUse).atMs - (before as TreeUse).atMs;
  const messagesSeen = messages * (measuredMs === 0 ? 0 : seen / measuredMs);
  const counts = await server.stop();
  return {
    rate: report.rate,
    megabytesPerSecond: report.megabytesPerSecond,
    p50Us: latency.p50,
    p99Us: latency.p99,
    p999Us: latency.p999,
    maxUs: latency.max,
    messages,
    measuredMs,
    idleOpen: report.idle.open - report.idle.closed,
    cpuUsPerMessage: perMessage(used?.cpuUs, messagesSeen),
    switchesPerMessage: perMessage(used?.switches, messagesSeen),
    wouldBlocksPerMessage: countsWouldBlocks(contender)
      ? perMessage(counts?.wouldBlock, counts?.messages ?? 0)
      : null,
    residentBytes: resident,
    loadCores: report.cpu.cores,
    neverServed: report.neverServed.count,
  };
}

/** A server in Node's own loop makes no calls of its own that could answer EAGAIN. */
function countsWouldBlocks({ name, isPeer }: Contender): boolean {
  return !isPeer && name !== 'node-net';
}

/**
 * Counts what one message takes, and what a silent connection holds. The silent ones belong to a load
 * of their own: opened by the counted one, their being accepted would be counted with the messages.
 * Rejects as `measureRound` does.
 */
export async function measureCounts(
  contender: Contender,
  cell: Cell,
  { share, setting, uncounted }: { share: Share; setting: Setting; uncounted: string | null },
): Promise<Counts> {
  await using server = await start(contender, setting);
  const timing = { ...setting.timing, warmUpMs: 0 };
  const active = { ...share, idle: 0 };
  const runActive = async (durationMs: number): Promise<Watched> => {
    const watched = new Watched(server, setting);
    await watched.run(loadOf(cell, active, { ...timing, durationMs }));
    return watched;
  };
  const first = await runActive(BEFORE_COUNTING_MS);
  // Which threads work is seen as well by a look that comes too late for figures.
  const threads = servingThreads(first.before, first.after ?? readUse(treeOf(server.pid)));
  const wantsMemory = share.idle >= IDLE_FOR_MEMORY;
  // The heap has grown with the first load and not yet with a second one.
  if (wantsMemory) await runActive(COUNTING_MS);
  const calm = wantsMemory ? residentBytes(treeOf(server.pid)) : null;
  await using _silent = await holdSilent(server, cell, { share, setting });
  const counted = new Watched(server, setting);
  const run = () => counted.run(loadOf(cell, active, { ...timing, durationMs: COUNTING_MS }));
  const calls = uncounted ?? (await countCalls(threads, run, setting.signal));
  if (uncounted !== null) await run();
  const full = wantsMemory ? residentBytes(treeOf(server.pid)) : null;
  return {
    systemCalls: typeof calls === 'string' ? null : calls,
    uncounted: typeof calls === 'string' ? calls : null,
    bytesPerConnection: memoryOfEach(calm, full, share.idle),
  };
}

/** Null where garbage outweighs it. */
function memoryOfEach(before: number | null, after: number | null, idle: number): number | null {
  if (before === null || after === null || after <= before) return null;
  return (after - before) / idle;
}

/** Opens the silent connections of a cell and keeps them until it is disposed. */
async function holdSilent(
  server: ServerProcess,
  cell: Cell,
  { share, setting }: { readonly share: Share; readonly setting: Setting },
): Promise<AsyncDisposable> {
  if (share.idle === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const end = new AbortController();
  const { runLoad, signal, pinning, timing } = setting;
  const abort = () => end.abort();
  signal?.addEventListener('abort', abort, { once: true });
  let isThere = (): void => {};
  const there = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  const plan = loadOf(cell, { ...share, connections: 1, rate: 1 }, timing);
  const load = runLoad(
    { ...plan, target: server.target, durationMs: HOLD_MS },
    {
      signal: end.signal,
      under: onCore(pinning?.load),
      onProgress: ({ phase }) => {
        if (phase !== 'connecting') isThere();
      },
    },
  );
  const report = await Promise.race([load, there]);
  signal?.throwIfAborted();
  if (report !== undefined) throw new MeasureFailure(report.failure ?? 'no silent connections');
  return {
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', abort);
      end.abort();
      await load.catch(() => {});
    },
  };
}

async function countCalls(
  threads: readonly number[],
  run: () => Promise<LoadReport>,
  signal: AbortSignal | undefined,
): Promise<CallCounts | string> {
  if (threads.length === 0) return 'not counted: no thread is known to serve';
  try {
    await using counter = await CallCounter.attach(threads);
    const { messages } = await run();
    const counts = Object.entries(await counter.detach());
    return Object.fromEntries(counts.map(([name, calls]) => [name, calls / messages]));
  } catch (error) {
    signal?.throwIfAborted();
    return `not counted: ${(error as Error).message}`;
  }
}
