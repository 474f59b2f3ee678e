import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scaleOf } from '../../lab-page/src/app/scale.ts';
import { test } from '../harness/test.ts';

const SEED = 20_261_125;

test('charts: every value lies on its axis, and so do the ticks', () => {
  const values = fc.array(fc.double({ noNaN: true }), { maxLength: 30 });
  fc.assert(
    fc.property(values, fc.constantFrom('linear', 'log'), (points, kind) => {
      const scale = scaleOf(kind, points);
      assert.ok(scale.ticks.length >= 2 && scale.ticks.length <= 14, String(scale.ticks.length));
      for (const value of [...points, ...scale.ticks]) {
        const place = scale.place(value);
        assert.ok(place >= -1e-9 && place <= 1 + 1e-9, `${kind} ${value} at ${place}`);
      }
    }),
    { seed: SEED },
  );
});

test('charts: ticks are numbers that people count in', () => {
  assert.deepEqual(scaleOf('linear', [0, 69]).ticks, [0, 20, 40, 60, 80]);
  assert.deepEqual(scaleOf('log', [10, 10_000]).ticks, [10, 100, 1_000, 10_000]);
  assert.deepEqual(scaleOf('log', [4_096, 16_384], true).ticks, [4_096, 8_192, 16_384]);
  assert.deepEqual(scaleOf('linear', [65_536], true).ticks, [0, 16_384, 32_768, 49_152, 65_536]);
  assert.deepEqual(scaleOf('linear', []).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
});
