import assert from 'node:assert/strict';
import { IoUringQueue } from '../../src/completion.ts';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

const unavailable = IoUringQueue.unavailable();

test(
  'examples: add waits for a synchronous sum, and goes on printing during two asynchronous ones',
  async () => {
    const lines = (await runExample('add')).trimEnd().split('\n');
    assert.deepEqual(lines.splice(0, 2), [
      'synchronous: add(4, 5) is called, the caller waits',
      'synchronous: the call returned 9',
    ]);
    for (const who of ['asynchronous', 'asynchronous, by the kernel']) {
      const end = lines.indexOf(`${who}: the receipt yields 9`);
      const [first, ...meanwhile] = lines.splice(0, end + 1).slice(0, -1);
      assert.equal(first, `${who}: the call returned a receipt, the sum is still being made`);
      assert.ok(meanwhile.length >= 1, `${meanwhile.length} lines meanwhile`);
      for (const line of meanwhile) assert.match(line, /the caller does something else \(\d+\)$/);
    }
    assert.deepEqual(lines, []);
  },
  { skip: unavailable === null ? false : unavailable.reason },
);
