import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { HOST } from '../../src/platform/host.ts';
import { SLEEPS } from '../fixtures/sleep-in.ts';
import { runCommand } from '../harness/child.ts';
import { EMULATOR, UNDER_WINE } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';

/** One in each kind of call, and one more; where starting one takes a second, one in some of them. */
const ASLEEP = EMULATOR === undefined ? Object.keys(SLEEPS).length + 1 : 4;

/** Ending takes milliseconds; starting all of them may take long on a busy machine. */
const LIMIT_MS = 15_000;

const program = fileURLToPath(new URL('../fixtures/sleepers.js', import.meta.url));

test('process.exit(7) ends a process while its workers are asleep', async (context) => {
  const ended = await runCommand(process.execPath, [program, String(ASLEEP), 'exit'], {
    limitMs: LIMIT_MS,
  });
  assert.equal(ended.stdout, `asleep ${ASLEEP}\n`);
  assert.deepEqual([ended.code, ended.signal, ended.stderr], [7, null, '']);
  context.diagnostic(`started and ended in ${ended.elapsedMs.toFixed(0)} ms`);
});

test('an uncaught throw ends a process while its workers are asleep', async () => {
  const ended = await runCommand(process.execPath, [program, String(ASLEEP), 'throw'], {
    limitMs: LIMIT_MS,
  });
  assert.equal(ended.stdout, `asleep ${ASLEEP}\n`);
  assert.deepEqual([ended.code, ended.signal], [1, null]);
  assert.match(ended.stderr, /Error: thrown on the main thread/);
});

test('the natural end of a process while its workers are asleep', async () => {
  const ended = await runCommand(process.execPath, [program, String(ASLEEP), 'natural'], {
    limitMs: LIMIT_MS,
  });
  assert.equal(ended.stdout, `asleep ${ASLEEP}\n`);
  assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, '']);
});

test('SIGTERM ends a process while its workers are asleep', async () => {
  let sent = false;
  const ended = await runCommand(process.execPath, [program, String(ASLEEP), 'signal'], {
    limitMs: LIMIT_MS,
    onOutput: (stdout, pid) => {
      if (!sent && stdout.includes(`asleep ${ASLEEP}`)) sent = process.kill(pid, 'SIGTERM');
    },
  });
  // Windows has no signals: process.kill ends a process with code 1.
  const expected = HOST === 'win32' ? [1, null] : [null, 'SIGTERM'];
  assert.deepEqual([ended.code, ended.signal], expected);
});

const loading = fileURLToPath(new URL('../fixtures/exit-while-loading.js', import.meta.url));

const LOADS = EMULATOR === undefined && !UNDER_WINE ? 10 : 1;

test(
  `process.exit(7) while eight workers load the foreign library (rounds: ${LOADS})`,
  async () => {
    for (let round = 0; round < LOADS; round++) {
      const ended = await runCommand(process.execPath, [loading], { limitMs: 10_000 });
      assert.deepEqual([ended.code, ended.signal, ended.stderr], [7, null, ''], `round ${round}`);
    }
  },
  { limitMs: 60_000 },
);
