/** A load from its first connection to its last answer, on the calling thread, which it occupies. */
import { readdirSync } from 'node:fs';
import type { Unsupported } from '../../errors.ts';
import { descriptorLimit } from '../../sys/limits.ts';
import { ioUringUnavailable } from '../../sys/linux/io-uring/probe.ts';
import { localName } from './dial.ts';
import type { Engine } from './engine.ts';
import { EpollEngine } from './epoll.ts';
import type { ErrorCounts, Fault } from './faults.ts';
import { IdleConnections } from './idle.ts';
import { IoUringEngine } from './io-uring.ts';
import type { SparseCounts } from './latencies.ts';
import { Pattern } from './pattern.ts';
import type { EngineName, LoadPlan } from './plan.ts';
import type { LoadErrorKind, LoadProgress, NeverServed } from './report.ts';
import { STREAM } from './stream.ts';
import { Traffic } from './traffic.ts';

/** How often the loop looks up from its messages. */
const LOOK_MS = 10;
const PROGRESS_MS = 250;
/** How many connections may be open that the server has not answered yet, while it does answer. */
const UNSERVED_MAX = 256;
const QUIET_MS = 500;
const DRAIN_QUIET_MS = 1_000;
const NAMED_MAX = 20;
const SPARE_DESCRIPTORS = 32;

/** Why a load ended. */
export type Ending =
  | 'complete'
  /** Somebody asked it to. */
  | 'stopped'
  /** Nothing came back for `stallMs`. */
  | 'stalled'
  /** No connection was left. */
  | 'gone'
  /** The limit of descriptors is too low, so that nothing was begun. */
  | 'descriptors';

/** What the generator's process tells at its end; the report is made of it. */
export interface Outcome {
  readonly engine: EngineName;
  readonly rejected: readonly Unsupported[];
  readonly ending: Ending;
  /** Where it ended. */
  readonly phase: LoadProgress['phase'];
  readonly measuredMs: number;
  readonly connectMs: number;
  readonly messages: number;
  readonly bytes: number;
  readonly connects: number;
  readonly latencies: SparseCounts;
  readonly connectLatencies: SparseCounts;
  readonly perConnection: { readonly min: number; readonly max: number };
  readonly neverServed: { readonly count: number; readonly connections: readonly NeverServed[] };
  readonly idle: { readonly open: number; readonly closed: number };
  readonly errors: ErrorCounts;
  readonly faults: Partial<Record<LoadErrorKind, Fault>>;
  readonly behind: number;
  readonly cpuUs: { readonly user: number; readonly system: number };
  /** Descriptors: how many are needed, how many there may be. */
  readonly descriptors: { readonly needed: number; readonly limit: number };
}

/** What the generator asks of whoever runs it. */
export interface Control {
  isStopped(): boolean;
  progress(progress: LoadProgress): void;
}

export class Generator {
  readonly #plan: LoadPlan;
  readonly #control: Control;
  readonly #pattern: Pattern;
  readonly #traffic: Traffic;
  readonly #idle: IdleConnections;
  readonly #rejected: Unsupported[] = [];
  readonly #started = performance.now();
  #engine!: Engine;
  #phase: LoadProgress['phase'] = 'connecting';
  #ending: Ending | null = null;
  /** When the time began that the plan describes, the connections being there. */
  #flowStart = 0;
  #connectMs = 0;
  #measureStart = 0;
  #measuredMs = 0;
  #cpu = { user: 0, system: 0 };
  #behind = 0;
  /** With a rate: the number of the next message of the schedule. */
  #nextDue = 0;
  #nextLook = 0;
  #nextProgress = 0;
  #lastTotal = 0;
  #lastProgress = { at: this.#started, total: 0 };
  /** When something came back last, or nothing was waited for. */
  #alive = this.#started;

  constructor(plan: LoadPlan, control: Control) {
    this.#plan = plan;
    this.#control = control;
    this.#pattern = new Pattern(plan.seed);
    this.#traffic = new Traffic(plan, this.#pattern);
    this.#idle = new IdleConnections(plan, this.#traffic.faults, () => control.isStopped());
  }

  run(): Outcome {
    const { needed, limit } = this.#descriptors();
    if (needed > limit) this.#ending = 'descriptors';
    try {
      this.#openEngine();
      this.#traffic.use(this.#engine);
      this.#connectAll();
      this.#flow();
      this.#drain();
      return this.#outcome(needed, limit);
    } finally {
      this.#traffic.close();
      this.#idle.close();
      this.#engine?.dispose();
    }
  }

