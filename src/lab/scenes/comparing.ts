/** What the runs of compared models say: sentences and charts, made of their figures alone. */
import { type ModelFamily, type ModelName, modelInfo } from '../../servers.ts';
import type { TraceEvent } from '../../trace.ts';
import type { Fact, LabRun } from '../document.ts';
import type { SceneName } from '../scene.ts';
import { bars, fact } from './figures.ts';
import { heldMemory } from './held-memory.ts';
import type { Findings, SceneContext } from './scene-program.ts';

/** The first run of a family of models; null when the visitor has chosen none. */
function ofFamily(runs: readonly LabRun[], family: ModelFamily): LabRun | null {
  return runs.find(({ label }) => modelInfo(label as ModelName).family === family) ?? null;
}

/** The call in which a run waited most. */
function waitOf({ trace }: LabRun): { readonly call: string; readonly slept: number } {
  const [[call, slept] = ['', 0]] = Object.entries(trace.summary.callTimes);
  return { call, slept };
}

function isCopy({ kind, name, result }: TraceEvent): boolean {
  return kind === 'call' && name === 'recv' && result > 0;
}

/** The figures of a run that sentences are made of. */
function figuresOf({ label, trace }: LabRun) {
  const { summary, window } = trace;
  const length = window[1] - window[0];
  return {
    model: label,
    messages: summary.messages,
    calls: summary.totalCalls,
    each: summary.callsPerMessage,
    blocked: summary.wouldBlocks,
    /** Calls that received something: a ring's program makes none. */
    copies: trace.events.filter(isCopy).length,
    operations: summary.operations,
    cpu: summary.cpuNs,
    busy: summary.cpuNs / Math.max(1, length),
    length,
    median: summary.roundTrip.median,
    copy: summary.copy.median,
  };
}

/** Who waits and who copies, of a loop that asks and of a ring. */
function whoWaits(runs: readonly LabRun[]): Fact[] {
  const [polling, ring] = [ofFamily(runs, 'polling'), ofFamily(runs, 'completion')];
  if (polling === null || ring === null) return [];
  const [asked, held] = [figuresOf(polling), figuresOf(ring)];
  return [
    fact('asynchronous-or-non-blocking.answer', {
      polling: asked.model,
      calls: asked.calls,
      blocked: asked.blocked,
      copies: asked.copies,
    }),
    fact('asynchronous-or-non-blocking.receipts', {
      ring: held.model,
      copies: held.copies,
      operations: held.operations,
      calls: held.calls,
    }),
  ];
}

/** Whether multiplexing sleeps, and what the loop beside it burns. */
function whoSleeps(runs: readonly LabRun[]): Fact[] {
  const [multiplexed, polling] = [ofFamily(runs, 'readiness'), ofFamily(runs, 'polling')];
  if (multiplexed === null) return [];
  const { model, cpu, busy, length, copies, copy } = figuresOf(multiplexed);
  const { call, slept } = waitOf(multiplexed);
  const facts = [
    fact('epoll-sleeps.answer', { model, call, slept, length, cpu, busy }),
    fact('epoll-sleeps.copies', { model, copies, copy }),
  ];
  if (polling === null) return facts;
  const spun = figuresOf(polling);
  return [
    ...facts,
    fact('epoll-sleeps.spun', { model: spun.model, cpu: spun.cpu, busy: spun.busy }),
  ];
}

/** What EAGAIN is, counted. */
function whatIsAgain(runs: readonly LabRun[]): Fact[] {
  const polling = ofFamily(runs, 'polling');
  if (polling === null) return [];
  const { model, calls, blocked, messages, busy } = figuresOf(polling);
  return [
    fact('would-block.answer', { model, calls, blocked, messages }),
    fact('would-block.busy', { model, busy, each: blocked / Math.max(1, messages) }),
  ];
}

async function ringOrEpoll(runs: readonly LabRun[], context: SceneContext): Promise<Findings> {
  const [ring, other] = [ofFamily(runs, 'completion'), ofFamily(runs, 'readiness')];
  const calls = runs.map((run) => [run.label, figuresOf(run).each] as const);
  const chart = bars('calls-per-message', '', calls);
  if (ring === null || other === null) return { runs, charts: [chart], facts: [] };
  const [held, asked] = [figuresOf(ring), figuresOf(other)];
  const values = {
    ring: held.model,
    fewer: held.each,
    operations: held.operations,
    fast: held.median,
    other: asked.model,
    more: asked.each,
    usual: asked.median,
  };
  const answer = fact('io-uring-or-epoll.answer', values);
  const times = fact('io-uring-or-epoll.times', values);
  const memory = await heldMemory(context.signal);
  return {
    runs,
    charts: [chart, ...memory.charts],
    facts: [answer, times, ...memory.facts],
  };
}

/** Charts and facts of a scene whose models were recorded one after another. */
export async function findingsOf(
  scene: SceneName,
  runs: readonly LabRun[],
  context: SceneContext,
): Promise<Findings> {
  if (scene === 'io-uring-or-epoll') return ringOrEpoll(runs, context);
  const facts: Partial<Record<SceneName, (runs: readonly LabRun[]) => Fact[]>> = {
    'asynchronous-or-non-blocking': whoWaits,
    'epoll-sleeps': whoSleeps,
    'would-block': whatIsAgain,
  };
  return { runs, charts: [], facts: facts[scene]?.(runs) ?? [] };
}
