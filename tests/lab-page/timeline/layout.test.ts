import assert from 'node:assert/strict';
import { textOf } from '../../../lab-page/src/text/text.ts';
import {
  type Lane,
  layoutTimeline,
  RUNS_MAX,
  type TimelineLayout,
} from '../../../lab-page/src/timeline/layout.ts';
import type { BarStyle } from '../../../lab-page/src/timeline/style.ts';
import type { Trace, TraceEvent } from '../../../src/trace.ts';
import { test } from '../../harness/test.ts';
import { SAMPLE } from '../../trace/sample.ts';
import { blockingTrace, ringTrace } from './scripted-traces.ts';
import { syntheticTrace } from './synthetic-trace.ts';

function layoutOf(trace: Trace): TimelineLayout {
  return layoutTimeline([{ label: trace.run.model, trace }]);
}

function lanesOf({ bands }: TimelineLayout): readonly Lane[] {
  return bands.flatMap(({ groups }) => groups.flatMap(({ lanes }) => lanes));
}

/** The bars of one style in the first lane of a kind of the group: from, to. */
function barsOf(
  { bands }: TimelineLayout,
  group: 'thread' | 'connection',
  kind: Lane['kind'],
  style: BarStyle,
): number[][] {
  const lanes = bands[0]?.groups.find((candidate) => candidate.kind === group)?.lanes;
  const track = lanes
    ?.find((lane) => lane.kind === kind)
    ?.tracks.find((candidate) => candidate.style === style);
  if (track === undefined) return [];
  const { starts, ends } = track.bars;
  return Array.from(starts, (start, at) => [start, ends[at] as number]);
}

test('timeline layout: a connection has client, kernel buffer, process and calls, a thread its own', () => {
  const { bands } = layoutOf(syntheticTrace({ events: 60, connections: 2 }));
  const groups = bands[0]?.groups.map(({ kind, lanes }) => [kind, ...lanes.map((l) => l.kind)]);
  const connection = ['connection', 'client', 'kernel', 'process', 'calls'];
  assert.deepEqual(groups, [['thread', 'process', 'calls'], connection, connection]);
});

test('timeline layout: a thread asleep for one connection is thick in both lanes, phase by phase', () => {
  const layout = layoutOf(blockingTrace());
  assert.deepEqual(barsOf(layout, 'connection', 'process', 'wait'), [[100_000, 900_000]]);
  assert.deepEqual(barsOf(layout, 'connection', 'process', 'copy'), [[900_000, 950_000]]);
  assert.deepEqual(barsOf(layout, 'connection', 'process', 'wait-free'), [[80_000, 100_000]]);
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'wait'), [[100_000, 900_000]]);
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'copy'), [[900_000, 950_000]]);
  assert.deepEqual(barsOf(layout, 'connection', 'process', 'code'), [
    [70_000, 80_000],
    [960_000, 1_000_000],
  ]);
  // Asleep in accept4 it waits for nobody's data.
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'sleep'), [[0, 60_000]]);
});

test('timeline layout: a thread asleep for all is an outline, and its connections wait thin', () => {
  const trace = syntheticTrace({ events: 60, connections: 2 });
  const layout = layoutOf(trace);
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'wait'), []);
  const sleeps = trace.events.filter(({ name }) => name === 'epoll_wait');
  const bars = barsOf(layout, 'thread', 'process', 'sleep');
  assert.deepEqual(
    bars,
    sleeps.map(({ start, end }) => [start, end]),
  );
  assert.deepEqual(barsOf(layout, 'connection', 'process', 'wait'), []);
  const waits = trace.phases.filter(
    ({ connection, arrival, waitStart }) => connection === 0 && (arrival ?? 0) > waitStart,
  );
  assert.deepEqual(
    barsOf(layout, 'connection', 'process', 'wait-free'),
    waits.map(({ waitStart, arrival }) => [waitStart, arrival]),
  );
});

test('timeline layout: bytes lie in the kernel from their arrival until they are received', () => {
  const layout = layoutOf(blockingTrace());
  assert.deepEqual(barsOf(layout, 'connection', 'kernel', 'buffer'), [[900_000, 950_000]]);
});

test('timeline layout: every would-block is there, however many', () => {
  const trace = syntheticTrace({ events: 2_000, isPolling: true });
  const wanted = trace.events.filter(({ errno }) => errno === 11).length;
  assert.ok(wanted > 1_000);
  assert.equal(barsOf(layoutOf(trace), 'thread', 'process', 'would-block').length, wanted);
});

test('timeline layout: an operation is a receipt from submission to completion, and again when it is multishot', () => {
  const layout = layoutOf(ringTrace());
  assert.deepEqual(barsOf(layout, 'connection', 'operations', 'receipt'), [
    [100_000, 300_000],
    [300_000, 600_000],
    [650_000, 1_000_000],
  ]);
  assert.equal(barsOf(layout, 'connection', 'operations', 'completion').length, 2);
});

test('timeline layout: without connections every thread that did something has lanes of its own', () => {
  const events = SAMPLE.events
    .filter(({ kind }) => kind === 'call')
    .flatMap((event): TraceEvent[] => [event, { ...event, writer: 2 }]);
  const [server] = SAMPLE.writers;
  const writers = [...SAMPLE.writers, { ...server, tid: 12 }] as Trace['writers'];
  const { bands } = layoutOf({ ...SAMPLE, events, writers, connections: [], phases: [] });
  assert.deepEqual(
    bands[0]?.groups.map(({ kind, label }) => [kind, label.values]),
    [
      ['thread', { tid: '11' }],
      ['thread', { tid: '12' }],
    ],
  );
});

