import assert from 'node:assert/strict';
import { PbfReader } from 'pbf';
import { FIELD, record, SLICE, toPerfetto } from '../../src/lab.ts';
import { test } from '../harness/test.ts';
import { SAMPLE } from '../trace/sample.ts';

/** A message with its fields by number, in order. */
type Fields = { readonly [field: number]: readonly (number | Uint8Array)[] };

function decode(bytes: Uint8Array): Fields {
  const found: Record<number, (number | Uint8Array)[]> = {};
  new PbfReader(bytes).readFields((tag, fields, pbf) => {
    // A number, or bytes: an inner message or text.
    const value = pbf.type === 2 ? pbf.readBytes() : pbf.readVarint(true);
    fields[tag] = [...(fields[tag] ?? []), value];
  }, found);
  return found;
}

function number(fields: Fields, field: number): number | undefined {
  return fields[field]?.[0] as number | undefined;
}

function text(fields: Fields, field: number): string | undefined {
  const bytes = fields[field]?.[0] as Uint8Array | undefined;
  return bytes === undefined ? undefined : Buffer.from(bytes).toString();
}

function inner(fields: Fields, field: number): Fields | undefined {
  const bytes = fields[field]?.[0] as Uint8Array | undefined;
  return bytes === undefined ? undefined : decode(bytes);
}

interface Slice {
  readonly track: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Decoded {
  readonly tracks: ReadonlyMap<number, string>;
  readonly slices: readonly Slice[];
  readonly instants: readonly Omit<Slice, 'end'>[];
}

/** Reads a file as the viewer does: tracks first, slices by a stack on each. */
function open(bytes: Uint8Array): Decoded {
  const packets = (decode(bytes)[FIELD.trace.packet] ?? []).map((packet) =>
    decode(packet as Uint8Array),
  );
  const tracks = new Map<number, string>();
  const stacks = new Map<number, Omit<Slice, 'end'>[]>();
  const slices: Slice[] = [];
  const instants: Omit<Slice, 'end'>[] = [];
  let last = 0;
  packets.forEach((packet, index) => {
    assert.equal(number(packet, FIELD.packet.sequenceId), 1);
    assert.equal(number(packet, FIELD.packet.sequenceFlags), index === 0 ? 3 : 2);
    const descriptor = inner(packet, FIELD.packet.trackDescriptor);
    if (descriptor !== undefined) {
      const { uuid, name, parent } = FIELD.descriptor;
      const above = number(descriptor, parent);
      assert.ok(above === undefined || tracks.has(above), 'a parent comes first');
      tracks.set(number(descriptor, uuid) as number, text(descriptor, name) as string);
      return;
    }
    const event = inner(packet, FIELD.packet.trackEvent) as Fields;
    const at = number(packet, FIELD.packet.timestamp) as number;
    assert.ok(at >= last, 'in the order of time');
    last = at;
    const uuid = number(event, FIELD.event.track) as number;
    const track = tracks.get(uuid);
    assert.ok(track !== undefined, 'on a track that was named');
    const stack = stacks.get(uuid) ?? [];
    stacks.set(uuid, stack);
    const type = number(event, FIELD.event.type);
    if (type === SLICE.end) {
      const begun = stack.pop();
      assert.ok(begun !== undefined, 'an end has its beginning');
      slices.push({ ...begun, end: at });
      return;
    }
    const begun = { track, name: text(event, FIELD.event.name) as string, start: at };
    if (type === SLICE.instant) instants.push(begun);
    else stack.push(begun);
  });
  for (const stack of stacks.values()) assert.equal(stack.length, 0, 'everything ends');
  return { tracks, slices, instants };
}

test('perfetto: tracks for threads, connections and clients; slices nest', () => {
  const { tracks, slices, instants } = open(toPerfetto(SAMPLE));
  assert.deepEqual(
    [...tracks.values()],
    [
      'polyio 10',
      'blocking 11',
      'clients 10',
      'connections',
      'connection of client 0',
      'clients',
      'client 0',
    ],
  );
  const on = (track: string) =>
    slices
      .filter((slice) => slice.track === track)
      .sort((a, b) => a.start - b.start)
      .map(({ name, start, end }) => [name, start, end]);
  assert.deepEqual(on('connection of client 0'), [
    ['phase 1: waiting for data', 95, 125],
    ['phase 2: copy', 125, 150],
  ]);
  assert.deepEqual(on('client 0'), [
    ['connect', 50, 60],
    ['send', 120, 130],
  ]);
  assert.deepEqual(on('blocking 11'), [
    ['accept4', 5, 80],
    ['open', 90, 95],
    ['setsockopt', 96, 97],
    ['recv', 100, 150],
    ['data', 155, 190],
    ['send', 160, 180],
    ['recv', 200, 900],
  ]);
  assert.deepEqual(instants, [{ track: 'blocking 11', name: 'recv', start: 910 }]);
});

test('perfetto: an event shows descriptor, result and error number', () => {
  const packets = (decode(toPerfetto(SAMPLE))[FIELD.trace.packet] ?? []).map((packet) =>
    inner(decode(packet as Uint8Array), FIELD.packet.trackEvent),
  );
  const event = packets.find((fields) => {
    const notes = fields?.[FIELD.event.annotations]?.length ?? 0;
    return notes === 4 && text(fields as Fields, FIELD.event.name) === 'recv';
  }) as Fields;
  const notes = (event[FIELD.event.annotations] ?? []).map((bytes) => {
    const note = decode(bytes as Uint8Array);
    return [text(note, FIELD.annotation.name), number(note, FIELD.annotation.int)];
  });
  assert.deepEqual(
    notes.sort(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['errno', 11],
      ['fd', 20],
      ['result', -11],
      ['times', 7],
    ],
  );
});

test('perfetto: a recorded run is written whole', async () => {
  const trace = await record({ clients: 2, messages: 4, delayMs: 5, model: 'poll' });
  const { tracks, slices, instants } = open(toPerfetto(trace));
  assert.ok([...tracks.values()].some((name) => name.startsWith('poll ')));
  const shown = slices.length + instants.length;
  assert.ok(shown > trace.events.length, 'every event, and the phases');
  const phases = slices.filter(({ name }) => name.startsWith('phase 2'));
  assert.ok(phases.length > 0);
});
