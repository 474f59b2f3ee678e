import assert from 'node:assert/strict';
import { IoUringQueue } from '../../src/completion.ts';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

const unavailable = IoUringQueue.unavailable();

test(
  'examples: receipts are pending, then done, whatever they are about',
  async () => {
    const stdout = await runExample('receipts');
    assert.match(stdout, /^the queue: io-uring\nfour receipts: (Operation\{\w+ pending\}\s){4}/);
    assert.match(stdout, /is the receive done\? false\n/);
    for (const name of ['openFile', 'read', 'recv', 'timeout']) {
      assert.match(stdout, new RegExp(`done: Operation\\{${name} done`));
    }
    assert.match(stdout, /received: hello\ncancelled: ECANCELED\n$/);
  },
  { skip: unavailable === null ? false : unavailable.reason },
);
