/** Scenes with a program of their own, as real runs: what the kernel guarantees of each, and no times. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callsOf } from '../../../src/lab/scenes/figures.ts';
import { PROGRAMS } from '../../../src/lab/scenes/programs.ts';
import { type Progress, runScene, type SceneName } from '../../../src/lab.ts';
import type { Trace } from '../../../src/trace.ts';
import { runCommand } from '../../harness/child.ts';
import { test } from '../../harness/test.ts';
import { sceneRun } from './scene-run.ts';

const LIMIT_MS = 60_000;
const options = { limitMs: LIMIT_MS };
const isFull = process.env['POLYIO_TEST_FULL'] === '1';

/** Others run scenes on this machine, too: these have a temporary folder to themselves. */
const folder = mkdtempSync(join(tmpdir(), 'polyio-scenes-'));
process.env['TMPDIR'] = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

test(
  'scene full-pipe: the writer sleeps when the pipe is full, and a page that is read wakes it',
  async () => {
    const { record, fact, number } = await sceneRun({ scene: 'full-pipe' });
    assert.deepEqual(
      record.runs.map(({ label }) => label),
      ['pipe', 'fifo'],
    );
    for (const key of ['full-pipe.answer', 'full-pipe.fifo']) {
      assert.equal(number(key, 'capacity'), 65_536);
      assert.equal(number(key, 'writes'), 16);
      assert.equal(number(key, 'freed'), 4_096);
    }
    assert.ok(Number(fact('full-pipe.refused')['refused']) >= 1, 'EAGAIN instead of the sleep');
    const [fill] = record.charts;
    for (const { points } of fill?.series ?? []) {
      assert.equal(Math.max(...points.map(([, bytes]) => bytes)), 65_536);
    }
  },
  options,
);

test(
  'scene edge-trigger: level tells of the half that is left, edge does not, a blocking drain hangs',
  async () => {
    const { record, number } = await sceneRun({ scene: 'edge-trigger' });
    assert.equal(number('edge-trigger.answer', 'level'), 1);
    assert.equal(number('edge-trigger.answer', 'edge'), 0);
    assert.equal(number('edge-trigger.answer', 'left'), 4);
    const [, , drain] = record.runs;
    const reads = callsOf(drain?.trace as Trace, 'recv', 'drainer');
    assert.deepEqual(
      reads.map(({ result }) => result),
      [4, 4, -4, 8],
      'half, half, a sleep that somebody ended, and then the other client',
    );
  },
  options,
);

test(
  'scene select-or-poll: the three calls with more and more idle descriptors, select below 1024',
  async () => {
    const { record, number, has } = await sceneRun({ scene: 'select-or-poll' });
    const [chart] = record.charts;
    assert.deepEqual(
      chart?.series.map(({ label }) => label),
      ['select', 'poll', 'epoll'],
    );
    if (!has('select-or-poll.limit')) {
      assert.equal(number('select-or-poll.refused', 'fd'), 1_024);
      assert.equal(number('select-or-poll.answer', 'idle'), 10_000);
    }
    for (const { trace, label } of record.runs) {
      const calls = callsOf(trace, label === 'epoll' ? 'epoll_wait' : label);
      assert.ok(calls.length > 0 && calls.every(({ result }) => result === 1));
    }
  },
  options,
);

test(
  'scene epoll-on-files: epoll refuses, select is always ready, the ring takes them',
  async () => {
    const { record, fact } = await sceneRun({ scene: 'epoll-on-files' });
    assert.equal(fact('epoll-on-files.answer')['code'], 'EPERM');
    assert.equal(fact('epoll-on-files.answer')['ready'], fact('epoll-on-files.answer')['reads']);
    for (const { label, trace } of record.runs) {
      if (label !== 'file-ring') continue;
      assert.equal(callsOf(trace, 'pread').length, 0);
      const done = trace.events.filter(({ kind }) => kind === 'completion');
      assert.ok(done.every(({ result }) => result === 4_096));
    }
  },
  options,
);

test(
  'scene page-cache: the same calls, with and without the disk',
  async (context) => {
    const { record, fact } = await sceneRun({ scene: 'page-cache' });
    for (const { label, trace } of record.runs) {
      const calls = callsOf(trace, label.startsWith('read') ? 'pread' : 'write');
      assert.equal(calls.length, 32, label);
      assert.ok(calls.every(({ result }) => result === 4_096));
    }
    context.diagnostic(JSON.stringify(fact('page-cache.answer')));
  },
  options,
);