test('timeline layout: more than eight connections are folded, and each can be unfolded', () => {
  const trace = syntheticTrace({ events: 400, connections: 9 });
  const folded = layoutOf(trace).bands[0]?.groups.filter(({ kind }) => kind === 'connection');
  assert.equal(folded?.length, 9);
  assert.ok(folded.every(({ isFolded, lanes }) => isFolded && lanes.length === 1));
  const id = folded[3]?.id as string;
  const layout = layoutTimeline([{ label: 'epoll', trace }], { folded: new Map([[id, false]]) });
  const open = layout.bands[0]?.groups.filter(({ isFolded }) => !isFolded).map(({ id }) => id);
  assert.deepEqual(open, ['0:w0', id]);
  const eight = layoutOf(syntheticTrace({ events: 400, connections: 8 }));
  assert.ok(eight.bands[0]?.groups.every(({ isFolded }) => !isFolded));
});

test('timeline layout: runs that are compared share the axis of the longest', () => {
  const short = syntheticTrace({ events: 100 });
  const long = syntheticTrace({ events: 2_000, isPolling: true });
  const runs = [short, long].map((trace) => ({ label: trace.run.model, trace }));
  const layout = layoutTimeline(runs);
  assert.equal(layout.duration, long.window[1]);
  assert.deepEqual(
    layout.bands.map(({ label, duration }) => [label, duration]),
    [
      ['epoll', short.window[1]],
      ['non-blocking', long.window[1]],
    ],
  );
});

test('timeline layout: no lane lies on another, folded or not, narrow or not', () => {
  for (const isNarrow of [false, true]) {
    const traces = [2, 9, 1].map((connections) => syntheticTrace({ events: 200, connections }));
    const runs = traces.map((trace) => ({ label: 'epoll', trace }));
    for (const layout of [layoutTimeline(runs, { isNarrow }), layoutTimeline([], { isNarrow })]) {
      let bottom = layout.axisHeight;
      for (const { y, height } of lanesOf(layout)) {
        assert.ok(y >= bottom, `a lane at ${y} begins above ${bottom}`);
        bottom = y + height;
      }
      assert.ok(layout.height >= bottom);
    }
  }
});

test('timeline layout: five runs are too many', () => {
  const run = { label: 'blocking', trace: SAMPLE };
  assert.doesNotThrow(() => layoutTimeline(Array.from({ length: RUNS_MAX }, () => run)));
  assert.throws(() => layoutTimeline([run, run, run, run, run]), /^RangeError: at most 4 runs/);
});

test('timeline layout: where there is little room, runs that are compared have a lane for each thread and client', () => {
  const runs = [blockingTrace(), ringTrace()].map((trace) => ({ label: trace.run.model, trace }));
  const { bands, height } = layoutTimeline(runs, { isCompact: true });
  assert.ok(height < layoutTimeline(runs).height);
  for (const { groups } of bands) {
    assert.ok(groups.every(({ isFolded, lanes }) => isFolded && lanes.length === 1));
  }
  // What a ring holds shows in the low lane, too.
  const styles = bands[1]?.groups.at(-1)?.lanes[0]?.tracks.map(({ style }) => style);
  assert.ok(styles?.includes('receipt'));
});

test('timeline layout: threads have the names that their program gave them, in the language of the page', () => {
  const [server, clients] = SAMPLE.writers as [Trace['writers'][number], Trace['writers'][number]];
  const labelOf = (name: string): string => {
    const trace = { ...SAMPLE, writers: [{ ...server, name }, clients], connections: [] };
    const label = layoutOf({ ...trace, phases: [] }).bands[0]?.groups[0]?.label;
    return label === undefined ? '' : textOf('zh-CN').say(label);
  };
  assert.equal(labelOf('writer'), '写者');
  assert.equal(labelOf('a name of its own'), 'a name of its own');
});

test('timeline layout: calls to a double have no phases, no bytes in a kernel and no share of a CPU', () => {
  const trace = { ...blockingTrace(), phases: [] };
  const { bands } = layoutTimeline([{ label: 'kqueue', trace }], { source: 'double' });
  const lanes = bands[0]?.groups.find(({ kind }) => kind === 'connection')?.lanes;
  assert.deepEqual(
    lanes?.map(({ kind }) => kind),
    ['client', 'process', 'calls'],
  );
  assert.equal(bands[0]?.figures.key, 'timeline.figures.double');
});

test('timeline layout: asleep for room to write to is no phase 1', () => {
  const event = SAMPLE.events.find(({ kind, name }) => kind === 'call' && name === 'send');
  const events = [{ ...(event as TraceEvent), name: 'write', start: 0, end: 5_000_000 }];
  const trace = { ...SAMPLE, window: [0, 6_000_000], events, connections: [], phases: [] } as Trace;
  const layout = layoutOf(trace);
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'wait'), []);
  assert.deepEqual(barsOf(layout, 'thread', 'process', 'wait-other'), [[0, 5_000_000]]);
});
