import assert from 'node:assert/strict';
import { drawPage } from '../../src/bench/page.ts';
import { test } from '../harness/test.ts';
import { MODELS, report } from './recorded.ts';

/** Checks that every element that is opened is closed, in order. */
function assertNested(html: string): void {
  const open: string[] = [];
  const body = html.replace(/<style>.*?<\/style>/s, '').replace('<!doctype html>', '');
  for (const [tag, slash, name = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/gi)) {
    if (['meta', 'br'].includes(name) || tag.endsWith('/>')) continue;
    if (slash === '') open.push(name);
    else assert.equal(open.pop(), name, `${tag} closes something else`);
  }
  assert.deepEqual(open, []);
}

test('page: well-formed, and needs nothing from anywhere', () => {
  const page = drawPage(report());
  assertNested(page);
  assert.doesNotMatch(page, /<script|<link|<img|\bsrc=|\bhref=|url\(|@import|https?:/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity|null<|\[object/);
});

test('page: bars, percentiles and the classic chart, in both colour schemes', () => {
  const page = drawPage(report());
  const charts = [...page.matchAll(/<svg[^>]*aria-label="([^"]*)"/g)].map(([, label]) => label);
  assert.deepEqual(charts, [
    'Messages per second under small',
    'CPU time per message under small',
    'Latency percentiles under small',
    'CPU time per message beside silent connections',
    'Messages per second beside silent connections',
  ]);
  assert.match(page, /prefers-color-scheme: dark/);
  const curves = page.match(/class="curve c\d+"/g) ?? [];
  assert.equal(curves.length, MODELS.length * 2);
});

test('page: says the machine, the command and every raw number', () => {
  const made = report();
  const page = drawPage(made);
  for (const fact of ['Some Processor', 'linux 6.18.0', 'polyio bench --quick', 'v24.0.0']) {
    assert.ok(page.includes(fact), fact);
  }
  const [, raw = ''] = /<pre>(\{\n.*?)<\/pre>/s.exec(page) ?? [];
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
  const json = raw.replace(/&(lt|gt|quot|amp);/g, (_, name: string) => entities[name] as string);
  assert.deepEqual(JSON.parse(json), made);
});

test('page: names from the command line are text, whatever they contain', () => {
  const page = drawPage(report());
  assert.doesNotMatch(page, /<peer>/);
  assert.match(page, /&lt;peer&gt; &amp; &quot;co&quot;/);
});

test('page: a point of the chart says how many silent connections there were', () => {
  const made = report();
  const rows = made.rows.map((row) => {
    return row.model === 'poll' && row.idle === 1_000 ? { ...row, idleOpen: 950 } : row;
  });
  const page = drawPage({ ...made, rows });
  assert.match(page, /<title>poll, 950 silent: /);
  assert.match(page, /<title>epoll, 1,000 silent: /);
});

test('page: latency counts from when a message was due where there is a schedule', () => {
  const made = report();
  const scheduled = made.workloads.map((workload) => ({ ...workload, ratePerSecond: 1_000 }));
  assert.match(drawPage(made), /From sending a message until all of it was back\./);
  const page = drawPage({ ...made, workloads: scheduled });
  assert.match(page, /From when a message was due until all of it was back\./);
});

test('page: an interrupted run without a single figure is still a page', () => {
  const { rows, ...rest } = report();
  const empty = rows.map((row) => ({
    ...row,
    rate: null,
    rateInterval: null,
    cpuUsPerMessage: null,
    p50Us: null,
    p99Us: null,
    p999Us: null,
    ratio: null,
    note: 'serves 1 at once',
    rounds: [],
  }));
  const page = drawPage({ ...rest, rows: empty, complete: false });
  assertNested(page);
  assert.match(page, /The run was interrupted/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});
