import assert from 'node:assert/strict';
import type { LoadProgress } from '../../src/bench.ts';
import { describeProgress } from '../../src/cli/load-text.ts';
import { test } from '../harness/test.ts';

const progress: LoadProgress = {
  phase: 'measuring',
  elapsedMs: 1_500,
  leftMs: 4_040,
  open: 1_250,
  messages: 98_765,
  rate: 43_210,
  errors: 0,
};

test('describeProgress: the phase, the time left, connections, rate', () => {
  const line = 'measuring · 4 s left · 1,250 open · 43.2k messages/s';
  assert.equal(describeProgress(progress), line);
});

test('describeProgress: errors are told once there are some', () => {
  assert.match(describeProgress({ ...progress, errors: 1 }), / messages\/s · 1 error$/);
  assert.match(describeProgress({ ...progress, errors: 3_000 }), / · 3,000 errors$/);
});

test('describeProgress: each phase by a name of its own; at the end nobody knows how long', () => {
  const phases = ['connecting', 'ramp', 'warm-up', 'measuring', 'ending'] as const;
  const lines = phases.map((phase) => describeProgress({ ...progress, phase }));
  assert.deepEqual(
    lines.map((line) => line.split(' · ')[0]),
    ['connecting', 'ramp', 'warming up', 'measuring', 'waiting for the last answers'],
  );
  assert.ok(lines.slice(0, 4).every((line) => line.includes(' · 4 s left · ')));
  assert.doesNotMatch(lines[4] as string, /left/);
});
