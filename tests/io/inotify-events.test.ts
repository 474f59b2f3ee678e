import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeEvents,
  hasLoneHalf,
  joinMoves,
  type RawEvent,
} from '../../src/io/inotify-events.ts';
import { INOTIFY } from '../../src/sys/linux/event-abi.ts';
import { test } from '../harness/test.ts';

const { IN_CREATE, IN_MOVED_FROM, IN_MOVED_TO } = INOTIFY;

function from(cookie: number): RawEvent {
  return { wd: 1, mask: IN_MOVED_FROM, cookie, name: `from ${cookie}` };
}

function to(cookie: number): RawEvent {
  return { wd: 2, mask: IN_MOVED_TO, cookie, name: `to ${cookie}` };
}

const other: RawEvent = { wd: 1, mask: IN_CREATE, cookie: 0, name: 'x' };

function encode(events: readonly RawEvent[]): Buffer {
  return Buffer.concat(
    events.map(({ wd, mask, cookie, name }) => {
      const text = Buffer.from(name);
      const record = Buffer.alloc(16 + (text.length === 0 ? 0 : (text.length & ~15) + 16));
      record.writeInt32LE(wd, 0);
      record.writeInt32LE(mask, 4);
      record.writeUInt32LE(cookie, 8);
      record.writeUInt32LE(record.length - 16, 12);
      text.copy(record, 16);
      return record;
    }),
  );
}

test('halves are joined by their cookie, whatever lies between them', () => {
  const [a, b, c, d] = [from(1), from(2), to(2), to(1)];
  assert.deepEqual(joinMoves([a, other, b, c, d]), [other, { from: b, to: c }, { from: a, to: d }]);
  assert.equal(hasLoneHalf([a, other, b, c, d]), false);
});

test('a half that is alone stays where it was', () => {
  const events = [to(3), from(4), other, from(5), to(5)];
  assert.deepEqual(joinMoves(events), [to(3), from(4), other, { from: from(5), to: to(5) }]);
  assert.equal(hasLoneHalf(events), true);
  assert.equal(hasLoneHalf([to(3), other]), false);
  assert.equal(hasLoneHalf([]), false);
});

const record = {
  wd: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  mask: fc.integer(),
  cookie: fc.nat(),
  name: fc.string({ unit: 'grapheme', maxLength: 60 }).map((name) => name.replaceAll('\0', '')),
};
const event = fc.record(record, { noNullPrototype: true });

test('every list of records is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(event), (events) => {
      assert.deepEqual(decodeEvents(encode(events)), events);
    }),
  );
});

test('joining loses nothing: every record is there once, alone or in a move', () => {
  const half = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 6 }));
  fc.assert(
    fc.property(fc.uniqueArray(half, { selector: String }), (halves) => {
      const events = halves.map(([isFrom, cookie]) => (isFrom ? from(cookie) : to(cookie)));
      const parts = joinMoves(events).flatMap((e) => ('from' in e ? [e.from, e.to] : [e]));
      assert.equal(parts.length, events.length);
      assert.deepEqual(new Set(parts), new Set(events));
    }),
  );
});
