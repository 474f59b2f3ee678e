import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseReport, WORKLOADS } from '../../src/bench.ts';
import { lossesOf, noiseOf } from '../../tools/bench-docs/findings.ts';
import { compactReport, filesOf } from '../../tools/bench-docs.ts';
import { report } from '../bench/recorded.ts';
import { test } from '../harness/test.ts';

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

test('bench-docs: the committed pages are those of the committed figures', () => {
  for (const [path, text] of Object.entries(filesOf(parseReport(read('docs/benchmarks.json'))))) {
    assert.equal(text, read(path), `${path} is stale; npm run bench:docs writes it`);
  }
});

test('bench-docs: the committed figures are of a whole run in which nothing failed', () => {
  const { complete, rows, workloads, machine } = parseReport(read('docs/benchmarks.json'));
  assert.equal(complete, true);
  assert.deepEqual(
    rows.filter(({ failure }) => failure !== null),
    [],
  );
  assert.ok(machine.processor.length > 0);
  assert.deepEqual(
    workloads.map(({ name }) => name),
    WORKLOADS.map(({ name }) => name),
  );
});

test('bench-docs: four digits, no rounds, no folders of a machine', () => {
  const made = compactReport(report((model) => (model === 'epoll' ? 1.23456789 : 1)));
  const epoll = made.rows.find(({ model }) => model === 'epoll');
  assert.equal(epoll?.ratio, 2.263);
  assert.deepEqual([epoll?.rounds, made.models[0]?.command], [[], []]);
  assert.equal(made.command, 'npm run bench:docs');
});

test('bench-docs: a row that is worse than the baseline or a simpler model is found, by rate or by cost', () => {
  const losses = lossesOf(report()).map(
    ({ by, where, model, to }) => `${where}: ${model} < ${to}, ${by}`,
  );
  assert.deepEqual(losses, [
    'idle 1,000: poll < node-net, ratio',
    'idle 10,000: poll < node-net, ratio',
  ]);
  const made = report();
  const rows = made.rows.map((row) => {
    const isOne = row.model === 'epoll' && row.workload === 'small';
    return isOne ? { ...row, cost: 1.5, costInterval: [1.4, 1.6] as const } : row;
  });
  const costly = lossesOf({ ...made, rows }).filter(({ by }) => by === 'cost');
  assert.deepEqual(costly, [
    { by: 'cost', where: 'small', model: 'epoll', value: 1.5, to: 'poll', toValue: 0.6 },
  ]);
  const slow = lossesOf(report((model) => (model === 'epoll' ? 0.5 : 1)));
  assert.ok(slow.some(({ where, model, to }) => `${where} ${model} ${to}` === 'small epoll poll'));
});

test('bench-docs: noise is told in numbers', () => {
  const { rows, noisy, typicalPercent, worstPercent } = noiseOf(report());
  assert.deepEqual([rows, noisy], [20, 0]);
  assert.ok(typicalPercent > 0 && typicalPercent <= worstPercent && worstPercent < 30);
});
