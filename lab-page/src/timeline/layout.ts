/**
 * Where everything stands: bands of runs one above the other, groups of lanes in them, bars in the
 * lanes. Heights are pixels; times stay nanoseconds since the start of each run's window, so that
 * all runs share one axis. Nothing here knows how wide the picture is, or draws anything.
 */
import type { LabRun, Source } from '../../../src/lab/document.ts';
import type { Trace } from '../../../src/trace.ts';
import { isTextKey, type Words } from '../text/text.ts';
import { Names } from './bars.ts';
import { type LaneDraft, lanesOfConnection, lanesOfWriter, type Track } from './lanes.ts';
import { readingOf } from './reading.ts';

export type LaneKind = 'client' | 'kernel' | 'process' | 'calls' | 'operations';

export interface Lane {
  readonly kind: LaneKind;
  readonly y: number;
  readonly height: number;
  readonly tracks: readonly Track[];
}

/** A connection, or a thread. */
export interface Group {
  /** Names it as long as the same runs are shown. */
  readonly id: string;
  readonly kind: 'connection' | 'thread';
  readonly label: Words;
  readonly y: number;
  readonly height: number;
  /** It shows one low lane. */
  readonly isFolded: boolean;
  readonly lanes: readonly Lane[];
}

/** One run. */
export interface Band {
  readonly label: string;
  readonly figures: Words;
  readonly source: Source;
  readonly y: number;
  readonly height: number;
  readonly headHeight: number;
  readonly duration: number;
  readonly groups: readonly Group[];
  /** What its bars are called, by their numbers. */
  readonly names: readonly string[];
}

export interface TimelineLayout {
  /** Of the longest run, in nanoseconds: where the axis ends. */
  readonly duration: number;
  readonly height: number;
  /** Above the first band. */
  readonly axisHeight: number;
  readonly bands: readonly Band[];
  /** Labels have rows of their own, above the lanes: the picture is narrow. */
  readonly isNarrow: boolean;
}

export interface LayoutOptions {
  /** Groups that differ from the rule, by id: true is folded. */
  readonly folded?: ReadonlyMap<string, boolean>;
  readonly isNarrow?: boolean;
  /** Lanes are lower: there is little room. */
  readonly isCompact?: boolean;
  /** What the calls were made to. @default 'kernel' */
  readonly source?: Source;
}

/** So many connections of a single run are shown with all their lanes. */
export const UNFOLDED_MAX = 8;
/** So many runs can be compared. */
export const RUNS_MAX = 4;

/** How high things are, and how far apart. */
interface Measures {
  readonly axis: number;
  readonly head: number;
  readonly bandGap: number;
  readonly groupGap: number;
  readonly laneGap: number;
  /** The lanes of a connection. */
  readonly lanes: Readonly<Record<LaneKind, number>>;
  /** Those of a thread: there is one, and its calls have names. */
  readonly threadLanes: Readonly<Record<LaneKind, number>>;
}

const ROOMY_LANES = { client: 12, kernel: 14, process: 20, calls: 13, operations: 13 };
const LOW_LANES = { client: 9, kernel: 9, process: 14, calls: 9, operations: 9 };
const ROOMY: Measures = {
  axis: 26,
  head: 26,
  bandGap: 10,
  groupGap: 8,
  laneGap: 3,
  lanes: ROOMY_LANES,
  threadLanes: ROOMY_LANES,
};
const COMPACT: Measures = {
  axis: 24,
  head: 21,
  bandGap: 5,
  groupGap: 5,
  laneGap: 2,
  lanes: LOW_LANES,
  threadLanes: { ...LOW_LANES, process: 17, calls: 12, operations: 12 },
};

const FOLDED_GAP = 3;
const LABEL_ROW = 15;
const FOLDED_HEIGHT = 11;
/** A label is still legible beside it. */
const CROWDED_HEIGHT = 8;

interface Draft {
  readonly id: string;
  readonly kind: Group['kind'];
  readonly label: Words;
  readonly lanes: readonly LaneDraft[];
}

/** All lanes of a run, shown or not: they depend on nothing but its trace. */
function makeDrafts(trace: Trace, names: Names): Draft[] {
  const reading = readingOf(trace);
  const { writers, connections } = trace;
  const byClient = connections
    .map((connection, index) => ({ ...connection, index }))
    .sort((a, b) => a.client - b.client || a.opened - b.opened);
  return writers.flatMap(({ role, tid, name }, writer): Draft[] => {
    const ofWriter = byClient.filter((connection) => connection.writer === writer);
    const lanes = role === 'server' ? lanesOfWriter(reading, writer, names) : [];
    const thread: Draft = {
      id: `w${writer}`,
      kind: 'thread',
      label: threadLabel(tid, name),
      lanes,
    };
    const drafts = ofWriter.map(
      ({ client, index }): Draft => ({
        id: `c${index}`,
        kind: 'connection',
        label: { key: 'timeline.group.client', values: { client } },
        lanes: lanesOfConnection(reading, index, names),
      }),
    );
    return lanes.length === 0 ? drafts : [thread, ...drafts];
  });
}

interface Drafts {
  readonly list: readonly Draft[];
  readonly names: readonly string[];
}

const known = new WeakMap<Trace, Drafts>();

