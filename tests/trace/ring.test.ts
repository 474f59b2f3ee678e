import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { KIND, METHOD, RingPen, TraceRing } from '../../src/trace.ts';
import { test } from '../harness/test.ts';

const EAGAIN = 11;
const AT = { seconds: 100, nanoseconds: 5 };
const ORIGIN = { monotonic: AT, wall: { seconds: 1_700_000_000, nanoseconds: 999_999_999 } };

function ringOf(capacity: number): TraceRing {
  return TraceRing.create(new SharedArrayBuffer(TraceRing.size(capacity)), ORIGIN);
}

function penOf(ring: TraceRing): RingPen {
  return new RingPen(ring, ring.join({ pid: 7, tid: 8 }), EAGAIN);
}

test('ring: an event comes out as it went in, and the origin too', () => {
  const memory = new SharedArrayBuffer(TraceRing.size(4));
  const pen = penOf(TraceRing.create(memory, ORIGIN));
  pen.arrival = 12.5;
  pen.measured = METHOD['kernel-stamp'];
  pen.write(KIND.call, 'recv', 9, 10, 20.25, 64, 0, 0);
  pen.write(KIND.completion, 'accept', 3, 30, 30, -24, 24, 2 ** 40 + 1);
  const ring = TraceRing.open(memory);
  assert.deepEqual(ring.origin, ORIGIN);
  assert.deepEqual(ring.writers, [{ pid: 7, tid: 8 }]);
  assert.deepEqual(ring.events(), [
    {
      kind: 'call',
      writer: 0,
      name: 'recv',
      fd: 9,
      start: 10,
      end: 20.25,
      result: 64,
      errno: 0,
      times: 1,
      arrival: 12.5,
      measured: 'kernel-stamp',
      about: 0,
    },
    {
      kind: 'completion',
      writer: 0,
      name: 'accept',
      fd: 3,
      start: 30,
      end: 30,
      result: -24,
      errno: 24,
      times: 1,
      arrival: null,
      measured: 'none',
      about: 2 ** 40 + 1,
    },
  ]);
});

test('ring: what finds no room is dropped and counted, and what is there stays', () => {
  const ring = ringOf(3);
  const pen = penOf(ring);
  for (let i = 0; i < 10; i++) pen.write(KIND.call, 'send', i, i, i + 1, i, 0, 0);
  assert.deepEqual(
    ring.events().map(({ fd }) => fd),
    [0, 1, 2],
  );
  assert.equal(ring.dropped, 7);
  assert.equal(ring.length, 3);
});

test('ring: in the second half would-blocks in a row on a descriptor become one event that counts', () => {
  const ring = ringOf(20);
  const pen = penOf(ring);
  let now = 0;
  const block = (name: string, fd: number): void => {
    now += 2;
    pen.write(KIND.call, name, fd, now, now + 1, -EAGAIN, EAGAIN, 0);
  };
  for (let i = 0; i < 100; i++) {
    block('recv', 5);
    block('recv', 6);
    block('accept4', 3);
  }
  pen.write(KIND.call, 'recv', 5, 1_000, 1_001, 64, 0, 0);
  block('recv', 5);
  block('recv', 5);
  const events = ring.events();
  assert.equal(ring.dropped, 0);
  const count = (name: string, fd: number): number =>
    events
      .filter((event) => event.name === name && event.fd === fd && event.errno === EAGAIN)
      .reduce((sum, { times }) => sum + times, 0);
  assert.equal(count('recv', 5), 102);
  assert.equal(count('recv', 6), 100);
  assert.equal(count('accept4', 3), 100);
  const singles = events.slice(0, 11);
  assert.ok(
    singles.slice(0, 8).every(({ times }) => times === 1),
    'the first half keeps each',
  );
  const first = events.findLast(({ fd, times }) => fd === 5 && times > 1 && times < 102);
  assert.ok(first !== undefined && first.end > first.start + 1, 'it lasts to the last of them');
});

test('ring: bytes that came end a row of would-blocks', () => {
  const ring = ringOf(4);
  const pen = penOf(ring);
  pen.write(KIND.call, 'x', 1, 0, 0, 0, 0, 0);
  pen.write(KIND.call, 'x', 1, 0, 0, 0, 0, 0);
  pen.write(KIND.call, 'recv', 5, 1, 2, -EAGAIN, EAGAIN, 0);
  pen.write(KIND.call, 'recv', 5, 3, 4, 10, 0, 0);
  pen.write(KIND.call, 'recv', 5, 5, 6, -EAGAIN, EAGAIN, 0);
  assert.equal(ring.dropped, 1, 'the second row is another one, and there is no room for it');
});

const WRITER = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.module).then(({ TraceRing, RingPen, KIND }) => {
  const ring = TraceRing.open(workerData.memory);
  const pen = new RingPen(ring, ring.join({ pid: 1, tid: workerData.number }), 11);
  for (let i = 0; i < workerData.times; i++) {
    pen.write(KIND.call, 'call-' + ((i + workerData.number) % 50), workerData.number, i, i + 1, i, 0, 0);
  }
});
`;

test('ring: four threads write 40,000 events, none is lost, doubled or mixed', async () => {
  const [threads, times] = [4, 10_000];
  const ring = ringOf(threads * times);
  const memory = ring.words.buffer;
  const module = new URL('../../src/trace.js', import.meta.url).href;
  await Promise.all(
    Array.from({ length: threads }, async (_, number) => {
      const workerData = { memory, number, times, module };
      const worker = new Worker(WRITER, { eval: true, workerData });
      const [code] = await once(worker, 'exit');
      assert.equal(code, 0);
    }),
  );
  const events = ring.events();
  assert.equal(events.length, threads * times);
  assert.equal(ring.dropped, 0);
  for (let number = 0; number < threads; number++) {
    const own = events.filter(({ fd }) => fd === number);
    assert.equal(own.length, times);
    own.forEach(({ name, result, start }, i) => {
      assert.equal(result, i);
      assert.equal(start, i);
      assert.equal(name, `call-${(i + number) % 50}`);
    });
  }
});

test('ring: capacities, memory and writers outside the bounds are refused', () => {
  for (const capacity of [0, 1, 1.5, Number.NaN, 1_048_577]) {
    assert.throws(() => TraceRing.size(capacity), /capacity must be an integer from 2 to 1048576/);
  }
  assert.throws(() => TraceRing.open(new SharedArrayBuffer(TraceRing.size(2))), /holds no ring/);
  const ring = ringOf(2);
  for (let i = 0; i < 128; i++) ring.join({ pid: 1, tid: i });
  assert.throws(() => ring.join({ pid: 1, tid: 1 }), /at most 128 writers/);
});

test('ring: names beyond the table are still events', () => {
  const ring = ringOf(200);
  const pen = penOf(ring);
  for (let i = 0; i < 150; i++) pen.write(KIND.call, `name ${i}`, 1, i, i, 0, 0, 0);
  const names = ring.events().map(({ name }) => name);
  assert.equal(names[127], 'name 127');
  assert.equal(names[128], 'other');
});