  #descriptors(): { needed: number; limit: number } {
    const { connections, idle } = this.#plan;
    const used = readdirSync('/dev/fd').length;
    return { needed: connections + idle + used + SPARE_DESCRIPTORS, limit: descriptorLimit() };
  }

  #openEngine(): void {
    const { engine } = this.#plan;
    const refused = engine === 'epoll' ? null : ioUringUnavailable();
    if (refused !== null) this.#rejected.push(refused);
    const Kind = engine === 'epoll' || refused !== null ? EpollEngine : IoUringEngine;
    const { streams } = this.#traffic;
    this.#engine = new Kind(this.#plan, this.#pattern, streams, this.#traffic);
  }

  /** The first connection shows whether anybody is there; then the idle ones come, and the others. */
  #connectAll(): void {
    const { rampMs, connections } = this.#plan;
    const traffic = this.#traffic;
    let quietSince = performance.now();
    let answered = 0;
    while (this.#ending === null) {
      const now = performance.now();
      // Where the first is refused the others need not try.
      if (traffic.begun === 1 && traffic.dead === 1) this.#ending = 'gone';
      if (traffic.served > answered) quietSince = now;
      answered = traffic.served;
      const isQuiet = now - quietSince > QUIET_MS;
      const isFirst = traffic.begun === 0;
      const isThere = traffic.served > 0 || (isQuiet && traffic.connecting === 0);
      if (isFirst) traffic.begin(now);
      else if (isThere && this.#idle.isOpening) {
        this.#idle.openSome();
        quietSince = performance.now();
      } else if (isThere && rampMs === 0) {
        const most = isQuiet ? connections : answered + traffic.dead + UNSERVED_MAX;
        while (traffic.begun < Math.min(most, connections)) traffic.begin(now);
      }
      const isBegun = rampMs > 0 ? isThere : traffic.begun === connections;
      const isDecided = traffic.connecting === 0;
      const isServed = traffic.served + traffic.dead >= traffic.begun;
      if (isBegun && isDecided && !this.#idle.isOpening && (isServed || isQuiet)) break;
      this.#wait(now + LOOK_MS);
    }
    this.#connectMs = performance.now() - this.#started;
  }

  /** The time that the plan describes: the ramp, the warm-up, the measured part. */
  #flow(): void {
    if (this.#ending !== null) return;
    const { connections, rampMs, warmUpMs, durationMs } = this.#plan;
    const traffic = this.#traffic;
    const start = performance.now();
    this.#flowStart = start;
    this.#alive = start;
    traffic.scheduleStart = start;
    traffic.start(start);
    this.#phase = 'ramp';
    this.#runUntil(start + rampMs);
    while (this.#ending === null && traffic.begun < connections) traffic.begin(performance.now());
    this.#phase = 'warm-up';
    this.#runUntil(start + rampMs + warmUpMs);
    if (this.#ending !== null) return;
    this.#phase = 'measuring';
    // Whoever watches the server wants to look at it at the same moment.
    this.#tellProgress(performance.now());
    const before = process.cpuUsage();
    this.#measureStart = performance.now();
    traffic.isMeasuring = true;
    this.#runUntil(this.#measureStart + durationMs);
    this.#awaitFirst();
    traffic.isMeasuring = false;
    this.#measuredMs = performance.now() - this.#measureStart;
    this.#cpu = process.cpuUsage(before);
    this.#phase = 'ending';
    this.#tellProgress(performance.now());
    this.#ending ??= 'complete';
  }

  #runUntil(time: number): void {
    while (this.#ending === null) {
      const now = performance.now();
      if (now >= time) return;
      if (this.#phase === 'ramp') this.#ramp(now);
      this.#wait(this.#plan.rate === 0 ? time : Math.min(time, this.#demand(now)));
    }
  }

  /** A short time may pass without one answer on a busy machine: the first that is due is waited for. */
  #awaitFirst(): void {
    const traffic = this.#traffic;
    while (this.#ending === null && traffic.messages === 0 && traffic.waiting.messages > 0) {
      this.#wait(performance.now() + LOOK_MS);
    }
  }

  #ramp(now: number): void {
    const { rampMs, connections } = this.#plan;
    const share = Math.min(1, (now - this.#flowStart) / rampMs);
    while (this.#traffic.begun < Math.ceil(share * connections)) this.#traffic.begin(now);
  }

  /** Makes due what is due by now, and tells when the next message is. */
  #demand(now: number): number {
    const { rate, connections } = this.#plan;
    const { streams, scheduleStart } = this.#traffic;
    const due = ((now - scheduleStart) * rate) / 1_000;
    for (; this.#nextDue <= due; this.#nextDue++) {
      const stream = streams[this.#nextDue % connections];
      if (stream !== undefined) this.#traffic.demand(stream);
    }
    return scheduleStart + (this.#nextDue * 1_000) / rate;
  }

  #wait(until: number): void {
    let now = performance.now();
    const retry = now + this.#traffic.retryMs;
    const next = Math.min(until, this.#nextLook, retry);
    this.#engine.wait(Math.max(0, next - now));
    now = performance.now();
    if (now >= this.#nextLook || now >= retry) this.#look(now);
  }

  /** What is not about messages: stopping, stalls, progress. */
  #look(now: number): void {
    this.#nextLook = now + LOOK_MS;
    const traffic = this.#traffic;
    traffic.look(now);
    if (this.#control.isStopped()) this.#ending ??= 'stopped';
    if (traffic.dead === this.#plan.connections) this.#ending ??= 'gone';
    const isWaiting = traffic.connecting === 0 && traffic.total === this.#lastTotal;
    if (!isWaiting || traffic.waiting.messages === 0) this.#alive = now;
    this.#lastTotal = traffic.total;
    if (now - this.#alive > this.#plan.stallMs) this.#ending ??= 'stalled';
    const { messages } = this.#plan;
    if (messages > 0 && traffic.messages >= messages) this.#ending ??= 'complete';
    if (now >= this.#nextProgress) this.#tellProgress(now);
  }

  #tellProgress(now: number): void {
    this.#nextProgress = now + PROGRESS_MS;
    const { rampMs, warmUpMs, durationMs } = this.#plan;
    const whole = rampMs + warmUpMs + durationMs;
    const { total, open, faults } = this.#traffic;
    const { at, total: before } = this.#lastProgress;
    const rate = ((total - before) * 1_000) / Math.max(1, now - at);
    this.#lastProgress = { at: now, total };
    this.#control.progress({
      phase: this.#phase,
      elapsedMs: Math.round(now - this.#started),
      leftMs: Math.round(
        this.#flowStart === 0 ? whole : Math.max(0, whole - (now - this.#flowStart)),
      ),
      open: open + this.#idle.open,
      messages: total,
      rate: Math.round(rate),
      errors: faults.total,
    });
  }

  /** Waits for what is under way, as long as something still comes. */
  #drain(): void {
    const traffic = this.#traffic;
    traffic.isFlowing = false;
    const due = traffic.streams.reduce((sum, stream) => sum + stream.due, 0);
    this.#behind = this.#plan.rate > 0 ? due + traffic.waiting.messages : 0;
    if (this.#ending !== 'complete') return;
    let total = traffic.total;
    let quietSince = performance.now();
    while (traffic.waiting.streams > 0 && !this.#control.isStopped()) {
      const now = performance.now();
      if (traffic.total !== total) quietSince = now;
      total = traffic.total;
      if (now - quietSince > DRAIN_QUIET_MS) return;
      this.#wait(now + LOOK_MS);
    }
  }

  #outcome(needed: number, limit: number): Outcome {
    const traffic = this.#traffic;
    const { faults, streams } = traffic;
    const isAsleep = this.#ending === 'complete' || this.#ending === 'stalled';
    const silent = streams.filter(({ state, waiting }) => state === STREAM.open && waiting > 0);
    const unserved = silent.filter(({ total }) => total === 0);
    for (const { slot, total } of isAsleep ? silent : []) {
      if (total > 0) faults.add('unanswered', { connection: slot + 1 });
    }
    const counted = streams.map((stream) => stream.counted);
    return {
      engine: this.#engine.name,
      rejected: this.#rejected,
      ending: this.#ending ?? 'complete',
      phase: this.#phase,
      measuredMs: this.#measuredMs,
      connectMs: this.#connectMs,
      messages: traffic.messages,
      bytes: traffic.bytes,
      connects: traffic.connects,
      latencies: traffic.latencies.sparse(),
      connectLatencies: traffic.connectLatencies.sparse(),
      perConnection: {
        min: counted.reduce((least, count) => Math.min(least, count), Number.MAX_SAFE_INTEGER),
        max: counted.reduce((most, count) => Math.max(most, count), 0),
      },
      neverServed: {
        count: unserved.length,
        connections: unserved
          .slice(0, NAMED_MAX)
          .map(({ slot, fd }) => ({ connection: slot + 1, address: localName(fd) })),
      },
      idle: { open: this.#idle.open, closed: this.#idle.closedByServer() },
      errors: faults.counts,
      faults: faults.first,
      behind: this.#behind,
      cpuUs: this.#cpu,
      descriptors: { needed, limit },
    };
  }
}
