import assert from 'node:assert/strict';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

test('example two-phases: a line of medians for each model, and what it cost', async () => {
  const stdout = await runExample('two-phases', ['poll', 'node-net']);
  assert.match(stdout, /^model +phase 1 +ready +phase 2\npoll +[\d.]+ us +[\d.]+ us +[\d.]+ us\n/);
  assert.match(stdout, /\n {2}15 messages, [\d.]+ calls a message, \d+ would-blocks\nnode-net /);
  assert.match(stdout, /libuv makes the baseline's calls itself/);
});
