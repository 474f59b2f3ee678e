import assert from 'node:assert/strict';
import {
  cellsOf,
  findWorkload,
  IDLE_LEVELS,
  titleOf,
  WORKLOADS,
} from '../../src/bench/workload.ts';
import { test } from '../harness/test.ts';

test('workloads: the eight by their names', () => {
  assert.deepEqual(
    WORKLOADS.map(({ name, connections, bytes }) => `${name} ${connections}x${bytes}`),
    [
      'ping-pong 1x64',
      'small 50x64',
      'many 500x64',
      'bulk 50x65536',
      'idle 10x64',
      'churn 50x64',
      'slow-clients 200x64',
      'pipelined 50x64',
    ],
  );
  assert.equal(findWorkload('small')?.connections, 50);
  assert.equal(findWorkload('large'), undefined);
});

test('cellsOf: only idle has levels', () => {
  const cells = cellsOf(WORKLOADS.filter(({ name }) => ['small', 'idle'].includes(name)));
  assert.deepEqual(IDLE_LEVELS, [0, 100, 1_000, 10_000]);
  assert.deepEqual(cells.map(titleOf), [
    'small',
    'idle 0',
    'idle 100',
    'idle 1,000',
    'idle 10,000',
  ]);
});
