/**
 * Recording a run: a server under a model in threads or processes of its own, scripted clients
 * here, and one ring that all of them write to.
 *
 * What the clients do is made of the seed before anything starts, and the server sends every byte
 * back, so what differs between two models is the model. The calls that stop the server are
 * recorded too, outside the window that the figures are about.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SystemError } from '../../errors.ts';
import { Socket } from '../../io.ts';
import {
  type AcceptMode,
  type ModelInfo,
  type ModelName,
  modelInfo,
  type Server,
  serve,
} from '../../servers.ts';
import { ERRNO } from '../../sys/abi.ts';
import { requireLinux } from '../../sys/linux/presence.ts';
import {
  instantOf,
  keptTogether,
  movedNs,
  type Trace,
  TraceRing,
  type TraceWriter,
} from '../../trace.ts';
import { type ClientsReport, runClients } from './clients.ts';
import { thisMachine } from './machine.ts';
import { readClocks, SharedRing } from './memory.ts';
import { splitPhases } from './phases.ts';
import { describeClock } from './run-clock.ts';
import { createScript, type Script, type ScriptOptions } from './script.ts';
import { summarize } from './summary.ts';
import { recordThread, type ThreadPen, takePen } from './tap.ts';
import { type ThreadUsage, threadUsage, usedBetween } from './usage.ts';

const CAPACITY = 65_536;
const NS_PER_MS = 1e6;
const CLOSE_LIMIT_MS = 5_000;
const LOOK_MS = 10;
const LOOKS_MAX = 50;
/** So many events between two looks are the work of a loop that never sleeps. */
const SPINNING = 200;
/** A server that serves many clients at once needs no more workers than there are clients. */
const WORKERS_MAX = 8;

/** What to record. */
export interface RecordOptions extends ScriptOptions {
  /** @default 'default': the best that this kernel has */
  readonly model?: ModelName | 'default';
  /** How many threads or processes serve. @default those of the model, 8 and the clients at most */
  readonly workers?: number;
  /** Which of them the kernel wakes for a new client. @default as `serve` */
  readonly accept?: AcceptMode;
  /** How many events there is room for, 2 to 1,048,576; what finds none is dropped and counted. @default 65536 */
  readonly capacity?: number;
  /** Ends the run at once; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Reads both clocks; for tests of a clock that is set. */
  readonly readClocks?: typeof readClocks;
}

/** What a run is made of. */
interface Recorded {
  readonly script: Script;
  readonly shared: SharedRing;
  readonly server: Server;
}

/** A run that is still running. */
interface Running extends Recorded {
  readonly hand: ThreadPen;
  readonly signal: AbortSignal | undefined;
}

interface Played {
  readonly report: ClientsReport;
  readonly window: readonly [start: number, end: number];
  readonly writers: readonly TraceWriter[];
}

function workersOf({ defaultWorkers }: ModelInfo, clients: number): number {
  return Math.min(defaultWorkers, clients, WORKERS_MAX);
}

/** The kernel stamps what comes in from the first socket on that asks for it: before any client. */
function holdStamps(): Socket {
  const socket = Socket.open('ipv4', 'datagram');
  socket.setOption('SO_TIMESTAMPNS', true);
  return socket;
}

/**
 * Waits until the server sleeps or spins in its loop: it says that it serves before it has set
 * everything up, and those calls would count for the clients.
 */
async function awaitLoop(ring: TraceRing): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const before = ring.length;
    await sleep(LOOK_MS);
    const written = ring.length - before;
    if (written === 0 || written > SPINNING) return;
  }
}

async function play({ script, shared, server, hand, signal }: Running): Promise<Played> {
  const { ring } = shared;
  await awaitLoop(ring);
  const before = ring.writers.map(threadUsage);
  const start = hand.at();
  const report = await runClients(script, { address: server.address, hand, signal });
  const end = hand.at();
  const after = ring.writers.map(threadUsage);
  const writers = ring.writers.map((writer, index) => ({
    role: index === hand.writer ? ('clients' as const) : ('server' as const),
    ...writer,
    ...usedBetween(before[index] as ThreadUsage, after[index] as ThreadUsage),
  }));
  return { report, window: [start, end], writers };
}

async function stop(server: Server): Promise<void> {
  await server.close({ timeoutMs: CLOSE_LIMIT_MS });
  await server.finished;
}

/** What is to be known about a run beside its figures. */
function notesOf(
  { script, server, shared }: Recorded,
  { report }: Played,
  folded: number,
): string[] {
  const { dropped } = shared.ring;
  const notes: string[] = [];
  if (script.scenario === 'slow-reader') {
    const { bytes = 0 } = script.steps[0]?.find(({ act }) => act === 'send') ?? {};
    notes.push(`client 0 sends messages of ${bytes} bytes, and reads late`);
  }
  const failed = report.clients.filter(({ error }) => error !== null);
  for (const { number, error } of failed) notes.push(`client ${number}: ${error}`);
  if (report.isCut) notes.push('the run was cut: somebody still waited when its time was up');
  if (folded > 0) notes.push(`${folded} would-blocks were folded into the one before, for room`);
  if (dropped > 0) notes.push(`${dropped} events found no room and are missing`);
  const { family } = modelInfo(server.model);
  if (family === 'baseline') {
    notes.push("libuv makes the baseline's calls itself, where no tap sees them: callbacks only");
  }
  if (family === 'completion') {
    notes.push('operations of a ring are no calls: they are counted as operations');
  }
  return notes;
}

