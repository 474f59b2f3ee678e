import assert from 'node:assert/strict';
import { IoUringQueue, openCompletionQueue } from '../../src/completion.ts';
import { socketPair } from '../../src/io.ts';
import { takeTurns, transfers } from '../../tools/measure-completion.ts';
import { test } from '../harness/test.ts';

const unavailable = IoUringQueue.unavailable();

test(
  'measure-completion: every way moves every byte, and is measured',
  async () => {
    using queue = openCompletionQueue();
    const [near, far] = socketPair();
    const count = 128;
    const ways = transfers(queue, near, far);
    const medians = await takeTurns(ways, 2, count);
    assert.deepEqual([...medians.keys()], Object.keys(ways));
    for (const [name, time] of medians) assert.ok(time > 0, name);
    while (queue.pending > 0) queue.wait();
    assert.equal(queue.statistics().recorded, 3 * 3 * 2 * count);
    assert.equal(near.tryRecv(Buffer.alloc(1)), null, 'nothing is left');
    for (const socket of [near, far]) socket.close();
  },
  { skip: unavailable === null ? false : unavailable.reason },
);