test(
  'scene synchronous-or-asynchronous: the same sum, waited for or found in a receipt',
  async () => {
    const { fact, has, number } = await sceneRun({ scene: 'synchronous-or-asynchronous' });
    assert.equal(number('synchronous-or-asynchronous.answer', 'sum'), 1_984);
    assert.equal(number('synchronous-or-asynchronous.answer', 'pieces'), 0);
    if (has('synchronous-or-asynchronous.no-ring')) return;
    const { sum, free, total, pieces } = fact('synchronous-or-asynchronous.receipt');
    assert.equal(sum, 1_984);
    assert.ok(Number(pieces) > 0, 'it worked on meanwhile');
    assert.ok(Number(free) < Number(total), 'the receipt was there before the sum');
  },
  options,
);

test(
  'scene who-accepts: every client is taken once, under each way to wait',
  async (context) => {
    const { record, fact } = await sceneRun({ scene: 'who-accepts' });
    const { clients } = fact('who-accepts.answer');
    for (const { label, points } of record.charts[0]?.series ?? []) {
      const taken = points.reduce((sum, [, count]) => sum + count, 0);
      assert.equal(taken, clients, label);
    }
    context.diagnostic(JSON.stringify(fact('who-accepts.answer')));
  },
  options,
);

test(
  'scene threads-or-events: idle clients cost memory and no thread, or a thread each',
  async (context) => {
    const { record, fact, number, has } = await sceneRun({ scene: 'threads-or-events' });
    const { clients, few, threads, before } = fact('threads-or-events.answer');
    if (!has('threads-or-events.limit')) assert.equal(clients, 10_000);
    assert.equal(few, 10);
    assert.equal(threads, before, 'more clients, the same threads');
    const [first, , last] = record.charts[1]?.series[1]?.points ?? [];
    assert.equal((last?.[1] ?? 0) - (first?.[1] ?? 0), 15, 'a thread for each client');
    assert.ok(number('threads-or-events.answer', 'memory') > 0);
    context.diagnostic(JSON.stringify(record.facts));
  },
  options,
);

/** Runs a scene and ends it as soon as it says that a step begins; how many steps it has. */
async function abortAt(scene: SceneName, wanted: number): Promise<number> {
  const reason = new Error('the page was closed');
  const stop = new AbortController();
  let steps = 0;
  const progress = ({ step, of }: Progress): void => {
    steps = of;
    // Not at once, so that what the step starts is under way.
    if (step === wanted) setTimeout(() => stop.abort(reason), 20);
  };
  await assert.rejects(runScene({ scene }, { signal: stop.signal, progress }), reason);
  return steps;
}

for (const scene of Object.keys(PROGRAMS) as SceneName[]) {
  test(
    `scene ${scene}: ended in any of its steps, nothing of it is left`,
    async () => {
      const reason = new Error('the page was closed');
      await assert.rejects(runScene({ scene }, { signal: AbortSignal.abort(reason) }), reason);
      const steps = await abortAt(scene, 1);
      const last = isFull ? steps : Math.min(steps, 2);
      for (let step = 2; step <= last; step++) await abortAt(scene, step);
      assert.deepEqual(readdirSync(folder), []);
    },
    options,
  );
}

test(
  'scenes about idle descriptors: with fewer than they need they measure less, and say so',
  async () => {
    const lab = new URL('../../../src/lab.js', import.meta.url).href;
    const scenes = isFull ? ['select-or-poll', 'threads-or-events'] : ['select-or-poll'];
    const source = `
      import { runScene } from ${JSON.stringify(lab)};
      const keys = [];
      for (const scene of ${JSON.stringify(scenes)}) {
        const { facts } = await runScene({ scene });
        keys.push(...facts.filter(({ key }) => key.endsWith('.limit')));
      }
      console.log(JSON.stringify(keys));
    `;
    const node = `exec ${process.execPath} --input-type=module --eval "$SOURCE"`;
    const { code, stdout, stderr } = await runCommand('sh', ['-c', `ulimit -n 700 && ${node}`], {
      env: { SOURCE: source },
      limitMs: LIMIT_MS,
    });
    assert.equal(code, 0, stderr);
    const facts = JSON.parse(stdout) as { key: string; values: Record<string, number> }[];
    assert.deepEqual(
      facts.map(({ key, values }) => [key, values['limit'], (values['needed'] ?? 0) > 10_000]),
      scenes.map((scene) => [`${scene}.limit`, 700, true]),
    );
  },
  options,
);
