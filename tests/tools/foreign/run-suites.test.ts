import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killMarked, markChildren } from '../../../tools/foreign/left-over.ts';
import type { Suite } from '../../../tools/foreign/machine.ts';
import { type Ended, runCommand } from '../../harness/child.ts';
import { test } from '../../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../fixtures/run-suites.js', import.meta.url));
/** Whether the runner looks at the limit before the file has ended. */
const IS_PROMPT = Number(process.versions.node.split('.')[0]) < 24;
const FEW = ['errors/', 'platform/'];

function run(...suites: Suite[]): Promise<Ended> {
  return runCommand(process.execPath, [PROGRAM, JSON.stringify(suites)], { limitMs: 60_000 });
}

function figure(output: string, name: string): number {
  return Number(new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? -1);
}

test('run-suites: each suite has its count, and one summary has them all', async () => {
  const suites = [
    { name: 'one', files: FEW, isShared: true },
    { name: 'two', files: ['platform/'], except: { 'platform/closing': 'for a reason' } },
  ];
  const { code, stdout, stderr } = await run(...suites);
  assert.equal(code, 0, stdout + stderr);
  const counts = suites.map(({ name }) => {
    const found = new RegExp(`^=== ${name}: (\\d+) passed, 0 failed, \\d+ skipped`, 'm').exec(
      stdout,
    );
    return Number(found?.[1]);
  });
  assert.ok(counts.every((count) => count > 0));
  assert.equal(figure(stdout, 'pass'), (counts[0] ?? 0) + (counts[1] ?? 0));
  assert.equal(figure(stdout, 'fail'), 0);
  assert.equal(stdout.match(/^ℹ tests \d+$/gm)?.length, 1);
  assert.ok(stdout.includes('left out: platform/closing: for a reason\n'));
});

test('run-suites: a suite that ran no test is a failure', async () => {
  const { code, stdout } = await run({ name: 'nothing', files: ['no-such-folder/'] });
  assert.equal(code, 1);
  assert.match(stdout, /^=== nothing: 0 passed, .*: it ran no test$/m);
});

test('run-suites: a suite whose decisive tests were skipped or not there is a failure', async () => {
  const files = ['platform/', 'examples/foreign-'];
  const there = 'watchClosing() is told once';
  const skipped = 'examples: completion-port on Windows';
  const { code, stdout } = await run(
    { name: 'whole', files, decisive: [there] },
    { name: 'in part', files, decisive: [there, skipped, 'gone: '] },
  );
  assert.equal(code, 1, stdout);
  assert.match(stdout, /^=== whole: [1-9]\d* passed, 0 failed, \d+ skipped in [\d.]+ s$/m);
  const expected = new RegExp(
    `^=== in part: [1-9]\\d* passed, .*: nothing passed of '${skipped}…', 'gone: …'$`,
    'm',
  );
  assert.match(stdout, expected);
});

test(
  'run-suites: a suite that took too long is a failure',
  async () => {
    const { code, stdout } = await run({ name: 'late', files: ['platform/'], limitMs: 1 });
    assert.equal(code, 1);
    assert.match(stdout, /^=== late: 0 passed, .*: \d+ failed$/m);
  },
  { skip: !IS_PROMPT && 'the runner of newer Nodes lets a file end that is over in a moment' },
);

test('left-over: what was started since is found and killed, detached or not', async () => {
  const before = process.env['POLYIO_TEST_RUN'];
  const mark = markChildren();
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  if (before === undefined) delete process.env['POLYIO_TEST_RUN'];
  else process.env['POLYIO_TEST_RUN'] = before;
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  assert.equal(killMarked(mark), 1);
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  assert.equal(killMarked(mark), 0);
});
