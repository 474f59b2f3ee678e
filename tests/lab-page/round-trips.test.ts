import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decadesOf,
  edgeOf,
  heatMapOf,
  type RoundTrip,
  roundTripsOf,
} from '../../lab-page/src/app/round-trips.ts';
import type { Trace, TraceEvent } from '../../src/trace.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

const SEED = 20_261_125;

function act(
  name: 'send' | 'receive',
  at: readonly [number, number],
  bytes: number,
  port = 9,
): TraceEvent {
  const [start, end] = at;
  return {
    ...{ kind: 'client', writer: 1, name, fd: 5, start, end, result: bytes, errno: 0, times: 1 },
    ...{ arrival: null, measured: 'none', about: port },
  };
}

function traceOf(events: readonly TraceEvent[], bytes = 64): Trace {
  return { ...SAMPLE, run: { ...SAMPLE.run, bytes }, window: [100, 10_000], events };
}

test('round trips: from the send of the first byte to the last byte of the echo', () => {
  const events = [act('send', [150, 160], 64), act('receive', [300, 400], 64)];
  assert.deepEqual(roundTripsOf(traceOf(events)), [{ at: 50, length: 250 }]);
});

test('round trips: a message in pieces is one, and of two in one send each is counted', () => {
  const pieces = [
    act('send', [150, 160], 30),
    act('send', [250, 260], 34),
    act('receive', [300, 310], 60),
    act('receive', [320, 330], 4),
  ];
  assert.deepEqual(roundTripsOf(traceOf(pieces)), [{ at: 50, length: 180 }]);
  const both = [
    act('send', [150, 160], 128),
    act('receive', [300, 310], 64),
    act('receive', [500, 510], 64),
  ];
  assert.deepEqual(
    roundTripsOf(traceOf(both)).map(({ length }) => length),
    [160, 360],
  );
});

test('round trips: clients are told apart, and what never came back is none', () => {
  const events = [
    act('send', [150, 160], 64, 1),
    act('send', [150, 160], 64, 2),
    act('receive', [300, 310], 64, 2),
    act('receive', [400, 410], 63, 1),
  ];
  assert.deepEqual(roundTripsOf(traceOf(events)), [{ at: 50, length: 160 }]);
});

test('heat map: every round trip is in one field, whatever its length', () => {
  const trip: fc.Arbitrary<RoundTrip> = fc.record({
    at: fc.integer({ min: -10, max: 2_000_000 }),
    length: fc.integer({ min: 0, max: 5_000_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(trip, { minLength: 1, maxLength: 200 }), (trips) => {
      const axes = {
        columns: 48,
        rows: 12,
        span: 1_000_000,
        ...decadesOf(trips.map((t) => t.length)),
      };
      const map = heatMapOf(trips, axes);
      assert.equal(
        map.cells.reduce((sum, { count }) => sum + count, 0),
        trips.length,
      );
      for (const { column, row, count } of map.cells) {
        assert.ok(column >= 0 && column < 48 && row >= 0 && row < 12 && count <= map.most);
      }
      assert.equal(edgeOf(map, 0), map.least);
      assert.equal(edgeOf(map, map.rows), map.longest);
    }),
    { seed: SEED },
  );
});

test('heat map: the decades hold the lengths', () => {
  assert.deepEqual(decadesOf([250, 4_000]), { least: 100, longest: 10_000 });
  assert.deepEqual(decadesOf([1_000]), { least: 1_000, longest: 10_000 });
  assert.deepEqual(decadesOf([]), { least: 1, longest: 10 });
});
