import assert from 'node:assert/strict';
import { bar, drawReport, drawTable, figure } from '../../src/cli/bench-text.ts';
import { MODELS, report } from '../bench/recorded.ts';
import { test } from '../harness/test.ts';

test('bar: whole and eighth blocks, never longer than its width', () => {
  assert.equal(bar(1, 4), '████');
  assert.equal(bar(0.5, 4), '██');
  assert.equal(bar(0.3, 4), '█▎');
  assert.equal(bar(9, 4), '████');
  assert.equal(bar(0, 4), '');
});

test('figure: three digits that say something', () => {
  assert.deepEqual([0, 0.1234, 1.234, 12.34, 1_234.5, null].map(figure), [
    ...['0', '0.123', '1.23', '12.3', '1,235', '–'],
  ]);
});

test('table: columns are left out until it fits, the figures that matter stay', () => {
  const rows = report().rows.filter(({ workload }) => workload === 'small');
  const wide = drawTable(rows, 200);
  const narrow = drawTable(rows, 76);
  assert.match(wide[0] as string, /model +messages\/s +ratio +MB\/s +p50 µs +p99 +p99.9 +CPU µs/);
  assert.match(narrow[0] as string, /^model +messages\/s +ratio +p99 +CPU µs/);
  assert.ok(
    narrow.every((line) => line.length <= 76),
    narrow.join('\n'),
  );
  assert.equal(wide.length, 1 + MODELS.length);
  assert.match(wide.join('\n'), /epoll +110k +█+ +1\.83 \[1\.\d\d–1\.\d\d\]/);
});

test('report as text: the machine, a table for each workload, what cannot run', () => {
  const text = drawReport(report(), 140).join('\n');
  assert.match(
    text,
    /^polyio 0\.1\.0, Node 24\.0\.0, linux 6\.18\.0, 2 × Some Processor; server on/,
  );
  assert.match(text, /\nsmall {2}50 connections, 64 B each\n/);
  assert.match(text, /\nidle {2}10 active connections/);
  assert.match(text, /\niocp cannot run here: it is the kernel interface of Windows\n/);
});

test('report as text: a machine that was busy is told', () => {
  const { machine, ...rest } = report();
  const calm = drawReport({ ...rest, machine }, 140).join('\n');
  assert.doesNotMatch(calm, /busy/);
  const busy = drawReport({ ...rest, machine: { ...machine, loadAverage: 7.25 } }, 140).join('\n');
  assert.match(
    busy,
    /\n! this machine was busy with something else \(load average 7.3 on 2 cores\)/,
  );
});
