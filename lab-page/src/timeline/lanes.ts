/** What is in the lanes of a connection and of a thread. */
import type { TraceConnection, TraceEvent, TracePhase } from '../../../src/trace.ts';
import { BarList, type Bars, type Names } from './bars.ts';
import type { LaneKind } from './layout.ts';
import { RECEIVES, type Reading } from './reading.ts';
import type { BarStyle } from './style.ts';

/** All bars of one style in a lane. */
export interface Track {
  readonly style: BarStyle;
  readonly bars: Bars;
}

export interface LaneDraft {
  readonly kind: LaneKind;
  readonly tracks: readonly Track[];
}

/** A lane that is being filled. */
class Filling {
  readonly #reading: Reading;
  readonly #names: Names;
  readonly #lists = new Map<BarStyle, BarList>();

  constructor(reading: Reading, names: Names) {
    this.#reading = reading;
    this.#names = names;
  }

  /** Takes a bar in the trace's time, cut to the window; what lies outside is left out. */
  add(style: BarStyle, start: number, end: number, name = '', amount = 1): void {
    const { start: from, duration } = this.#reading;
    if (end < from || start > from + duration) return;
    const bars = this.#lists.get(style) ?? new BarList();
    this.#lists.set(style, bars);
    const number = this.#names.numberOf(name);
    bars.add(this.#reading.at(start), this.#reading.at(end), number, amount);
  }

  get isEmpty(): boolean {
    return this.#lists.size === 0;
  }

  toLane(kind: LaneKind): LaneDraft {
    const tracks = [...this.#lists].map(([style, list]) => ({ style, bars: list.toBars() }));
    return { kind, tracks };
  }
}

function addCall(reading: Reading, lane: Filling, event: TraceEvent): void {
  const { kind, name, start, end, times } = event;
  if (kind === 'probe') lane.add('probe', start, end, name);
  else if (kind === 'callback') return;
  else if (reading.isWouldBlock(event)) lane.add('would-block', start, end, name, times);
  else if (reading.sleepOf(event) !== null) lane.add('call-asleep', start, end, name);
  else lane.add('call', start, end, name);
}

/** The phases of one receive, as its connection goes through them. */
function addPhase(lane: Filling, phase: TracePhase, isAsleep: boolean): void {
  const { waitStart, arrival, asked, end } = phase;
  if (arrival === null) return;
  const there = Math.max(arrival, waitStart);
  if (isAsleep) {
    // Before the call there is a moment in which the thread was elsewhere.
    if (asked > waitStart) lane.add('wait-free', waitStart, asked);
    lane.add('wait', Math.max(asked, waitStart), there);
  } else if (there > waitStart) {
    lane.add('wait-free', waitStart, there);
  }
  const copy = Math.min(Math.max(asked, there), end);
  if (copy > there) lane.add('ready', there, copy);
  lane.add('copy', copy, end);
}

/** Phase 1 is waiting for data; a call may also wait for somebody to connect, for room, for a disk. */
function sleepStyle(name: string): BarStyle {
  if (name.startsWith('accept')) return 'sleep';
  return RECEIVES.has(name) ? 'wait' : 'wait-other';
}

/** A thread asleep in a call for one connection, and the copy that ends it. */
function addSleep(lane: Filling, event: TraceEvent, phase: TracePhase | undefined): void {
  const { name, start, end } = event;
  const there = phase?.arrival ?? null;
  lane.add(sleepStyle(name), start, there ?? end, name);
  if (there !== null) lane.add('copy', there, end, name);
}

/**
 * How many bytes lay in the kernel, in steps, as a share of the most that ever did. A send that the
 * receive overtook had given its bytes to the kernel before it returned.
 */
function addBuffer(
  lane: Filling,
  sends: readonly TraceEvent[],
  phases: readonly TracePhase[],
): void {
  // Without phases nobody knows how long the bytes lay there.
  if (phases.length === 0) return;
  const steps: [at: number, bytes: number][] = phases.map(({ end, bytes }) => [end, -bytes]);
  let sent = 0;
  let received = 0;
  let next = 0;
  for (const { start, end, result } of sends) {
    sent += result;
    while (received < sent && next < phases.length) received += phases[next++]?.bytes ?? 0;
    const taken = received >= sent ? phases[next - 1] : undefined;
    const { arrival = null } = taken ?? {};
    const isStamped = arrival !== null && arrival >= start && arrival <= end;
    steps.push([isStamped ? arrival : Math.min(end, taken?.end ?? end), result]);
  }
  steps.sort(([a, gain], [b, loss]) => a - b || loss - gain);
  const levels: [from: number, to: number, bytes: number][] = [];
  let level = 0;
  for (const [index, [at, bytes]] of steps.entries()) {
    level = Math.max(0, level + bytes);
    const until = steps[index + 1]?.[0] ?? at;
    if (level > 0 && until > at) levels.push([at, until, level]);
  }
  const most = Math.max(1, ...levels.map(([, , bytes]) => bytes));
  for (const [from, to, bytes] of levels) lane.add('buffer', from, to, '', bytes / most);
}

const CLIENT_STYLES: Readonly<Record<string, BarStyle>> = {
  send: 'client-send',
  receive: 'client-receive',
  connect: 'client-connect',
  'half-close': 'client-half-close',
  reset: 'client-reset',
};

function addClient(lane: Filling, { name, start, end }: TraceEvent): void {
  const style = CLIENT_STYLES[name];
  if (style !== undefined) lane.add(style, start, end, name);
}

/**
 * Operations from submission to completion. A multishot operation completes again and again on one
 * submission: then the receipt is held from one completion to the next.
 */
class Receipts {
  readonly #open = new Map<string, { readonly start: number; readonly name: string }[]>();
  readonly #last = new Map<string, number>();
  readonly #lane: Filling;

  constructor(lane: Filling) {
    this.#lane = lane;
  }

  take({ kind, writer, name, about, start }: TraceEvent): void {
    const key = `${writer} ${name} ${about}`;
    if (kind === 'submission') {
      const held = this.#open.get(key) ?? [];
      held.push({ start, name });
      this.#open.set(key, held);
    } else if (kind === 'completion') {
      const since = this.#open.get(key)?.shift()?.start ?? this.#last.get(key);
      if (since !== undefined) this.#lane.add('receipt', since, start, name);
      this.#lane.add('completion', start, start, name);
      this.#last.set(key, start);
    }
  }

  /** What nobody completed was held to the end. */
  finish(end: number): void {
    for (const { start, name } of [...this.#open.values()].flat()) {
      this.#lane.add('receipt', start, end, name);
    }
  }
}

function isRing({ kind }: TraceEvent): boolean {
  return kind === 'submission' || kind === 'completion';
}

/** Every event of the run by the connection that it is about; -1 holds those of none. */
function byConnection(reading: Reading): ReadonlyMap<number, readonly TraceEvent[]> {
  let found = sorted.get(reading);
  if (found === undefined) {
    found = new Map();
    for (const event of reading.trace.events) {
      const connection = reading.connectionOf(event);
      const events = found.get(connection);
      if (events === undefined) found.set(connection, [event]);
      else events.push(event);
    }
    sorted.set(reading, found);
  }
  return found;
}

const sorted = new WeakMap<Reading, Map<number, TraceEvent[]>>();

/** The lanes of a connection: client, kernel buffer, process, and system calls or operations. */
export function lanesOfConnection(reading: Reading, index: number, names: Names): LaneDraft[] {
  const fill = () => new Filling(reading, names);
  const [client, kernel, process, calls, operations] = [fill(), fill(), fill(), fill(), fill()];
  const receipts = new Receipts(operations);
  const asleep = new Set<TracePhase>();
  const sends: TraceEvent[] = [];
  for (const event of byConnection(reading).get(index) ?? []) {
    const { kind, name, start, end, result, times } = event;
    if (kind === 'client') {
      addClient(client, event);
      if (name === 'send' && result > 0) sends.push(event);
    } else if (kind === 'callback') {
      process.add('code', start, end, name);
    } else if (isRing(event)) {
      receipts.take(event);
    } else {
      addCall(reading, calls, event);
      const phase = reading.phaseOf(event, index);
      const sleep = reading.sleepOf(event);
      if (kind === 'call' && reading.isWouldBlock(event)) {
        process.add('would-block', start, end, name, times);
      } else if (sleep === 'one' && phase === undefined) {
        addSleep(process, event, undefined);
      } else if (sleep === 'one' && phase !== undefined) {
        asleep.add(phase);
      }
    }
  }
  receipts.finish(reading.start + reading.duration);
  const phases = reading.trace.phases.filter(({ connection }) => connection === index);
  for (const phase of phases) addPhase(process, phase, asleep.has(phase));
  addPauses(client, reading, index);
  addBuffer(kernel, sends, phases);
  const lanes = [client.toLane('client')];
  // Calls to a double or under Wine have no phases, and nobody knows what lay in a kernel.
  if (phases.length > 0) lanes.push(kernel.toLane('kernel'));
  lanes.push(process.toLane('process'));
  // A ring's connection is hardly ever called for: its operations take that place.
  if (!calls.isEmpty || operations.isEmpty) lanes.push(calls.toLane('calls'));
  if (!operations.isEmpty) lanes.push(operations.toLane('operations'));
  return lanes;
}

/** From the moment a client stops reading until it goes on. */
function addPauses(lane: Filling, reading: Reading, index: number): void {
  let since: number | null = null;
  for (const { kind, name, start } of byConnection(reading).get(index) ?? []) {
    if (kind !== 'client') continue;
    if (name === 'pause') since = start;
    else if (name === 'resume' && since !== null) {
      lane.add('client-pause', since, start, name);
      since = null;
    }
  }
  const { closed } = reading.trace.connections[index] as TraceConnection;
  const end = closed ?? reading.start + reading.duration;
  if (since !== null) lane.add('client-pause', since, end, 'pause');
}

/** Where the thread slept in no call, between its first call and its last. */
function addAwake(lane: Filling, reading: Reading, sleeps: readonly TraceEvent[]): void {
  let awake = reading.start;
  for (const { start, end } of sleeps) {
    if (start > awake) lane.add('awake', awake, start);
    awake = Math.max(awake, end);
  }
  const end = reading.start + reading.duration;
  if (awake < end) lane.add('awake', awake, end);
}

/** The lanes of a thread: what it did, and its calls that are about no connection. None when it did nothing. */
export function lanesOfWriter(reading: Reading, writer: number, names: Names): LaneDraft[] {
  const fill = () => new Filling(reading, names);
  const [process, calls, operations] = [fill(), fill(), fill()];
  const receipts = new Receipts(operations);
  const sleeps: TraceEvent[] = [];
  let hasCalls = false;
  for (const event of reading.trace.events) {
    const { kind, name, start, end, times } = event;
    if (event.writer !== writer || kind === 'client') continue;
    const connection = reading.connectionOf(event);
    if (kind === 'callback') process.add('code', start, end, name);
    if (isRing(event)) {
      if (connection < 0) receipts.take(event);
      continue;
    }
    if (connection < 0) addCall(reading, calls, event);
    if (kind !== 'call' || !reading.isInside(event)) continue;
    hasCalls = true;
    const phase = reading.phaseOf(event, connection);
    const sleep = reading.sleepOf(event);
    if (sleep !== null) sleeps.push(event);
    if (sleep === 'all') process.add('sleep', start, end, name);
    else if (sleep === 'one') addSleep(process, event, phase);
    else if (reading.isWouldBlock(event)) process.add('would-block', start, end, name, times);
    else if (phase !== undefined) process.add('copy', start, end, name);
  }
  receipts.finish(reading.start + reading.duration);
  if (hasCalls) addAwake(process, reading, sleeps);
  if (process.isEmpty && calls.isEmpty && operations.isEmpty) return [];
  const drafts: LaneDraft[] = [process.toLane('process')];
  if (!calls.isEmpty) drafts.push(calls.toLane('calls'));
  if (!operations.isEmpty) drafts.push(operations.toLane('operations'));
  return drafts;
}
