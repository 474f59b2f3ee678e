import assert from 'node:assert/strict';
import { announceClosing, watchClosing } from '../../src/platform/closing.ts';
import { test } from '../harness/test.ts';

test('watchClosing() is told once, before the end, unless it was withdrawn', () => {
  const owner = {};
  const heard: string[] = [];
  watchClosing(owner, () => heard.push('first'));
  const withdraw = watchClosing(owner, () => heard.push('withdrawn'));
  watchClosing(owner, () => heard.push('second'));
  watchClosing({}, () => heard.push('another owner'));
  withdraw();
  withdraw();
  announceClosing(owner);
  announceClosing(owner);
  assert.deepEqual(heard, ['first', 'second']);
});

test('a listener may withdraw while it is told', () => {
  const owner = {};
  let calls = 0;
  const withdraw = watchClosing(owner, () => {
    calls++;
    withdraw();
  });
  watchClosing(owner, () => calls++);
  announceClosing(owner);
  assert.equal(calls, 2);
});
