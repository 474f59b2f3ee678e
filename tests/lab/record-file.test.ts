import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LabRecord } from '../../src/lab.ts';
import { RecordFileError, readRecord, writeRecord } from '../../src/lab.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

const SEED = 20_260_401;

const RECORD: LabRecord = {
  request: { scene: 'free', models: ['blocking'], scenario: 'steady', clients: 1, seed: 1 },
  source: 'kernel',
  recordedAt: '2026-01-01T00:00:00.000Z',
  machine: SAMPLE.machine,
  runs: [{ label: 'blocking', trace: SAMPLE }],
  charts: [
    {
      key: 'wait-cost',
      kind: 'lines',
      scale: { x: 'log', y: 'linear' },
      unit: { x: '', y: 'ns' },
      ticks: ['one', 'two'],
      series: [
        {
          label: 'poll',
          points: [
            [10, 1.5],
            [100, -2],
          ],
        },
      ],
    },
  ],
  facts: [{ key: 'calls', values: { model: 'epoll', calls: 3.5 } }],
};

const TEXT = writeRecord(RECORD);

type Json = Record<string, unknown>;

function changed(change: (file: Json) => void): string {
  const file = JSON.parse(TEXT) as Json;
  change(file);
  return JSON.stringify(file);
}

function first(file: Json, name: string): Json {
  return (file[name] as Json[])[0] as Json;
}

const MISTAKES: readonly [what: string, text: string, why: RegExp][] = [
  ['nothing', '', /not JSON/],
  ['a list', '[]', /not an object/],
  ['a trace', JSON.stringify({ format: 'polyio-trace', version: 1 }), /format is not 'polyio-lab/],
  ['half a file', TEXT.slice(0, TEXT.length >> 1), /not JSON, or it breaks off/],
  ['a later version', changed((file) => Object.assign(file, { version: 9 })), /version 9/],
  [
    'a scene that there is not',
    changed((file) => Object.assign(file, { request: { scene: 'constructor' } })),
    /request\.scene is none of/,
  ],
  ['a source', changed((file) => Object.assign(file, { source: 'hearsay' })), /source is none of/],
  ['a date', changed((file) => Object.assign(file, { recordedAt: 'yesterday' })), /no time/],
  ['17 runs', changed((file) => Object.assign(file, { runs: Array(17).fill({}) })), /16 are/],
  [
    'a label that is markup',
    changed((file) => Object.assign(first(file, 'runs'), { label: '<b>' })),
    /runs\[0\]\.label is no key/,
  ],
  [
    'a trace that is none',
    changed((file) => Object.assign(first(file, 'runs'), { trace: { format: 'x' } })),
    /format is not 'polyio-trace'/,
  ],
  [
    'a point without height',
    changed((file) =>
      Object.assign(first(file, 'charts'), { series: [{ label: 'a', points: [[1]] }] }),
    ),
    /points\[0\]\[1\] is not a number/,
  ],
  [
    'a place with an object',
    changed((file) => Object.assign(first(file, 'facts'), { values: { a: {} } })),
    /facts\[0\]\.values\.a is not a number/,
  ],
];

test('recording: what is written is read, the same', () => {
  assert.deepEqual(readRecord(TEXT), RECORD);
  assert.deepEqual(JSON.parse(writeRecord(readRecord(TEXT))), JSON.parse(TEXT));
});

for (const [what, text, why] of MISTAKES) {
  test(`recording: ${what} is refused in one sentence`, () => {
    assert.throws(
      () => readRecord(text),
      (error) => {
        assert.ok(error instanceof RecordFileError, String(error));
        assert.match(error.message, /^this is no recording that can be read: [^\n]{1,300}$/);
        assert.match(error.message, why);
        return true;
      },
    );
  });
}

/** Every place in a JSON value, as a path. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) => placesIn(part, [...path, key]));
  return [path, ...inner].filter(({ length }) => length > 0);
}

test(`recording: 1,000 files with one wrong value are read or refused, seed ${SEED}`, () => {
  const places = placesIn(JSON.parse(TEXT));
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.double(),
    fc.constantFrom<unknown>(-1, 2 ** 53, '', [], {}, [[]], undefined),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), values, (path, value) => {
      const text = changed((file) => {
        const parent = path.slice(0, -1).reduce<Json>((inner, key) => inner[key] as Json, file);
        parent[path.at(-1) as string] = value;
      });
      try {
        assert.equal(typeof writeRecord(readRecord(text)), 'string');
      } catch (error) {
        assert.ok(error instanceof RecordFileError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 1_000, seed: SEED },
  );
});
