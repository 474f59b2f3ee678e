/** What a load found out. Plain data: `polyio load --json` prints it as it is. */
import type { Unsupported } from '../../errors.ts';
import type { EngineName, LoadPlan } from './plan.ts';

/** How long messages took, in microseconds. All are 0 when none was measured. */
export interface LatencySummary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /**
   * All of it: an HdrHistogram of nanoseconds with three digits, in its V2 encoding, deflated and
   * in base64. `decodeFromCompressedBase64` of hdr-histogram-js reads it; several can be added up.
   */
  readonly histogram: string;
}

/** What can go wrong with a connection. */
export const LOAD_ERRORS = [
  /** It could not be opened. */
  'connect',
  /** A call of send failed. */
  'send',
  /** A call of receive failed; a reset, for example. */
  'receive',
  /** The server ended it in the middle. */
  'ended',
  /** What came back is not what was sent. */
  'wrong-bytes',
  /** It had been served, and then answers stopped coming. */
  'unanswered',
  /** UDP: no answer to a datagram within a second. */
  'lost',
] as const;

export type LoadErrorKind = (typeof LOAD_ERRORS)[number];

/** A connection that nobody ever served. */
export interface NeverServed {
  /** Which one, counted from 1. */
  readonly connection: number;
  /** Its own end, as the server's list of connections shows it; null for a Unix socket. */
  readonly address: string | null;
}

/** The result of a load. Counts are of the measured time, unless something else is said. */
export interface LoadReport {
  readonly plan: LoadPlan;
  /** How the generator waited, and why not with the better one. */
  readonly engine: EngineName;
  readonly rejected: readonly Unsupported[];
  /** `complete`: it ran its time; `interrupted`: somebody stopped it; `failed`: see `failure`. */
  readonly outcome: 'complete' | 'interrupted' | 'failed';
  /** What went wrong, as a sentence for people; null when nothing did. */
  readonly failure: string | null;
  /** How long was measured, in milliseconds. */
  readonly measuredMs: number;
  /** How long it took to open the connections, idle ones included, in milliseconds. */
  readonly connectMs: number;
  /** Messages that came back whole, every byte of them compared. */
  readonly messages: number;
  /** Bytes that came back. */
  readonly bytes: number;
  /** Messages per second. */
  readonly rate: number;
  /** Megabytes (10^6) per second, counted one way. */
  readonly megabytesPerSecond: number;
  /** From when a message was due until all of it was back. */
  readonly latency: LatencySummary;
  /** Connections that were opened; more than there are when they are opened anew. */
  readonly connects: number;
  /** From the call of connect until the connection was there. */
  readonly connectLatency: LatencySummary;
  /** Messages of the connection that had the fewest, and of the one that had the most. */
  readonly perConnection: { readonly min: number; readonly max: number };
  /** Connections that got not one answer in the whole run: how many, and the first 20 of them. */
  readonly neverServed: { readonly count: number; readonly connections: readonly NeverServed[] };
  /** Idle connections that were there at the start, and those of them that the server had closed by the end. */
  readonly idle: { readonly open: number; readonly closed: number };
  /** Errors of the whole run, by kind. */
  readonly errors: Readonly<Record<LoadErrorKind, number>>;
  /** With a rate: messages that were due and had not been answered when the time was up. */
  readonly behind: number;
  /** CPU time of the generator while it measured. At 1.0 cores it was itself at its limit. */
  readonly cpu: { readonly userMs: number; readonly systemMs: number; readonly cores: number };
}

/** What is known while it runs. */
export interface LoadProgress {
  readonly phase: 'connecting' | 'ramp' | 'warm-up' | 'measuring' | 'ending';
  /** Since the start, in milliseconds. */
  readonly elapsedMs: number;
  /** How much longer it will take, in milliseconds. */
  readonly leftMs: number;
  /** Connections that are open, idle ones included. */
  readonly open: number;
  /** Messages that came back so far, warm-up included. */
  readonly messages: number;
  /** Messages per second since the last progress. */
  readonly rate: number;
  /** Errors so far. */
  readonly errors: number;
}
