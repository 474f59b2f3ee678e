import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type Ended, runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const program = fileURLToPath(new URL('../fixtures/attached-program.js', import.meta.url));

function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runCommand(process.execPath, [program, name], { env, limitMs: 30_000 });
}

async function assertRuns(name: string, code: number, stdout: string): Promise<Ended> {
  const ended = await run(name);
  assert.deepEqual(
    { code: ended.code, signal: ended.signal, stdout: ended.stdout },
    { code, signal: null, stdout },
    ended.stderr,
  );
  return ended;
}

const LONG = { limitMs: 40_000 };

test(
  'for await goes on in a loop that has nothing else',
  async () => {
    await assertRuns('bare', 0, 'batches 100\n');
  },
  LONG,
);

test(
  'process.exit() while something attached is readable keeps its code',
  async () => {
    await assertRuns('exit', 7, '');
  },
  LONG,
);

test(
  'what a callback throws is an uncaught exception, at once',
  async () => {
    const { stderr } = await assertRuns('throw', 1, '');
    assert.match(stderr, /Error: thrown in a callback/);
  },
  LONG,
);

test(
  'a callback that throws leaves the others, and itself, attached',
  async () => {
    await assertRuns('survive', 0, 'thrown in a callback\ncalls 2,1\n');
  },
  LONG,
);

test(
  'a failure that nobody looks at is an unhandled rejection',
  async () => {
    const { stderr } = await assertRuns('failure-nobody-looks-at', 1, '');
    assert.match(stderr, /ERR_POLYIO_CLOSED/);
  },
  LONG,
);

test(
  'unref() lets the process end, and so does what nobody waits for',
  async () => {
    await assertRuns('unref', 0, 'nothing is left to wait for\n');
    await assertRuns('idle', 0, 'nothing waits\n');
  },
  LONG,
);

test(
  'what waits keeps the process alive',
  async () => {
    await assertRuns('ref', 0, 'woken\n');
  },
  LONG,
);

test(
  'a thread pool of one that sleeps in reads delays no wake-up',
  async () => {
    const ended = await run('pool', { UV_THREADPOOL_SIZE: '1' });
    assert.equal(ended.stdout, 'wake-ups 100, reads 0\nreads 4\n', ended.stderr);
    assert.equal(ended.code, 0);
  },
  LONG,
);

test(
  'a worker thread waits in its own loop, exits and throws',
  async () => {
    await assertRuns('worker-bare', 0, 'batches 100\nexit 0\n');
    await assertRuns('worker-exit', 0, 'exit 7\n');
    await assertRuns('worker-throw', 0, 'error thrown in a callback\nexit 1\n');
  },
  LONG,
);

test(
  'worker.terminate() while what the worker attached is readable',
  async () => {
    await assertRuns('terminate', 0, 'terminated 1\n'.repeat(5));
  },
  LONG,
);

test(
  'the process ends with its code while workers have readable descriptors attached',
  async () => {
    await assertRuns('exit-with-workers', 5, '');
    const { stderr } = await assertRuns('throw-with-workers', 1, '');
    assert.match(stderr, /Error: thrown in the main thread/);
  },
  LONG,
);
