import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LANGUAGES, textOf } from '../../../lab-page/src/text/text.ts';
import { momentsOf, nowLine, stepFrom, tableRows } from '../../../lab-page/src/timeline/moments.ts';
import { TABLE_ROWS, tableOrder, tablePageOf } from '../../../lab-page/src/timeline/table-order.ts';
import type { Trace } from '../../../src/trace.ts';
import { test } from '../../harness/test.ts';
import { SAMPLE } from '../../trace/sample.ts';
import { blockingTrace, ringTrace } from './scripted-traces.ts';
import { syntheticTrace } from './synthetic-trace.ts';

const SEED = 20_261_125;

function runOf(trace: Trace) {
  return { label: trace.run.model, trace };
}

function sentenceAt(trace: Trace, position: number): string {
  return textOf('en').say(nowLine(runOf(trace), position));
}

test('timeline now-line: it tells a blocking receive phase by phase', () => {
  const trace = blockingTrace();
  const at = (us: number) => sentenceAt(trace, us * 1_000);
  assert.match(at(10), /^t = 10 µs: accept4\(\) is asleep in the kernel until somebody connects/);
  assert.match(at(65), /^t = 65 µs: accept4\(\) took a new connection after 60 µs/);
  assert.match(at(86), /own code runs: open for client 0, 10 µs/);
  assert.match(at(90), /recorder looked with setsockopt\(\): no call of the program/);
  assert.match(at(500), /recv\(\) is asleep in the kernel for client 0: phase 1/);
  assert.match(at(900), /64 B for client 0 are in the kernel: phase 1 is over/);
  assert.match(at(920), /client 0 sends 64 B/);
  assert.match(at(955), /recv\(\) returned 64 B; the thread slept 820 µs \(phase 1\), .* 50 µs/);
  assert.match(at(995), /send\(\) took 64 B for client 0 in 25 µs/);
});

test('timeline now-line: a ring gives receipts, and redeems them', () => {
  const trace = ringTrace();
  const at = (us: number) => sentenceAt(trace, us * 1_000);
  assert.match(at(105), /asked the ring for recv and holds a receipt/);
  assert.match(at(200), /io_uring_enter\(\) is asleep in the kernel for all connections/);
  assert.match(at(450), /done recv, 64 B: the receipt is redeemed/);
  assert.match(at(655), /asked the ring for send/);
});

test('timeline now-line: would-blocks in a row are counted', () => {
  const trace = syntheticTrace({ events: 200, isPolling: true });
  const blocked = trace.events.filter(({ errno }) => errno === 11);
  assert.match(sentenceAt(trace, blocked[0]?.end as number), /recv\(\) answered would-block: /);
  assert.match(sentenceAt(trace, blocked[2]?.end as number), /would-block, 3 times in a row/);
});

test('timeline now-line: nothing before the first event, and an end after the last', () => {
  const trace = { ...SAMPLE, events: [], phases: [], connections: [] };
  assert.match(sentenceAt(trace, 0), /Nothing has happened yet/);
  assert.match(sentenceAt(blockingTrace(), 1_000_000), /The run is over/);
});

test('timeline now-line: at every instant of every trace there is a whole sentence in every language', () => {
  const traces = [
    SAMPLE,
    blockingTrace(),
    ringTrace(),
    syntheticTrace({ events: 100 }),
    syntheticTrace({ events: 100, isPolling: true }),
  ];
  const part = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.property(fc.constantFrom(...traces), part, (trace, share) => {
    const words = nowLine(runOf(trace), share * (trace.window[1] - trace.window[0]));
    for (const language of LANGUAGES) {
      assert.doesNotMatch(textOf(language).say(words), /[{}]|undefined|NaN/);
    }
  });
  fc.assert(property, { seed: SEED });
});

test('timeline steps: they visit every instant once, forward and back', () => {
  const runs = [runOf(blockingTrace()), runOf(syntheticTrace({ events: 60 }))];
  const end = Math.max(...runs.map(({ trace }) => trace.window[1]));
  const instants = new Set(runs.flatMap(({ trace }) => [...momentsOf(trace).times]));
  const rising = [...instants].sort((a, b) => a - b);
  const forward = [];
  let at = -1;
  while (at < end) {
    at = stepFrom(runs, at, 1);
    forward.push(at);
  }
  assert.deepEqual(forward, rising.at(-1) === end ? rising : [...rising, end]);
  const back = [];
  while (at > 0) {
    at = stepFrom(runs, at, -1);
    back.push(at);
  }
  assert.deepEqual(
    back.reverse(),
    [...new Set([0, ...rising])].filter((time) => time < end),
  );
});

test('timeline table: it has a row for everything that the picture shows, in the order of time', () => {
  const trace = blockingTrace();
  const rows = tableRows(runOf(trace));
  // Every event, and the arrival of the bytes; what slept has a row for falling asleep as well.
  assert.equal(rows.length, trace.events.length + 1 + 2);
  const times = rows.map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const text = textOf('en');
  const received = rows.find(({ what }) => text.say(what).startsWith('recv() returned'));
  assert.ok(received !== undefined);
  assert.equal(text.say(received.where), 'client 0');
  assert.equal(received.took, 850_000);
  assert.equal(received.at, 950_000);
});

test('timeline table: a part of it is the same as that part of all of it', () => {
  const run = runOf(syntheticTrace({ events: 300 }));
  assert.deepEqual(tableRows(run, { from: 20, limit: 7 }), tableRows(run).slice(20, 27));
});

test('timeline table: the rows of several runs are in one order, and a position has its page', () => {
  const runs = [runOf(syntheticTrace({ events: 300 })), runOf(syntheticTrace({ events: 90 }))];
  const order = tableOrder(runs);
  assert.equal(order.times.length, runs.flatMap((run) => tableRows(run)).length);
  assert.deepEqual(order.times, order.times.toSorted());
  for (const [row, run] of order.runs.entries()) {
    const { times } = momentsOf((runs[run] as (typeof runs)[number]).trace);
    assert.equal(times[order.moments[row] as number], order.times[row]);
  }
  assert.equal(tablePageOf(order, 0), 0);
  const last = order.times.at(-1) as number;
  const page = tablePageOf(order, last);
  assert.ok(page % TABLE_ROWS === 0 && order.times.length - page <= TABLE_ROWS);
});
