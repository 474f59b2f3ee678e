import assert from 'node:assert/strict';
import type { ServerProgram } from '../../../lab-page/src/source/read-program.ts';
import { type Happening, stepOf } from '../../../lab-page/src/source/step-of.ts';
import { record } from '../../../src/lab.ts';
import { MODELS } from '../../../src/servers.ts';
import type { Trace } from '../../../src/trace.ts';
import { readPrograms } from '../../../tools/server-sources.ts';
import { test } from '../../harness/test.ts';

const SERVERS = new URL('../../../../src/servers/', import.meta.url);
const PROGRAMS = readPrograms(SERVERS);
/** Setting up, asking for a limit, stopping: what no step of a program does. */
const BESIDE = /^(call (epoll_ctl|fcntl|syscall|sigaction|read|mmap|munmap|madvise)|completion )/;

function program(model: string): ServerProgram {
  return PROGRAMS[model] as ServerProgram;
}

test('server sources: the program of every model, its lines as they stand in its file', () => {
  assert.deepEqual(Object.keys(PROGRAMS).sort(), MODELS.map(({ name }) => name).sort());
  for (const { name } of MODELS) {
    const { steps, lines, firstLine, file } = program(name);
    assert.equal(file, `src/servers/${name}.ts`);
    assert.ok(!lines.some((line) => /^import\b/.test(line)), name);
    assert.ok(steps.length >= 3, name);
    for (const [index, { number, line, lastLine, text, deeds }] of steps.entries()) {
      assert.equal(number, index + 1);
      assert.equal(lines[line - firstLine]?.trim(), `// step ${number}: ${text}`);
      assert.ok(lastLine > line);
      assert.ok(deeds.length > 0);
    }
  }
});

test('step of: what a selector does, step by step', () => {
  const cases: readonly [Happening, number | undefined][] = [
    [{ kind: 'call', name: 'epoll_create1' }, 1],
    [{ kind: 'call', name: 'epoll_wait' }, 2],
    [{ kind: 'call', name: 'accept4' }, 3],
    [{ kind: 'callback', name: 'open' }, 3],
    [{ kind: 'call', name: 'recv' }, 4],
    [{ kind: 'probe', name: 'setsockopt' }, 4],
    [{ kind: 'callback', name: 'data' }, 4],
    [{ kind: 'call', name: 'send', isInCallback: true }, 4],
    [{ kind: 'call', name: 'send' }, 5],
    [{ kind: 'call', name: 'close' }, 6],
    [{ kind: 'call', name: 'madvise' }, undefined],
    [{ kind: 'client', name: 'send' }, undefined],
    [{ kind: 'call', name: 'constructor' }, undefined],
  ];
  for (const [happening, step] of cases) {
    assert.equal(stepOf(program('epoll'), happening)?.number, step, JSON.stringify(happening));
  }
});

test('step of: where one step does it all, it is that step', () => {
  const one = (model: string, happening: Happening): number | undefined =>
    stepOf(program(model), happening)?.number;
  assert.equal(one('blocking', { kind: 'call', name: 'accept4' }), 1);
  assert.equal(one('blocking', { kind: 'call', name: 'send' }), 2);
  assert.equal(one('epoll-edge', { kind: 'call', name: 'recv' }), 6);
  assert.equal(one('io-uring', { kind: 'submission', name: 'send' }), 4);
  assert.equal(one('io-uring', { kind: 'completion', name: 'send' }), 5);
  assert.equal(one('iocp', { kind: 'completion', name: 'recv' }), 3);
  assert.equal(one('node-net', { kind: 'callback', name: 'data' }), 3);
});

/** What the server did in the window and no step takes. */
function homeless({ events, writers, window, run }: Trace): string[] {
  const served = events.filter(
    ({ kind, writer, start }) =>
      kind !== 'client' && writers[writer]?.role === 'server' && start >= window[0],
  );
  return served
    .filter((event) => event.end <= window[1])
    .filter((event) => stepOf(program(run.model), event) === undefined)
    .map(({ kind, name }) => `${kind} ${name}`);
}

for (const { name, unavailable } of MODELS) {
  test(
    `step of ${name}: what the server does for its clients belongs to a step`,
    async () => {
      const trace = await record({ model: name, clients: 2, messages: 3, delayMs: 5 });
      assert.deepEqual(
        homeless(trace).filter((what) => !BESIDE.test(what)),
        [],
      );
    },
    { limitMs: 60_000, skip: unavailable()?.reason ?? false },
  );
}
