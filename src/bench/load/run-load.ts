/** Running a load: its generator is a process of its own, so that the caller's loop costs it nothing. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { foreignVersion } from '../../sys/ffi.ts';
import { requireLinux } from '../../sys/linux/presence.ts';
import { explainOutcome } from './explain.ts';
import type { Outcome } from './generator.ts';
import type { Message } from './generator-process.ts';
import { type LoadOptions, type LoadPlan, planLoad } from './plan.ts';
import type { LoadProgress, LoadReport } from './report.ts';
import { summarize } from './summary.ts';

const ENTRY = fileURLToPath(new URL('./generator-process.js', import.meta.url));
const STOP_LIMIT_MS = 10_000;
const US_PER_MS = 1_000;

/** How to run a load. */
export interface RunLoadOptions {
  /** Ends the load when it aborts; the report then has what was measured until then. */
  readonly signal?: AbortSignal;
  /** Called four times a second. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** What starts the generator: `['taskset', '-c', '1']`, for example. @default [] */
  readonly under?: readonly string[];
}

function reportOf(plan: LoadPlan, outcome: Outcome): LoadReport {
  const { measuredMs, messages, bytes, cpuUs, ending } = outcome;
  const seconds = measuredMs / 1_000;
  const perSecond = (value: number): number => (seconds === 0 ? 0 : value / seconds);
  const failure = explainOutcome(plan, outcome);
  const userMs = cpuUs.user / US_PER_MS;
  const systemMs = cpuUs.system / US_PER_MS;
  return {
    plan,
    engine: outcome.engine,
    rejected: outcome.rejected,
    outcome: failure !== null ? 'failed' : ending === 'stopped' ? 'interrupted' : 'complete',
    failure,
    measuredMs,
    connectMs: outcome.connectMs,
    messages,
    bytes,
    rate: perSecond(messages),
    megabytesPerSecond: perSecond(bytes) / 1e6,
    latency: summarize(outcome.latencies),
    connects: outcome.connects,
    connectLatency: summarize(outcome.connectLatencies),
    perConnection: outcome.perConnection,
    neverServed: outcome.neverServed,
    idle: outcome.idle,
    errors: outcome.errors,
    behind: outcome.behind,
    cpu: {
      userMs,
      systemMs,
      cores: measuredMs === 0 ? 0 : (userMs + systemMs) / measuredMs,
    },
  };
}

/** Throws UnsupportedError where the generator cannot run: its own process could tell it less well. */
export function requireGenerator(): void {
  requireLinux('the load generator', 'run it on Linux');
  foreignVersion();
}

/**
 * Puts a load on a server and resolves with what it found out, also when it went wrong: `failure`
 * says so in a sentence, and the figures are those until then. The generator waits with io_uring
 * where the kernel has it, compares every byte, and ends with the process that started it.
 *
 * Rejects with TypeError or RangeError naming what is wrong with the plan, with UnsupportedError where
 * this is not Linux, and with an Error when the generator's process cannot be started or is killed.
 */
export async function runLoad(
  options: LoadOptions,
  { signal, onProgress, under = [] }: RunLoadOptions = {},
): Promise<LoadReport> {
  const plan = planLoad(options);
  requireGenerator();
  const [command, ...args] = [...under, process.execPath, ENTRY, JSON.stringify(plan)];
  // Detached: Ctrl-C in the terminal reaches the starter alone, which then asks for the figures.
  const child = spawn(command as string, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) => {
      resolve(by === null ? `ended with code ${code}` : `was killed by ${by}`);
    });
  });
  const [stdin, , stderr, reports] = child.stdio as unknown as [Writable, null, Readable, Readable];
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  let outcome: Outcome | undefined;
  createInterface({ input: reports }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    if ('progress' in message) onProgress?.(message.progress);
    else if ('outcome' in message) outcome = message.outcome;
    else complaint = message.error;
  });
  stdin.on('error', () => {});
  const stop = (): void => {
    stdin.end();
    setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS).unref();
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const how = await ended;
    if (outcome !== undefined) return reportOf(plan, outcome);
    throw new Error(`the load generator ${how}: ${complaint.trim() || 'it said nothing'}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
