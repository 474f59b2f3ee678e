/**
 * A trace for Perfetto's viewer (ui.perfetto.dev): its own protobuf format, written field by field.
 *
 * Facts about the format:
 * - A file is a sequence of packets. A descriptor packet names a track; event packets begin and end
 *   slices on it, each with a time. Slices of one track must nest.
 * - A packet of a sequence that keeps state has to say so, and the first one that it starts afresh.
 *
 * What this means for us: a thread's calls nest in its callbacks and get its track; the phases of a
 * connection follow one another and get a track of their own, and so do a client's acts. The numbers
 * of the fields are those of perfetto/trace/*.proto.
 */
import { PbfWriter } from 'pbf';
import type { Trace, TraceEvent, TracePhase } from '../../trace.ts';

/** Field numbers, by message. */
export const FIELD = {
  trace: { packet: 1 },
  packet: { timestamp: 8, sequenceId: 10, trackEvent: 11, sequenceFlags: 13, trackDescriptor: 60 },
  descriptor: { uuid: 1, name: 2, process: 3, thread: 4, parent: 5 },
  process: { pid: 1, name: 6 },
  thread: { pid: 1, tid: 2, name: 5 },
  event: { annotations: 4, type: 9, track: 11, category: 22, name: 23 },
  annotation: { int: 4, text: 6, name: 10 },
} as const;

/** Kinds of events on a track. */
export const SLICE = { begin: 1, end: 2, instant: 3 } as const;

const SEQUENCE = 1;
const STATE_CLEARED = 1;
const NEEDS_STATE = 2;

/** What an event shows when it is clicked on. */
type Annotations = Readonly<Record<string, string | number>>;

interface Slice {
  readonly track: number;
  readonly name: string;
  readonly category: string;
  readonly start: number;
  readonly end: number;
  readonly notes: Annotations;
}

interface Track {
  readonly uuid: number;
  readonly name: string;
  readonly parent?: number;
  readonly process?: number;
  readonly thread?: { readonly pid: number; readonly tid: number };
}

function writeTrack(track: Track, pbf: PbfWriter): void {
  const { descriptor, process, thread } = FIELD;
  pbf.writeVarintField(descriptor.uuid, track.uuid);
  pbf.writeStringField(descriptor.name, track.name);
  if (track.parent !== undefined) pbf.writeVarintField(descriptor.parent, track.parent);
  if (track.process !== undefined) {
    pbf.writeMessage(
      descriptor.process,
      (pid: number, inner: PbfWriter) => {
        inner.writeVarintField(process.pid, pid);
        inner.writeStringField(process.name, track.name);
      },
      track.process,
    );
  }
  if (track.thread === undefined) return;
  pbf.writeMessage(
    descriptor.thread,
    ({ pid, tid }: { pid: number; tid: number }, inner: PbfWriter) => {
      inner.writeVarintField(thread.pid, pid);
      inner.writeVarintField(thread.tid, tid);
      inner.writeStringField(thread.name, track.name);
    },
    track.thread,
  );
}

function writeAnnotation([name, value]: [string, string | number], pbf: PbfWriter): void {
  const { annotation } = FIELD;
  pbf.writeStringField(annotation.name, name);
  if (typeof value === 'string') pbf.writeStringField(annotation.text, value);
  else pbf.writeVarintField(annotation.int, Math.round(value));
}

interface Mark {
  readonly at: number;
  readonly type: number;
  readonly slice: Slice;
}

function writeMark({ type, slice }: Mark, pbf: PbfWriter): void {
  const { event } = FIELD;
  pbf.writeVarintField(event.type, type);
  pbf.writeVarintField(event.track, slice.track);
  if (type === SLICE.end) return;
  pbf.writeStringField(event.category, slice.category);
  pbf.writeStringField(event.name, slice.name);
  for (const note of Object.entries(slice.notes)) {
    pbf.writeMessage(event.annotations, writeAnnotation, note);
  }
}

/** Beginnings and ends of the slices of one track, nested: what reaches over its parent's end is cut there. */
function marksOf(slices: readonly Slice[]): Mark[] {
  const sorted = [...slices].sort((a, b) => a.start - b.start || b.end - a.end);
  const open: { end: number; slice: Slice }[] = [];
  const marks: Mark[] = [];
  const closeUntil = (time: number): void => {
    for (let top = open.at(-1); top !== undefined && top.end <= time; top = open.at(-1)) {
      marks.push({ at: top.end, type: SLICE.end, slice: top.slice });
      open.pop();
    }
  };
  for (const slice of sorted) {
    closeUntil(slice.start);
    if (slice.end <= slice.start) {
      marks.push({ at: slice.start, type: SLICE.instant, slice });
      continue;
    }
    const end = Math.min(slice.end, open.at(-1)?.end ?? slice.end);
    marks.push({ at: slice.start, type: SLICE.begin, slice });
    open.push({ end, slice });
  }
  closeUntil(Number.POSITIVE_INFINITY);
  return marks;
}

