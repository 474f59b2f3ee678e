import assert from 'node:assert/strict';
import { type Limits, resolveLimits } from '../../src/servers/limits.ts';
import { test } from '../harness/test.ts';

test('resolveLimits: the defaults', () => {
  assert.deepEqual(resolveLimits({}, 1_000), {
    maxConnections: 800,
    backlog: 511,
    idleTimeoutMs: 0,
    firstByteTimeoutMs: 0,
    highWatermark: 32_768,
    maxQueuedBytes: 67_108_864,
  });
  assert.equal(resolveLimits({}, 1).maxConnections, 1);
});

test('resolveLimits: each limit is checked by name', () => {
  const smallest: Limits = {
    maxConnections: 1,
    backlog: 1,
    idleTimeoutMs: 0,
    firstByteTimeoutMs: 0,
    highWatermark: 1,
    maxQueuedBytes: 1,
  };
  assert.deepEqual(resolveLimits(smallest, 1_000), smallest);
  for (const [name, least] of Object.entries(smallest) as [keyof Limits, number][]) {
    for (const value of [least - 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      const expected = { name: 'RangeError', message: new RegExp(name) };
      assert.throws(() => resolveLimits({ [name]: value }, 1_000), expected, `${name} ${value}`);
    }
    assert.throws(() => resolveLimits({ [name]: '5' as unknown as number }, 1_000), TypeError);
  }
});
