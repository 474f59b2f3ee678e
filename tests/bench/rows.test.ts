import assert from 'node:assert/strict';
import { rowOf } from '../../src/bench/rows.ts';
import { test } from '../harness/test.ts';
import { collected, round } from './recorded.ts';

test('rowOf: medians, and ratios to the baseline of the same round', () => {
  const base = collected('node-net', [round(100, 10), round(50, 20), round(200, 5)]);
  const row = rowOf(collected('epoll', [round(150, 5), round(100, 10), round(250, 3)]), base);
  assert.equal(row.rate, 150);
  assert.deepEqual(row.rateSpread, [100, 250]);
  assert.equal(row.ratio, 1.5, 'of 1.5, 2 and 1.25');
  assert.deepEqual(row.ratioSpread, [1.25, 2]);
  assert.equal(row.cost, 0.5);
  assert.equal(row.rounds.length, 3);
});

test('rowOf: a round that failed on one side is no ratio, and its place is kept', () => {
  const base = collected('node-net', [round(100, 10), null, round(200, 5)]);
  const row = rowOf(collected('epoll', [null, round(999, 1), round(300, 5)]), base);
  assert.equal(row.ratio, 1.5);
  assert.equal(row.rounds.length, 2);
});

test('rowOf: without rounds there are no figures, and the reason stays', () => {
  const row = rowOf({ ...collected('select', []), note: 'stops at 950' }, undefined);
  assert.deepEqual([row.rate, row.ratio, row.cost, row.p50Us], [null, null, null, null]);
  assert.equal(row.note, 'stops at 950');
  assert.equal(row.idleOpen, null, 'nobody looked');
  assert.equal(row.noisy, false);
});

test('rowOf: system calls are added up, what could not be counted is null', () => {
  const counts = {
    systemCalls: { recvfrom: 1, sendto: 1.5 },
    uncounted: null,
    bytesPerConnection: 7,
  };
  const row = rowOf({ ...collected('epoll', [round(1, 1)]), counts }, undefined);
  assert.equal(row.systemCallsPerMessage, 2.5);
  assert.equal(row.bytesPerConnection, 7);
  const blind = rowOf(collected('epoll', [{ ...round(1, 1), cpuUsPerMessage: null }]), undefined);
  assert.deepEqual([blind.systemCallsPerMessage, blind.cpuUsPerMessage], [null, null]);
});

test('rowOf: clients that were never served are told, noise is flagged', () => {
  const rounds = [round(100, 1), { ...round(160, 1), neverServed: 3 }];
  const row = rowOf(collected('epoll', rounds), undefined);
  assert.equal(row.note, '3 connections were never served');
  assert.equal(row.noisy, true);
});

test('rowOf: a load that is slower than the server is told', () => {
  const busy = { ...round(100_000, 5), loadCores: 1 };
  assert.match(rowOf(collected('epoll', [busy]), undefined).note ?? '', /load was at its limit/);
  const even = { ...round(190_000, 5), loadCores: 1 };
  assert.equal(rowOf(collected('epoll', [even]), undefined).note, null);
});

test('rowOf: a row whose calls alone were not counted says why', () => {
  const one = { ...collected('epoll', [round(1, 1)]), uncounted: 'not counted: no thread' };
  assert.equal(rowOf(one, undefined).note, 'system calls not counted: no thread');
});
