import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { interrupt } from '../../src/sys/interrupt.ts';
import { SLEEPS, type SleepName } from '../fixtures/sleep-in.ts';
import { SEEN, STOP } from '../fixtures/sleeper.ts';
import { nextMessage, startSleeper, untilAsleep } from '../fixtures/start-sleeper.ts';
import { EMULATOR } from '../harness/emulator.ts';
import { test } from '../harness/test.ts';

const INTERRUPTED = 'ERR_POLYIO_INTERRUPTED';
const AIM_MS = 100;

async function endOf(worker: Worker): Promise<void> {
  if (worker.threadId !== -1) await once(worker, 'exit');
}

for (const sleep of Object.keys(SLEEPS) as SleepName[]) {
  test(`interrupt ends ${sleep}`, async (context) => {
    const { worker, tid } = await startSleeper({ role: 'once', sleep });
    await untilAsleep(tid);
    const answer = nextMessage<string>(worker);
    const started = performance.now();
    const seen = await interrupt(worker);
    const code = await answer;
    const elapsed = (performance.now() - started).toFixed(1);
    assert.equal(code, INTERRUPTED);
    assert.equal(seen, true);
    context.diagnostic(`${sleep}: stopped in ${elapsed} ms (aim ${AIM_MS} ms)`);
    await endOf(worker);
  });
}

test('interrupt of an idle thread: false, its next wait throws once, the one after works', async () => {
  const { worker } = await startSleeper({ role: 'idle' });
  const wait = async (): Promise<string> => {
    const answer = nextMessage<string>(worker);
    worker.postMessage('wait');
    return await answer;
  };
  assert.equal(await wait(), 'none');
  assert.equal(await interrupt(worker), false);
  assert.equal(await interrupt(worker.threadId), false, 'two before the next wait are one');
  assert.equal(await wait(), INTERRUPTED);
  assert.equal(await wait(), 'none');
  worker.postMessage('end');
  await endOf(worker);
});

test('interrupt refuses a thread that never waited, that has ended, that is none', async () => {
  const { worker } = await startSleeper({ role: 'never' });
  await assert.rejects(interrupt(worker), {
    name: 'TypeError',
    message: `thread ${worker.threadId} has never waited in a call of polyio`,
  });
  worker.postMessage('end');
  await endOf(worker);
  const idle = await startSleeper({ role: 'idle' });
  const { threadId } = idle.worker;
  idle.worker.postMessage('end');
  await endOf(idle.worker);
  await assert.rejects(interrupt(threadId), TypeError);
  await assert.rejects(interrupt(idle.worker), RangeError, 'a Worker that ended has no number');
  for (const wrong of [-1, 1.5, Number.NaN]) await assert.rejects(interrupt(wrong), RangeError);
  await assert.rejects(interrupt('1' as unknown as number), TypeError);
});

async function interruptMany(sleep: SleepName, times: number): Promise<number> {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const { worker, tid } = await startSleeper({ role: 'again', sleep, words });
  await untilAsleep(tid);
  let pending = 0;
  for (let sent = 1; sent <= times; sent++) {
    if (!(await interrupt(worker))) pending++;
    // Whether it was seen at once or is due at the next wait: it comes, and it comes once.
    while (Atomics.load(words, SEEN) < sent) await turn();
    assert.equal(Atomics.load(words, SEEN), sent);
  }
  Atomics.store(words, STOP, 1);
  await interrupt(worker);
  await endOf(worker);
  assert.ok(Atomics.load(words, SEEN) <= times + 1);
  return pending;
}

test(
  '1,000 interrupts of threads that wait again and again: each is seen once',
  async (context) => {
    const started = performance.now();
    const wanted: SleepName[] = ['accept', 'read of a pipe', 'epoll_wait for ever'];
    const others: SleepName[] = ['poll for ever', 'select for ever', 'recv'];
    const sleeps = [...wanted, ...others].filter((name) => name in SLEEPS).slice(0, 4);
    assert.equal(sleeps.length, 4);
    const pending = await Promise.all(sleeps.map((sleep) => interruptMany(sleep, 250)));
    const total = pending.reduce((sum, count) => sum + count, 0);
    const elapsed = ((performance.now() - started) / 250).toFixed(1);
    context.diagnostic(`${elapsed} ms per interrupt, ${total} of 1,000 came between two waits`);
  },
  { limitMs: 60_000 },
);

const MANY = EMULATOR === undefined ? 24 : 8;

test('many threads that begin to wait at the same moment have a slot each', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const task = { role: 'once', sleep: 'poll for ever', gate } as const;
  const started = await Promise.all(Array.from({ length: MANY }, () => startSleeper(task)));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await Promise.all(started.map(({ tid }) => untilAsleep(tid)));
  const ends = started.map(async ({ worker }) => {
    const answer = nextMessage<string>(worker);
    assert.equal(await interrupt(worker), true);
    assert.equal(await answer, INTERRUPTED);
    await endOf(worker);
  });
  await Promise.all(ends);
});
