import assert from 'node:assert/strict';
import { agreementOf, compareReports, parseReport } from '../../src/bench/compare.ts';
import { test } from '../harness/test.ts';
import { MODELS, report } from './recorded.ts';

test('compareReports: the same report twice has changed nowhere', () => {
  const rows = compareReports(report(), report());
  assert.equal(rows.length, MODELS.length * 5);
  assert.deepEqual([...new Set(rows.map(({ verdict }) => verdict))], ['same']);
});

test('compareReports: a slower machine is no slower model', () => {
  const rows = compareReports(
    report(),
    report(() => 0.5),
  );
  assert.deepEqual([...new Set(rows.map(({ verdict }) => verdict))], ['same']);
});

test('compareReports: a model that has become slower or faster is told, in every row', () => {
  const changed = report((model) => (model === 'epoll' ? 0.7 : model === 'poll' ? 1.5 : 1));
  const verdicts = compareReports(report(), changed).map(
    ({ model, verdict }) => `${model} ${verdict}`,
  );
  assert.deepEqual(
    [...new Set(verdicts)],
    ['poll faster', 'epoll slower', 'node-net same', '<peer> & "co" same'],
  );
});

test('compareReports: rows that came, went or failed', () => {
  const before = report();
  const [first, second, ...rest] = before.rows;
  assert.ok(first && second);
  const after = { ...before, rows: [{ ...second, failure: 'died' }, ...rest] };
  const [gone, failed] = compareReports(before, after);
  assert.deepEqual([gone?.verdict, failed?.verdict], ['gone', 'failed']);
  assert.equal(compareReports(after, before).at(-1)?.verdict, 'new');
});

test('agreementOf: what the second run confirms of the first', () => {
  const all = agreementOf(report(), report());
  // Six pairs in each of five cells; all of these speeds are far apart but poll and epoll without silent ones.
  assert.deepEqual([all.sameOrder, all.inside], [all.ordered, all.ratios]);
  assert.equal(all.ratios, (MODELS.length - 1) * 5);
  assert.ok(all.ordered >= 20 && all.ordered <= 30, String(all.ordered));
  const turned = agreementOf(
    report(),
    report((model) => (model === 'epoll' ? 0.3 : 1)),
  );
  assert.ok(turned.sameOrder < turned.ordered);
  assert.equal(turned.inside, turned.ratios - 5);
});

test('parseReport: takes what was written, and refuses everything else', () => {
  assert.deepEqual(parseReport(JSON.stringify(report())), report());
  assert.throws(() => parseReport('{'), /it is not JSON/);
  assert.throws(() => parseReport('null'), /it is no report of polyio bench/);
  assert.throws(() => parseReport('{"rows":[]}'), /it is no report of polyio bench/);
  const other = JSON.stringify({ ...report(), version: 99 });
  assert.throws(() => parseReport(other), /version 99 of the format, this is 1/);
});

test('parseReport: a damaged report is told where it is damaged', () => {
  const whole = report();
  const [first, second] = whole.rows;
  const damaged: readonly [object, RegExp][] = [
    [{ ...whole, rows: [], machine: undefined }, /it does not say of which machine it is$/],
    [{ ...whole, baseline: undefined }, /it names no baseline$/],
    [{ ...whole, rows: [null] }, /row 1 is no object$/],
    [{ ...whole, rows: [first, { ...second, model: 7 }] }, /row 2 has no proper model$/],
    [{ ...whole, rows: [{ ...first, ratio: '1' }] }, /row 1 has no proper ratio$/],
    [{ ...whole, rows: [{ ...first, ratioInterval: [1] }] }, /row 1 has no proper ratioInterval$/],
    [{ ...whole, rows: [{ ...first, failure: undefined }] }, /row 1 has no proper failure$/],
  ];
  for (const [value, pattern] of damaged) {
    assert.throws(() => parseReport(JSON.stringify(value)), pattern);
  }
});