/** Gives out the numbers of tracks and collects what is on them. */
class Tracks {
  readonly tracks: Track[] = [];
  readonly slices = new Map<number, Slice[]>();

  open(track: Omit<Track, 'uuid'>): number {
    // 0 is the track of nobody.
    const uuid = this.tracks.length + 1;
    this.tracks.push({ ...track, uuid });
    this.slices.set(uuid, []);
    return uuid;
  }

  add(slice: Slice): void {
    this.slices.get(slice.track)?.push(slice);
  }
}

function callNotes({ fd, result, errno, times, measured }: TraceEvent): Annotations {
  return {
    ...(fd >= 0 ? { fd } : {}),
    result,
    ...(errno === 0 ? {} : { errno }),
    ...(times === 1 ? {} : { times }),
    ...(measured === 'none' ? {} : { measured }),
  };
}

function addPhase(tracks: Tracks, track: number, phase: TracePhase): void {
  const { bytes, waitStart, arrival, asked, end, measured } = phase;
  const notes = { bytes, measured };
  const there = arrival === null ? null : Math.max(arrival, waitStart);
  const add = (name: string, start: number, stop: number): void => {
    if (stop > start) tracks.add({ track, name, category: 'phase', start, end: stop, notes });
  };
  if (there === null) {
    add('both phases, not told apart', waitStart, end);
    return;
  }
  const copy = Math.min(Math.max(asked, there), end);
  add('phase 1: waiting for data', waitStart, there);
  add('ready in the kernel, not asked for', there, copy);
  add('phase 2: copy', copy, end);
}

function addServers(tracks: Tracks, { writers, events, run }: Trace): void {
  const processes = new Map<number, number>();
  const threads = writers.map(({ role, pid, tid }) => {
    let parent = processes.get(pid);
    if (parent === undefined) {
      parent = tracks.open({ name: `polyio ${pid}`, process: pid });
      processes.set(pid, parent);
    }
    const name = role === 'server' ? `${run.model} ${tid}` : `clients ${tid}`;
    return tracks.open({ name, parent, thread: { pid, tid } });
  });
  for (const event of events) {
    const track = threads[event.writer];
    if (track === undefined || event.kind === 'client') continue;
    const { name, kind, start, end } = event;
    tracks.add({ track, name, category: kind, start, end, notes: callNotes(event) });
  }
}

function addConnections(tracks: Tracks, { connections, phases, events }: Trace): void {
  const parent = tracks.open({ name: 'connections' });
  const numbers = connections.map(({ client }) =>
    tracks.open({ name: `connection of client ${client}`, parent }),
  );
  for (const phase of phases) addPhase(tracks, numbers[phase.connection] as number, phase);
  const acts = tracks.open({ name: 'clients' });
  const ofClient = new Map<number, number>();
  for (const { port, client } of connections) {
    ofClient.set(port, tracks.open({ name: `client ${client}`, parent: acts }));
  }
  for (const { kind, name, about, start, end, result } of events) {
    const track = ofClient.get(about);
    if (kind !== 'client' || track === undefined) continue;
    tracks.add({ track, name, category: kind, start, end, notes: { bytes: result } });
  }
}

/** The trace as a file that Perfetto opens; times count from the origin of the trace. */
export function toPerfetto(trace: Trace): Uint8Array {
  const tracks = new Tracks();
  addServers(tracks, trace);
  addConnections(tracks, trace);
  const pbf = new PbfWriter();
  const { packet } = FIELD;
  let flags = STATE_CLEARED | NEEDS_STATE;
  const writePacket = (at: number | null, write: (inner: PbfWriter) => void): void => {
    const body = (_: null, inner: PbfWriter): void => {
      if (at !== null) inner.writeVarintField(packet.timestamp, Math.max(0, Math.round(at)));
      inner.writeVarintField(packet.sequenceId, SEQUENCE);
      inner.writeVarintField(packet.sequenceFlags, flags);
      write(inner);
    };
    pbf.writeMessage(FIELD.trace.packet, body, null);
    flags = NEEDS_STATE;
  };
  for (const track of tracks.tracks) {
    writePacket(null, (inner) => inner.writeMessage(packet.trackDescriptor, writeTrack, track));
  }
  const marks = [...tracks.slices.values()].flatMap(marksOf);
  // A stable sort: what happened at one instant on one track stays in its order.
  for (const mark of marks.sort((a, b) => a.at - b.at)) {
    writePacket(mark.at, (inner) => inner.writeMessage(packet.trackEvent, writeMark, mark));
  }
  return pbf.finish();
}
