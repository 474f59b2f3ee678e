/** The limits of a server: every queue, buffer and count has one. */
import { asInteger } from '../platform/integers.ts';

const TIME_MAX = 2 ** 31 - 1;

export interface Limits {
  /** How many connections may be open at once, over all workers. @default 80 % of the descriptor limit */
  readonly maxConnections: number;
  /** The length of the kernel's queue of connections not yet accepted; the kernel caps it. @default 511 */
  readonly backlog: number;
  /** The idle timeout of every connection in ms until `setIdleTimeout` says otherwise; 0: none. @default 0 */
  readonly idleTimeoutMs: number;
  /** How long a client may take to send its first byte, in ms; 0: for ever. @default 0 */
  readonly firstByteTimeoutMs: number;
  /**
   * From how many queued bytes on `write` returns false and the connection is not read from. Half of
   * it is the low watermark. @default 32768
   */
  readonly highWatermark: number;
  /** A connection with more queued bytes than this is closed with ENOBUFS. @default 67108864 */
  readonly maxQueuedBytes: number;
}

/** How much one receive may take, in bytes: one buffer for all connections, small enough for the cache. */
export const RECEIVE_BYTES = 65_536;

/**
 * How long a connection that said goodbye waits for the peer's own, in ms, and how much it still
 * reads meanwhile: more than the kernel receives ahead (6 MiB), since what is left unread when the
 * descriptor is closed becomes a reset, and a reset takes the reply with it.
 */
export const LINGER_MS = 2_000;
export const LINGER_BYTES = 8_388_608;

/** How long a listener rests when the system has no descriptor left even to turn clients away, in ms. */
export const ACCEPT_PAUSE_MS = 100;

/** How many connections one readiness of the listener may accept before the others get their turn. */
export const ACCEPT_BATCH = 256;

/** How many receives an edge-triggered connection gets before the others get their turn. */
export const RECEIVE_BATCH = 16;

const FRACTION_OF_DESCRIPTORS = 0.8;

/** Fills in the defaults and checks every number. Throws TypeError or RangeError naming the limit. */
export function resolveLimits(options: Partial<Limits>, descriptorLimit: number): Limits {
  const most = Math.max(1, Math.floor(descriptorLimit * FRACTION_OF_DESCRIPTORS));
  const {
    maxConnections = most,
    backlog = 511,
    idleTimeoutMs = 0,
    firstByteTimeoutMs = 0,
  } = options;
  const { highWatermark = 32_768, maxQueuedBytes = 67_108_864 } = options;
  return {
    maxConnections: asInteger(maxConnections, 'maxConnections', 1, TIME_MAX),
    backlog: asInteger(backlog, 'backlog', 1, 65_535),
    idleTimeoutMs: asInteger(idleTimeoutMs, 'idleTimeoutMs', 0, TIME_MAX),
    firstByteTimeoutMs: asInteger(firstByteTimeoutMs, 'firstByteTimeoutMs', 0, TIME_MAX),
    highWatermark: asInteger(highWatermark, 'highWatermark', 1, TIME_MAX),
    maxQueuedBytes: asInteger(maxQueuedBytes, 'maxQueuedBytes', 1, TIME_MAX),
  };
}
