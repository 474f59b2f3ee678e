import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SendQueue } from '../../src/servers/send-queue.ts';
import { test } from '../harness/test.ts';

const BYTES = 200_000;

test('SendQueue: keeps order over any pushes and shifts', () => {
  const step = fc.record({ push: fc.nat(300), shift: fc.nat(300) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new SendQueue();
      let expected: number[] = [];
      let next = 0;
      for (const { push, shift } of steps) {
        const bytes = Uint8Array.from({ length: push }, () => next++ & 255);
        queue.push(bytes);
        bytes.fill(0);
        const start = next - push;
        expected.push(...Array.from({ length: push }, (_, at) => (start + at) & 255));
        const count = Math.min(shift, queue.length);
        queue.shift(count);
        expected = expected.slice(count);
        assert.equal(queue.length, expected.length);
        assert.deepEqual([...queue.bytes], expected);
      }
    }),
  );
});

test('SendQueue: clear forgets, and what was handed out stays', () => {
  const queue = new SendQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  const { bytes } = queue;
  queue.clear();
  queue.push(Uint8Array.of(9, 9, 9, 9));
  assert.deepEqual([...bytes], [1, 2, 3]);
  assert.equal(queue.length, 4);
});

test('SendQueue: a nearly full one does not move everything for each byte', () => {
  const queue = new SendQueue();
  queue.push(new Uint8Array(BYTES));
  const one = new Uint8Array(1);
  const buffers = new Set<ArrayBufferLike>();
  let moves = 0;
  let offset = queue.bytes.byteOffset;
  for (let i = 0; i < BYTES * 4; i++) {
    queue.shift(1);
    queue.push(one);
    const { byteOffset, buffer } = queue.bytes;
    if (byteOffset < offset) moves++;
    offset = byteOffset;
    buffers.add(buffer);
  }
  assert.ok(moves < 10, `${moves} moves`);
  assert.ok(buffers.size < 10, `${buffers.size} pieces of memory`);
});
