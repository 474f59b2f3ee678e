import assert from 'node:assert/strict';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

test('examples: add waits for a synchronous sum, and goes on printing during an asynchronous one', async () => {
  const lines = (await runExample('add')).trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'synchronous: add(4, 5) is called, the caller waits',
    'synchronous: the call returned 9',
    'asynchronous: startAdd(4, 5) is called',
    'asynchronous: the call returned a receipt, the sum is still being made',
  ]);
  assert.equal(lines.at(-1), 'asynchronous: the receipt yields 9');
  const meanwhile = lines.slice(4, -1);
  assert.ok(meanwhile.length >= 1, `${meanwhile.length} lines meanwhile`);
  for (const line of meanwhile) assert.match(line, /the caller does something else \(\d+\)$/);
});
