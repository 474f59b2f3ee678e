import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readTrace, TraceFileError, writeTrace } from '../../src/trace.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from './sample.ts';

const SEED = 20_260_301;
const TEXT = writeTrace(SAMPLE);

type Json = Record<string, unknown>;

function changed(change: (file: Json) => void): string {
  const file = JSON.parse(TEXT) as Json;
  change(file);
  return JSON.stringify(file);
}

/** Asserts that a text is refused in one sentence. */
function assertRefused(text: string, what: RegExp): void {
  assert.throws(
    () => readTrace(text),
    (error) => {
      assert.ok(error instanceof TraceFileError, String(error));
      assert.match(error.message, /^this is no trace that can be read: [^\n]{1,200}$/);
      assert.match(error.message, what);
      return true;
    },
  );
}

test('trace file: what is written is read, the same', () => {
  assert.deepEqual(readTrace(TEXT), SAMPLE);
  assert.deepEqual(JSON.parse(writeTrace(readTrace(TEXT))), JSON.parse(TEXT));
});

test('trace file: times are whole nanoseconds', () => {
  const { events, phases } = readTrace(
    writeTrace({
      ...SAMPLE,
      events: SAMPLE.events.map((event) => ({ ...event, end: event.end + 0.4 })),
      phases: SAMPLE.phases.map((phase) => ({ ...phase, end: phase.end + 0.4 })),
    }),
  );
  assert.deepEqual(events, SAMPLE.events);
  assert.deepEqual(phases, SAMPLE.phases);
});

const MISTAKES: readonly [what: string, change: (file: Json) => void, why: RegExp][] = [
  ['another format', (file) => Object.assign(file, { format: 'x' }), /format is not/],
  ['a later version', (file) => Object.assign(file, { version: 2 }), /version 2, and this program/],
  ['no run', (file) => delete file['run'], /run is not an object/],
  ['a window of three', (file) => Object.assign(file, { window: [0, 1, 2] }), /window has 3/],
  ['text for a number', (file) => Object.assign(file, { dropped: '1' }), /dropped is not a number/],
  ['escape codes', (file) => Object.assign(file, { notes: ['\x1b[2J'] }), /notes\[0\] has control/],
  ['text turned round', (file) => Object.assign(file, { notes: ['\u202ex'] }), /has control/],
  ['a novel', (file) => Object.assign(file, { notes: ['x'.repeat(513)] }), /longer than 512/],
  ['too many notes', (file) => Object.assign(file, { notes: Array(1_025).fill('') }), /1024 are/],
  [
    'a row that is too short',
    (file) => (file['events'] as { rows: unknown[][] }).rows[3]?.pop(),
    /events\.rows\[3\] has 11 of 12 columns/,
  ],
  [
    'columns in another order',
    (file) => (file['events'] as { columns: unknown[] }).columns.reverse(),
    /events\.columns are not kind, writer/,
  ],
  [
    'a kind that there is not',
    (file) => ((file['events'] as { rows: number[][] }).rows[0] as number[]).splice(0, 1, 99),
    /events\.rows\[0\]\.kind is 99/,
  ],
  [
    'an event before its own start',
    (file) => ((file['events'] as { rows: number[][] }).rows[0] as number[]).splice(5, 1, 1),
    /events\.rows\[0\] ends before it starts/,
  ],
  [
    'a writer that there is not',
    (file) => ((file['events'] as { rows: number[][] }).rows[0] as number[]).splice(1, 1, 2),
    /writer is 2, and there are only 2/,
  ],
  [
    'a phase of nobody',
    (file) => ((file['phases'] as { rows: number[][] }).rows[0] as number[]).splice(0, 1, 5),
    /phases\.rows\[0\]\.connection is 5/,
  ],
];

for (const [what, change, why] of MISTAKES) {
  test(`trace file: ${what} is refused in one sentence`, () => {
    assertRefused(changed(change), why);
  });
}

test('trace file: what is no JSON, and what breaks off, is refused', () => {
  for (const text of ['', 'x', '[]', 'null', '1', '"polyio-trace"', '{']) {
    assertRefused(text, /not JSON|not an object/);
  }
  for (let length = 0; length < TEXT.length; length += 97) {
    assertRefused(TEXT.slice(0, length), /not JSON, or it breaks off/);
  }
});

test('trace file: names of objects do no harm', () => {
  const text = TEXT.replace('"calls":{', '"calls":{"__proto__":1,"constructor":2,');
  const { summary } = readTrace(text);
  assert.equal(Object.hasOwn(summary.calls, '__proto__'), true);
  assert.equal(Object.getPrototypeOf(summary.calls), Object.prototype);
});

/** Every place in a JSON value, as a path. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) => placesIn(part, [...path, key]));
  return [path, ...inner].filter(({ length }) => length > 0);
}

test(`trace file: 2,000 files with one wrong value are read or refused, seed ${SEED}`, () => {
  const places = placesIn(JSON.parse(TEXT));
  const values = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.double(),
    fc.constantFrom<unknown>(-1, 1e308, 2 ** 53, '', [], {}, [[]], undefined),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), values, (path, value) => {
      const text = changed((file) => {
        const parent = path.slice(0, -1).reduce<Json>((inner, key) => inner[key] as Json, file);
        parent[path.at(-1) as string] = value;
      });
      try {
        assert.equal(typeof writeTrace(readTrace(text)), 'string');
      } catch (error) {
        assert.ok(error instanceof TraceFileError, String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 2_000, seed: SEED },
  );
});
