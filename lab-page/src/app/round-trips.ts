/** When each message went out and how long it took to come back, from what the clients wrote down. */
import type { Trace } from '../../../src/trace.ts';

export interface RoundTrip {
  /** Nanoseconds since the start of the window. */
  readonly at: number;
  readonly length: number;
}

interface Stream {
  sent: number;
  received: number;
  /** Messages on their way: where each ends in the stream, and when it began. */
  readonly open: { readonly end: number; readonly at: number }[];
  startOfNext: number | null;
}

/** The round trips of a run, by the end of each. A message that never came back whole is none. */
export function roundTripsOf({ events, run, window }: Trace): readonly RoundTrip[] {
  const streams = new Map<number, Stream>();
  const found: RoundTrip[] = [];
  const acts = events.filter(({ kind }) => kind === 'client').sort((a, b) => a.end - b.end);
  for (const { name, about, result, start, end } of acts) {
    if (name !== 'send' && name !== 'receive') continue;
    const fresh: Stream = { sent: 0, received: 0, open: [], startOfNext: null };
    const stream = streams.get(about) ?? fresh;
    streams.set(about, stream);
    if (name === 'send') {
      send(stream, { result, start }, Math.max(1, run.bytes));
      continue;
    }
    stream.received += result;
    for (let first = stream.open[0]; first !== undefined; first = stream.open[0]) {
      if (first.end > stream.received) break;
      found.push({ at: first.at - window[0], length: end - first.at });
      stream.open.shift();
    }
  }
  return found;
}

function send(stream: Stream, piece: { result: number; start: number }, bytes: number): void {
  const before = Math.floor(stream.sent / bytes);
  stream.startOfNext ??= piece.start;
  stream.sent += piece.result;
  const after = Math.floor(stream.sent / bytes);
  for (let message = before + 1; message <= after; message++) {
    // One send may hold the end of a message and whole ones behind it.
    const at = message === before + 1 ? stream.startOfNext : piece.start;
    stream.open.push({ end: message * bytes, at });
  }
  if (stream.sent % bytes === 0) stream.startOfNext = null;
  else if (after > before) stream.startOfNext = piece.start;
}

/** A field of the heat map. */
export interface HeatCell {
  readonly column: number;
  readonly row: number;
  readonly count: number;
}

export interface HeatMap {
  readonly columns: number;
  readonly rows: number;
  readonly cells: readonly HeatCell[];
  readonly most: number;
  /** Nanoseconds: the time of the run, and the range of the lengths, whose rows are logarithmic. */
  readonly span: number;
  readonly least: number;
  readonly longest: number;
}

/** The lower edge of a row, in nanoseconds; row 0 is the shortest. */
export function edgeOf({ least, longest, rows }: HeatMap, row: number): number {
  return Math.round(least * (longest / least) ** (row / rows));
}

/** Round trips counted by time and length, on axes that several runs can share. */
export function heatMapOf(
  trips: readonly RoundTrip[],
  axes: Pick<HeatMap, 'columns' | 'rows' | 'span' | 'least' | 'longest'>,
): HeatMap {
  const { columns, rows, span, least, longest } = axes;
  const counts = new Map<number, number>();
  const clamp = (value: number, below: number) => Math.max(0, Math.min(below - 1, value));
  for (const { at, length } of trips) {
    const column = clamp(Math.floor((at / Math.max(1, span)) * columns), columns);
    const part = Math.log(Math.max(length, 1) / least) / Math.log(longest / least);
    const row = clamp(Math.floor(part * rows), rows);
    const place = row * columns + column;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const cells = [...counts].map(([place, count]) => {
    return { column: place % columns, row: Math.floor(place / columns), count };
  });
  return { ...axes, cells, most: Math.max(1, ...counts.values()) };
}

/** Decades of nanoseconds that hold all of these lengths. */
export function decadesOf(lengths: readonly number[]): { least: number; longest: number } {
  const bounds = lengths.reduce(
    ([low, high], length) => [Math.min(low, length), Math.max(high, length)] as const,
    [Number.POSITIVE_INFINITY, 1] as readonly [number, number],
  );
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...bounds))));
  const high = Math.max(low + 1, Math.ceil(Math.log10(bounds[1])));
  return { least: 10 ** low, longest: 10 ** high };
}