async function recordOnce(script: Script, options: RecordOptions): Promise<Trace> {
  const { model = 'default', capacity = CAPACITY, signal, readClocks: read = readClocks } = options;
  using _stamps = holdStamps();
  const first = read();
  using shared = new SharedRing(capacity, first);
  const module = new URL('./traced-echo.js', import.meta.url);
  module.searchParams.set('memory', shared.path);
  const info = model === 'default' ? null : modelInfo(model);
  const { workers = info === null ? 1 : workersOf(info, script.clients), accept } = options;
  const abort = signal === undefined ? {} : { signal };
  const mode = accept === undefined ? {} : { accept };
  const server = await serve(module, { model, port: 0, workers, ...mode, ...abort });
  // A worker that dies is told by the end of the run, which waits for all of them.
  server.finished.catch(() => {});
  const hand = takePen(shared.ring);
  let played: Played;
  try {
    played = await play({ script, shared, server, hand, signal });
  } finally {
    await stop(server);
  }
  signal?.throwIfAborted();
  const last = read();
  if (!keptTogether(first, last)) throw new ClockMoved(movedNs(first, last));
  return assemble({ script, server, shared }, played, movedNs(first, last));
}

/** The wall clock was set in the middle of a run. */
class ClockMoved extends Error {
  readonly movedNs: number;

  constructor(moved: number) {
    super(`the wall clock was set by ${(moved / NS_PER_MS).toFixed(3)} ms during the run`);
    this.movedNs = moved;
  }
}

function assemble(run: Recorded, played: Played, moved: number): Trace {
  const { script, server, shared } = run;
  const { ring, origin } = shared;
  const { report, window, writers } = played;
  const events = ring.events();
  const ports = new Map(report.clients.map(({ port, number }) => [port, number]));
  const { connections, phases } = splitPhases(events, ports);
  const roundTripsNs = report.clients.flatMap((client) => client.roundTripsNs);
  const folded = events.reduce((sum, { times }) => sum + times - 1, 0);
  const { scenario, clients, messages, bytes, delayMs, seed } = script;
  const { model, workers } = server;
  const wouldBlock = ERRNO.EAGAIN;
  return {
    run: { model, scenario, clients, messages, bytes, delayMs, seed, workers },
    machine: thisMachine(),
    clock: describeClock(origin, moved),
    window,
    dropped: ring.dropped,
    notes: notesOf(run, played, folded),
    writers,
    connections,
    events,
    phases,
    summary: summarize({ events, phases, writers, window, roundTripsNs, wouldBlock }),
  };
}

/** How often a run is begun again because somebody set the clock. */
const TRIES = 3;

/**
 * Runs a model against scripted clients on loopback and gives back what happened.
 *
 * A run during which the wall clock was set is dropped, and recorded again up to three times; the
 * trace's notes say so. Rejects with SystemError ETIME when that never helped, with UnsupportedError
 * when the model cannot run here
 * or this is not Linux, with TypeError and RangeError for options (before anything
 * starts), with the signal's reason.
 */
export async function record(options: RecordOptions = {}): Promise<Trace> {
  requireLinux('recording a run', 'record it on Linux; what was recorded there can be read here');
  const script = createScript(options);
  options.signal?.throwIfAborted();
  const lost: string[] = [];
  while (lost.length < TRIES) {
    try {
      const trace = await recordOnce(script, options);
      return { ...trace, notes: [...lost, ...trace.notes] };
    } catch (error) {
      if (!(error instanceof ClockMoved)) throw error;
      lost.push(`a run was dropped: ${error.message}`);
    }
  }
  throw new SystemError(ERRNO.ETIME, 'clock_gettime', {
    hint: `${lost.at(-1)}, ${TRIES} times in a row: its stamps cannot be told from one another`,
  });
}

/** A stretch of the calling thread's own calls. */
export type RecordedCalls<Result> = Pick<Trace, 'events' | 'dropped'> & { readonly result: Result };

/**
 * Records what the calling thread does while `work` runs: its calls, its rings, its receives with
 * the instant at which the bytes reached the kernel. For pipes a probe finds that instant.
 *
 * Throws what `work` throws, TypeError when it returns a promise: only what is done in one go can be
 * recorded, because others use the thread in between.
 */
export function recordCalls<Result>(
  work: () => Result,
  { capacity = CAPACITY }: { readonly capacity?: number } = {},
): RecordedCalls<Result> {
  requireLinux('recording calls', 'record them on Linux');
  const { monotonic, wall } = readClocks();
  const memory = new SharedArrayBuffer(TraceRing.size(capacity));
  const origin = { monotonic: instantOf(monotonic), wall: instantOf(wall) };
  const ring = TraceRing.create(memory, origin);
  using _stamps = holdStamps();
  const end = recordThread(ring, takePen(ring));
  let result: Result;
  try {
    result = work();
  } finally {
    end();
  }
  if (result instanceof Promise) throw new TypeError('work must not return a promise');
  return { result, events: ring.events(), dropped: ring.dropped };
}