/** The lanes of a trace; made once, whatever becomes of the room for them. */
function draftsOf(trace: Trace): Drafts {
  let drafts = known.get(trace);
  if (drafts === undefined) {
    const names = new Names();
    drafts = { list: makeDrafts(trace, names), names: names.list };
    known.set(trace, drafts);
  }
  return drafts;
}

/** A thread by what it does, or by its number. */
export function threadLabel(tid: number, name: string | undefined): Words {
  const key = `timeline.thread.${name}`;
  if (isTextKey(key)) return { key };
  if (name !== undefined) return { key: 'timeline.group.named', values: { name } };
  return { key: 'timeline.group.thread', values: { tid: String(tid) } };
}

/** Folded groups keep the lane that says most; a connection's receipts lie behind what it waits for. */
function lanesShown({ kind, lanes }: Draft, isFolded: boolean): readonly LaneDraft[] {
  if (!isFolded) return lanes;
  const process = lanes.find((lane) => lane.kind === 'process') ?? lanes[0];
  if (process === undefined) return [];
  const operations = lanes.find((lane) => lane.kind === 'operations');
  const receipts = kind === 'thread' ? [] : (operations?.tracks ?? []);
  const held = receipts.filter(({ style }) => style === 'receipt');
  return [{ kind: process.kind, tracks: [...held, ...process.tracks] }];
}

function measuresOf({ isCompact = false }: LayoutOptions): Measures {
  return isCompact ? COMPACT : ROOMY;
}

class Stacker {
  readonly #options: LayoutOptions;
  readonly #measures: Measures;
  y: number;

  constructor(options: LayoutOptions) {
    this.#options = options;
    this.#measures = measuresOf(options);
    this.y = this.#measures.axis;
  }

  band(run: LabRun, number: number, isCompared: boolean): Band {
    const { list: drafts, names } = draftsOf(run.trace);
    const { isCompact = false } = this.#options;
    const start = this.y;
    this.y += this.#measures.head;
    const count = (kind: Group['kind']) => drafts.filter((draft) => draft.kind === kind).length;
    const many = {
      connection: isCompared || count('connection') > UNFOLDED_MAX,
      thread: (isCompared && isCompact) || count('thread') > UNFOLDED_MAX,
    };
    const isCrowded = count('connection') > UNFOLDED_MAX || (isCompared && isCompact);
    const low = isCrowded ? CROWDED_HEIGHT : FOLDED_HEIGHT;
    // Of a thread there is more to see than of a connection.
    const thread = count('thread') > UNFOLDED_MAX ? low : this.#measures.threadLanes.process;
    const groups = drafts.map((draft) => {
      const id = `${number}:${draft.id}`;
      const isFolded = this.#options.folded?.get(id) ?? many[draft.kind];
      return { id, ...this.#group(draft, isFolded, draft.kind === 'thread' ? thread : low) };
    });
    const { window } = run.trace;
    const { source = 'kernel' } = this.#options;
    this.y += this.#measures.bandGap;
    return {
      label: run.label,
      figures: figuresOf(run, source),
      source,
      y: start,
      height: this.y - start,
      headHeight: this.#measures.head,
      duration: Math.max(1, window[1] - window[0]),
      groups,
      names,
    };
  }

  #group(draft: Draft, isFolded: boolean, foldedHeight: number): Omit<Group, 'id'> {
    const y = this.y;
    const { laneGap, groupGap, lanes: heights, threadLanes } = this.#measures;
    if (this.#options.isNarrow === true && !isFolded) this.y += LABEL_ROW;
    const lanes = lanesShown(draft, isFolded).map(({ kind, tracks }): Lane => {
      const open = draft.kind === 'thread' ? threadLanes[kind] : heights[kind];
      const height = isFolded ? foldedHeight : open;
      const lane = { kind, y: this.y, height, tracks };
      this.y += height + laneGap;
      return lane;
    });
    const { kind, label } = draft;
    const height = this.y - laneGap - y;
    this.y += (isFolded ? FOLDED_GAP : groupGap) - laneGap;
    return { kind, label, y, height, isFolded, lanes };
  }
}

function figuresOf({ trace }: LabRun, source: Source): Words {
  const { summary, window } = trace;
  const share = summary.cpuNs / Math.max(1, window[1] - window[0]);
  const values = {
    calls: summary.callsPerMessage,
    total: summary.totalCalls,
    operations: summary.operations,
    blocked: summary.wouldBlocks,
    share,
    threads: summary.threads,
  };
  if (source !== 'kernel') return { key: `timeline.figures.${source}`, values };
  if (summary.messages === 0) return { key: 'timeline.figures.calls', values };
  if (summary.operations > 0) return { key: 'timeline.figures.ring', values };
  return { key: 'timeline.figures', values };
}

/**
 * The picture of 1 to 4 runs on one time axis. Throws RangeError for more.
 */
export function layoutTimeline(
  runs: readonly LabRun[],
  options: LayoutOptions = {},
): TimelineLayout {
  if (runs.length > RUNS_MAX) {
    throw new RangeError(`at most ${RUNS_MAX} runs share a timeline, got ${runs.length}`);
  }
  const stacker = new Stacker(options);
  const bands = runs.map((run, number) => stacker.band(run, number, runs.length > 1));
  return {
    duration: Math.max(1, ...bands.map(({ duration }) => duration)),
    height: stacker.y,
    axisHeight: measuresOf(options).axis,
    bands,
    isNarrow: options.isNarrow ?? false,
  };
}
