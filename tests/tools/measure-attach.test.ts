import assert from 'node:assert/strict';
import { measureAttach, WAYS } from '../../tools/measure-attach.ts';
import { test } from '../harness/test.ts';

test('what an attached wake-up costs beside the bare callback', async (context) => {
  const isFull = process.env.POLYIO_TEST_FULL === '1';
  const medians = await measureAttach(isFull ? 9 : 5, isFull ? 20_000 : 4_000);
  assert.deepEqual([...medians.keys()], Object.keys(WAYS));
  for (const [name, time] of medians) {
    assert.ok(time > 0);
    context.diagnostic(`${name}: ${time.toFixed(2)} us`);
  }
});
