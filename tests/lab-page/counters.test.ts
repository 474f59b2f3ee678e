import assert from 'node:assert/strict';
import {
  countersOf,
  repeatsOf,
  spreadOf,
  spreadsOf,
  wakeUpsOf,
} from '../../lab-page/src/app/counters.ts';
import type { LabRecord } from '../../src/lab.ts';
import type { Trace, TraceEvent } from '../../src/trace.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

function call(name: string, start: number, end: number, times = 1): TraceEvent {
  return {
    ...{ kind: 'call', writer: 0, name, fd: 5, start, end, result: 1, errno: 0, times },
    ...{ arrival: null, measured: 'none', about: 0 },
  };
}

function traceOf(model: string, events: readonly TraceEvent[], cpuNs = 500): Trace {
  const summary = { ...SAMPLE.summary, totalCalls: 9, messages: 3, callsPerMessage: 3, cpuNs };
  return { ...SAMPLE, run: { ...SAMPLE.run, model }, window: [0, 1e9], events, summary };
}

function recordOf(trace: Trace, seed = 1): LabRecord {
  return {
    request: { scene: 'free', models: [trace.run.model], seed },
    source: 'kernel',
    recordedAt: '2026-11-25T00:00:00.000Z',
    machine: SAMPLE.machine,
    runs: [{ label: trace.run.model, trace }],
    charts: [],
    facts: [],
  };
}

test('counters: a wake-up is a return from the call in which the model waits', () => {
  const events = [
    call('epoll_wait', 0, 30_000_000),
    call('recv', 30_000_100, 30_100_000),
    call('epoll_wait', 30_200_000, 30_201_000),
    call('epoll_wait', 2e9, 3e9),
  ];
  assert.equal(wakeUpsOf(traceOf('epoll', events)), 2);
});

test('counters: a blocking call has slept when it took its time', () => {
  const events = [
    call('accept4', 0, 5_000_000),
    call('recv', 5_000_100, 5_003_000),
    call('recv', 6e6, 4e7),
    call('send', 5e7, 9e7),
  ];
  assert.equal(wakeUpsOf(traceOf('blocking', events)), 2);
  assert.equal(wakeUpsOf(traceOf('non-blocking', events)), 0);
});

test('counters: times of a double say nothing, its calls do', () => {
  const counters = countersOf(traceOf('kqueue', []), false);
  assert.equal(counters.calls, 9);
  assert.equal(counters.callsPerMessage, 3);
  for (const name of ['cpu', 'cpuShare', 'switches', 'p50', 'p99', 'wait', 'copy'] as const) {
    assert.equal(counters[name], null, name);
  }
});

test('counters: a run whose calls nobody saw has no figure for them', () => {
  const trace = traceOf('node-net', []);
  const unseen = { ...trace, summary: { ...trace.summary, totalCalls: 0, callsPerMessage: 0 } };
  const { calls, callsPerMessage, wouldBlocks, cpu } = countersOf(unseen);
  assert.deepEqual([calls, callsPerMessage, wouldBlocks, cpu], [null, null, null, 500]);
});

test('counters: the spread is the standard deviation of the sample', () => {
  assert.deepEqual(spreadOf([2, 4, 4, 4, 5, 5, 7, 9]), {
    mean: 5,
    deviation: Math.sqrt(32 / 7),
    count: 8,
  });
  assert.deepEqual(spreadOf([3, null]), { mean: 3, deviation: null, count: 1 });
  assert.equal(spreadOf([null, null]), null);
});

test('counters: only runs of the same request are repeats', () => {
  const first = recordOf(traceOf('epoll', [], 400));
  const second = recordOf(traceOf('epoll', [], 600));
  const other = recordOf(traceOf('epoll', [], 9_000), 2);
  const kept = [first, other, second];
  assert.deepEqual(repeatsOf(second, kept), [first, second]);
  assert.deepEqual(repeatsOf(recordOf(traceOf('poll', [])), kept).length, 1);
  const { cpu, threads } = spreadsOf('epoll', repeatsOf(second, kept));
  assert.deepEqual(cpu, { mean: 500, deviation: Math.sqrt(20_000), count: 2 });
  assert.equal(threads?.deviation, 0);
});
