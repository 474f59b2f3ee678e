/** What a read of an inotify descriptor holds, and the two halves of a move brought together. */
import { INOTIFY, INOTIFY_EVENT } from '../sys/linux/event-abi.ts';

const HEADER = INOTIFY_EVENT.size;
const FIELDS = INOTIFY_EVENT.fields;

/** One record, as the kernel wrote it. */
export interface RawEvent {
  /** The watch's number, -1 for an overflow. */
  readonly wd: number;
  readonly mask: number;
  /** The same in both halves of a move, 0 elsewhere. */
  readonly cookie: number;
  /** The name in the watched directory; empty when it is about the watched thing itself. */
  readonly name: string;
}

/** A move of which both halves were seen. */
export interface RawMove {
  readonly from: RawEvent;
  readonly to: RawEvent;
}

/** The records of one read; those are never cut short. */
export function decodeEvents(bytes: Uint8Array): RawEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: RawEvent[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint32(at + FIELDS.len[0], true);
    const field = bytes.subarray(at + HEADER, at + HEADER + length);
    const end = field.indexOf(0);
    found.push({
      wd: view.getInt32(at + FIELDS.wd[0], true),
      mask: view.getInt32(at + FIELDS.mask[0], true),
      cookie: view.getUint32(at + FIELDS.cookie[0], true),
      name: Buffer.from(end < 0 ? field : field.subarray(0, end)).toString(),
    });
    at += HEADER + length;
  }
  return found;
}

function partners(events: readonly RawEvent[]): Map<number, RawEvent> {
  const gone = events.filter(({ mask }) => (mask & INOTIFY.IN_MOVED_FROM) !== 0);
  return new Map(gone.map((event) => [event.cookie, event]));
}

/** Whether something was moved away of which it is not known yet where it arrived. */
export function hasLoneHalf(events: readonly RawEvent[]): boolean {
  const gone = partners(events);
  if (gone.size === 0) return false;
  for (const { mask, cookie } of events) {
    if ((mask & INOTIFY.IN_MOVED_TO) !== 0) gone.delete(cookie);
  }
  return gone.size > 0;
}

/**
 * Replaces the two halves of a move by one, at the place of the second; other events may lie
 * between them. A half whose other one is not here stays.
 */
export function joinMoves(events: readonly RawEvent[]): (RawEvent | RawMove)[] {
  const gone = partners(events);
  const joined = new Set<RawEvent>();
  const found: (RawEvent | RawMove)[] = [];
  for (const event of events) {
    const from = (event.mask & INOTIFY.IN_MOVED_TO) !== 0 ? gone.get(event.cookie) : undefined;
    found.push(from === undefined ? event : { from, to: event });
    if (from !== undefined) joined.add(from);
  }
  return found.filter((event) => 'from' in event || !joined.has(event));
}
