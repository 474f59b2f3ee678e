import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { busiestWriter, linesOf, stepAt, stepChangesOf } from '../../lab-page/src/app/steps.ts';
import { readProgram, type ServerProgram } from '../../lab-page/src/source/read-program.ts';
import type { EventKind, Trace, TraceEvent } from '../../src/trace.ts';
import { projectRoot } from '../../tools/tree.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

function programOf(model: string): ServerProgram {
  const file = `src/servers/${model}.ts`;
  return readProgram(model, file, readFileSync(`${projectRoot}${file}`, 'utf8'));
}

function event(
  name: string,
  at: readonly [number, number],
  kind: EventKind = 'call',
  writer = 0,
): TraceEvent {
  const [start, end] = at;
  return {
    ...{ kind, writer, name, fd: 5, start, end, result: 1, errno: 0, times: 1 },
    ...{ arrival: null, measured: 'none', about: 0 },
  };
}

function traceOf(model: string, events: readonly TraceEvent[]): Trace {
  return { ...SAMPLE, run: { ...SAMPLE.run, model }, events };
}

/** A connection's life, as the tap of a server sees it. */
const LIFE = [
  event('accept4', [10, 20]),
  event('open', [21, 22], 'callback'),
  event('recv', [30, 40]),
  event('data', [41, 60], 'callback'),
  event('send', [45, 50]),
  event('send', [70, 75]),
  event('close', [80, 85]),
];

function stepsOf(model: string, events: readonly TraceEvent[] = LIFE): number[] {
  return stepChangesOf(programOf(model), traceOf(model, events), 0).map(({ step }) => step);
}

test('steps: the same calls are other steps of other programs', () => {
  const waiting = [event('epoll_wait', [0, 9]), ...LIFE];
  assert.deepEqual(stepsOf('epoll', waiting), [2, 3, 4, 5, 6]);
  assert.deepEqual(stepsOf('blocking'), [1, 2, 3]);
  assert.deepEqual(stepsOf('non-blocking'), [1, 2, 3, 4]);
  assert.deepEqual(stepsOf('poll', [event('poll', [0, 9]), ...LIFE]), [2, 3, 4, 5, 6]);
  assert.deepEqual(stepsOf('select', [event('select', [0, 9]), ...LIFE]), [2, 3, 4, 5, 6]);
});

test('steps: what a ring submits and completes has steps, too', () => {
  const life = [
    event('io_uring_enter', [0, 10]),
    event('accept', [11, 11], 'completion'),
    event('open', [12, 13], 'callback'),
    event('io_uring_enter', [14, 20]),
    event('recv', [21, 21], 'completion'),
    event('data', [22, 24], 'callback'),
    event('send', [23, 23], 'submission'),
    event('io_uring_enter', [25, 30]),
    event('send', [31, 31], 'completion'),
  ];
  assert.deepEqual(stepsOf('io-uring', life), [2, 3, 2, 4, 2, 5]);
});

test('steps: an instant is in the step that began last', () => {
  const changes = [
    { at: 10, step: 2 },
    { at: 20, step: 4 },
    { at: 30, step: 2 },
  ];
  assert.deepEqual(
    [9, 10, 19, 20, 29, 30, 1e9].map((at) => stepAt(changes, at)),
    [0, 2, 2, 4, 4, 2, 2],
  );
  assert.equal(stepAt([], 5), 0);
});

test('steps: of several threads the one that acted last is looked at', () => {
  const writers = [
    { role: 'server', pid: 1, tid: 1, cpuNs: 0, voluntarySwitches: 0, involuntarySwitches: 0 },
    { role: 'server', pid: 1, tid: 2, cpuNs: 0, voluntarySwitches: 0, involuntarySwitches: 0 },
  ] as const;
  const events = [event('accept4', [5, 9]), event('recv', [20, 30], 'call', 1)];
  const trace = { ...traceOf('blocking-threads', events), writers };
  assert.deepEqual(
    [busiestWriter(trace, 0), busiestWriter(trace, 10), busiestWriter(trace, 25)],
    [0, 0, 1],
  );
});

test('steps: the mark and its statement are lit, not the block below', () => {
  const program = programOf('epoll');
  const lit = (step: number): string[] => {
    const [first, last] = linesOf(program, step) ?? [0, -1];
    const from = first - program.firstLine;
    return program.lines.slice(from, last - program.firstLine + 1).map((line) => line.trim());
  };
  assert.deepEqual(lit(2).slice(1), ['const count = selector.wait(loop.timeoutMs());']);
  assert.match(lit(2)[0] ?? '', /^\/\/ step 2: /);
  assert.deepEqual(lit(3).slice(1), ['loop.accept();', 'continue;']);
  assert.deepEqual(lit(6).slice(1), ['loop.settle();']);
  assert.equal(linesOf(program, 7), null);
});

test('steps: every step of every program lights lines of its own', () => {
  const models = 'blocking blocking-processes blocking-threads non-blocking select poll epoll';
  for (const model of `${models} epoll-edge kqueue signal-driven io-uring iocp node-net`.split(
    ' ',
  )) {
    const program = programOf(model);
    for (const { number, line, lastLine } of program.steps) {
      const [first, last] = linesOf(program, number) ?? [0, 0];
      assert.ok(first === line && last > first && last <= lastLine, `${model} ${number}`);
    }
  }
});
