import assert from 'node:assert/strict';
import { IoUringQueue, openCompletionQueue } from '../../src/completion.ts';
import { test } from '../harness/test.ts';

const unavailable = IoUringQueue.unavailable();
const skip = unavailable === null ? false : unavailable.reason;

test(
  'openCompletionQueue: the default is the first candidate, and nothing was rejected',
  () => {
    using queue = openCompletionQueue();
    assert.equal(queue.model, 'io-uring');
    assert.deepEqual(queue.rejected, []);
    using named = openCompletionQueue('io-uring', { entries: 16 });
    assert.ok(named instanceof IoUringQueue);
  },
  { skip },
);

test('openCompletionQueue: an unknown name lists the names', () => {
  assert.throws(() => openCompletionQueue('aio' as 'io-uring'), {
    name: 'TypeError',
    message: "a completion queue is one of default, io-uring, iocp, got 'aio'",
  });
});
