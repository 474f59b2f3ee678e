import assert from 'node:assert/strict';
import { toCsv } from '../../src/lab.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

test('csv: a line for each event, under its columns, by the clock of the window', () => {
  const lines = toCsv([{ label: 'epoll', trace: SAMPLE }]).split('\r\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, SAMPLE.events.length + 1);
  const columns = (lines[0] ?? '').split(',');
  for (const [index, event] of SAMPLE.events.entries()) {
    const cells = (lines[index + 1] ?? '').split(',');
    assert.equal(cells.length, columns.length);
    const value = (name: string) => cells[columns.indexOf(name)];
    assert.equal(value('run'), 'epoll');
    assert.equal(value('name'), event.name);
    assert.equal(Number(value('start_ns')), event.start - SAMPLE.window[0]);
    assert.equal(Number(value('result')), event.result);
    const arrival = event.arrival === null ? '' : String(event.arrival - SAMPLE.window[0]);
    assert.equal(value('arrival_ns'), arrival);
  }
});

test('csv: text is quoted, and never a formula', () => {
  const [event] = SAMPLE.events;
  assert.ok(event !== undefined);
  const cellOf = (name: string): string => {
    const trace = { ...SAMPLE, events: [{ ...event, name }] };
    return toCsv([{ label: 'x', trace }])
      .split('\r\n')
      .slice(1)
      .join('\r\n');
  };
  assert.ok(cellOf('a,"b"').includes(',"a,""b""",'));
  assert.ok(cellOf('=1+1').includes(",'=1+1,"));
  assert.ok(cellOf('@sum,x').includes(`,"'@sum,x",`));
});
