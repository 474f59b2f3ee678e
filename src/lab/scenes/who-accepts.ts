/**
 * Who wakes at accept? Several workers wait for clients of one port: on one socket that wakes all of
 * them, on one that wakes one of them, or each on a socket of its own.
 *
 * Who is woken for a client whom another has taken meanwhile may see nothing of it: the kernel looks
 * once more before epoll_wait returns, and puts the thread to sleep again. So what a wake-up costs
 * shows in context switches, and only a part of it in calls of accept4 that answer EAGAIN.
 */
import { ACCEPT_MODES, type AcceptMode, acceptUnavailable, modelInfo } from '../../servers.ts';
import { ERRNO } from '../../sys/abi.ts';
import type { Trace } from '../../trace.ts';
import type { Chart, LabRun } from '../document.ts';
import { record } from '../record/recorder.ts';
import { fact } from './figures.ts';
import type { Findings, SceneContext } from './scene-program.ts';

const MODEL = 'epoll';
const WORKERS = 4;
/** Far enough apart that all workers sleep when a client comes. */
const SCRIPT = { clients: 24, messages: 1, delayMs: 4, apartMs: 6 };

/** What the workers got. */
interface Shares {
  /** Connections of each worker, the largest first. */
  readonly accepted: readonly number[];
  /** How often they were woken in all, whether they came back from the kernel or not. */
  readonly wakeUps: number;
  /** Returns from epoll_wait for a client whom somebody else had taken. */
  readonly inVain: number;
}

function sharesOf({ writers, connections, events, window, summary }: Trace): Shares {
  const [from, to] = window;
  const workers = writers.flatMap(({ role }, writer) => (role === 'server' ? [writer] : []));
  const accepted = workers
    .map((worker) => connections.filter(({ writer }) => writer === worker).length)
    .sort((a, b) => b - a);
  let inVain = 0;
  for (const worker of workers) {
    const calls = events.filter(({ kind, writer, start }) => {
      return kind === 'call' && writer === worker && start >= from && start <= to;
    });
    for (const [index, { name, errno }] of calls.entries()) {
      // After clients that it has taken, the answer that there are no more is none in vain.
      if (name !== 'accept4' || errno !== ERRNO.EAGAIN) continue;
      const before = calls
        .slice(0, index)
        .findLast((call) => /^(accept4|epoll_wait)$/.test(call.name));
      if (before?.name === 'epoll_wait') inVain++;
    }
  }
  return { accepted, inVain, wakeUps: summary.voluntarySwitches };
}

function chartOf(shares: readonly (readonly [AcceptMode, Shares])[]): Chart {
  return {
    key: 'accepted',
    kind: 'bars',
    scale: { x: 'linear', y: 'linear' },
    unit: { x: '', y: '' },
    ticks: Array.from({ length: WORKERS }, (_, worker) => `worker-${worker + 1}`),
    series: shares.map(([label, { accepted }]) => ({
      label,
      points: accepted.map((count, worker) => [worker, count] as const),
    })),
  };
}

/** Runs the scene. */
export async function whoAccepts({ signal, progress }: SceneContext): Promise<Findings> {
  const modes = ACCEPT_MODES.filter((mode) => acceptUnavailable(modelInfo(MODEL), mode) === null);
  const runs: LabRun[] = [];
  const shares: [AcceptMode, Shares][] = [];
  for (const [index, accept] of modes.entries()) {
    progress(index + 1, modes.length, accept);
    const abort = signal === undefined ? {} : { signal };
    const trace = await record({ model: MODEL, workers: WORKERS, accept, ...SCRIPT, ...abort });
    runs.push({ label: accept, trace });
    shares.push([accept, sharesOf(trace)]);
  }
  const wakeUps = (mode: AcceptMode): number =>
    shares.find(([name]) => name === mode)?.[1].wakeUps ?? 0;
  return {
    runs,
    charts: [chartOf(shares)],
    facts: [
      fact('who-accepts.answer', {
        clients: SCRIPT.clients,
        workers: WORKERS,
        shared: wakeUps('shared'),
        exclusive: wakeUps('exclusive'),
        reuse: wakeUps('reuse-port'),
      }),
      ...shares.map(([mode, { accepted, inVain }]) =>
        fact(`who-accepts.${mode}`, {
          most: accepted[0] ?? 0,
          least: accepted.at(-1) ?? 0,
          inVain,
        }),
      ),
    ],
  };
}
