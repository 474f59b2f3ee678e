import assert from 'node:assert/strict';
import { Pipe } from '../../src/io.ts';
import { recordProgram } from '../../src/lab/record/program.ts';
import { readTrace, writeTrace } from '../../src/trace.ts';
import { test } from '../harness/test.ts';

const module = new URL('../fixtures/recorded-parts.js', import.meta.url);
const run = { label: 'pipe', scene: 'full-pipe', module };

test('record program: parts begin together, share words, and write to one ring', async () => {
  const { trace, results } = await recordProgram({
    ...run,
    parts: { ping: { turn: 7 }, pong: {} },
  });
  assert.equal(results['pong'], 7);
  assert.equal((results['ping'] as { calls: number }).calls, 4);
  const names = trace.writers.map(({ name }) => name).sort();
  assert.deepEqual(names, ['ping', 'pong']);
  const writer = trace.writers.findIndex(({ name }) => name === 'ping');
  const told = trace.events.map((event) => `${event.kind} ${event.name} ${event.writer}`);
  assert.deepEqual(told, [
    `call write ${writer}`,
    `callback mine ${writer}`,
    `probe poll ${writer}`,
    `call read ${writer}`,
  ]);
  const [from, to] = trace.window;
  assert.ok(trace.events.every(({ start, end }) => start >= from && end <= to));
  assert.equal(trace.summary.totalCalls, 2);
  assert.equal(trace.dropped, 0);
  assert.deepEqual(readTrace(writeTrace(trace)), { ...trace, window: trace.window });
});

test('record program: what a part throws is thrown, when all parts have ended', async () => {
  await assert.rejects(recordProgram({ ...run, parts: { failing: {}, waiting: {} } }), {
    name: 'RangeError',
    message: 'this part has a mistake',
  });
  await assert.rejects(
    recordProgram({ ...run, parts: { leaving: {}, waiting: {} } }),
    /the part leaving ended before its time/,
  );
});

test('record program: a signal ends parts that wait for one another, or sleep in the kernel', async () => {
  const reason = new Error('enough');
  using pipe = Pipe.open();
  const stop = new AbortController();
  await assert.rejects(
    recordProgram({
      ...run,
      parts: { asleep: { reader: pipe.reader.fd }, waiting: {} },
      signal: stop.signal,
      begun: async () => stop.abort(reason),
    }),
    reason,
  );
  const aborted = { ...run, parts: { waiting: {} }, signal: AbortSignal.abort(reason) };
  await assert.rejects(recordProgram(aborted), reason);
});

test('record program: what goes wrong beside the parts ends them', async () => {
  const mistake = new Error('beside');
  await assert.rejects(
    recordProgram({ ...run, parts: { waiting: {} }, begun: () => Promise.reject(mistake) }),
    mistake,
  );
});
