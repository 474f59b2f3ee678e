/** The six cards of the tour: what each runs, and which measured figures answer it. */
import type { LabRun } from '../../../src/lab/document.ts';
import type { Trace } from '../../../src/trace.ts';
import type { Values } from '../text/text.ts';
import { busyShare, sleptShare } from './findings.ts';

export const GUESSES = ['a', 'b', 'c'] as const;
export type Guess = (typeof GUESSES)[number];

export interface Card {
  readonly number: 1 | 2 | 3 | 4 | 5 | 6;
  readonly models: readonly string[];
  /** The figures of the answer; null when the run does not have them. */
  answer(runs: readonly LabRun[]): Values | null;
  /** Which guess was right by these figures. */
  right(values: Values): Guess;
}

const TENTH_NS = 100e6;

function summaryOf(runs: readonly LabRun[], model: string): Trace | null {
  return runs.find(({ trace }) => trace.run.model === model)?.trace ?? null;
}

function medianTrip(runs: readonly LabRun[], model: string): number | null {
  return summaryOf(runs, model)?.summary.roundTrip.median ?? null;
}

function one(model: string, figures: (trace: Trace) => Values): Card['answer'] {
  return (runs) => {
    const trace = summaryOf(runs, model);
    return trace === null ? null : figures(trace);
  };
}

function callsIn100Ms({ summary, window }: Trace): number {
  return Math.round((summary.totalCalls / Math.max(1, window[1] - window[0])) * TENTH_NS);
}

export const CARDS: readonly Card[] = [
  {
    number: 1,
    models: ['blocking'],
    answer: one('blocking', ({ summary }) => {
      return { wait: summary.wait.median, copy: summary.copy.median };
    }),
    right: ({ wait, copy }) => (Number(wait) > Number(copy) ? 'a' : 'b'),
  },
  {
    number: 2,
    models: ['non-blocking'],
    answer: one('non-blocking', (trace) => {
      const { wouldBlocks, totalCalls } = trace.summary;
      return { calls: callsIn100Ms(trace), blocked: wouldBlocks / Math.max(1, totalCalls) };
    }),
    right: ({ calls }) => (Number(calls) < 500 ? 'a' : Number(calls) < 7_000 ? 'b' : 'c'),
  },
  {
    number: 3,
    models: ['epoll'],
    answer: one('epoll', (trace) => ({ share: sleptShare(trace), busy: busyShare(trace) })),
    right: ({ busy }) => (Number(busy) < 0.3 ? 'a' : Number(busy) < 0.8 ? 'b' : 'c'),
  },
  {
    number: 4,
    models: ['epoll'],
    answer: one('epoll', ({ summary }) => {
      return { calls: summary.calls['recv'] ?? 0, copy: summary.copy.median };
    }),
    right: ({ calls }) => (Number(calls) > 0 ? 'b' : 'a'),
  },
  {
    number: 5,
    models: ['io-uring'],
    answer: one('io-uring', ({ summary }) => {
      return { each: summary.callsPerMessage, operations: summary.operations };
    }),
    right: ({ each }) => (Number(each) < 3.5 ? 'b' : Number(each) < 50 ? 'a' : 'c'),
  },
  {
    number: 6,
    models: ['blocking', 'non-blocking', 'epoll', 'io-uring'],
    answer: (runs) => {
      const blocking = medianTrip(runs, 'blocking');
      const epoll = medianTrip(runs, 'epoll');
      const ring = medianTrip(runs, 'io-uring');
      if (blocking === null || epoll === null || ring === null) return null;
      return { blocking, epoll, ring };
    },
    right: ({ blocking, epoll, ring }) => {
      const longest = Math.max(Number(blocking), Number(epoll), Number(ring));
      return longest === blocking ? 'a' : longest === epoll ? 'b' : 'c';
    },
  },
];
