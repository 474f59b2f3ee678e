/**
 * The contract between a protocol and every model.
 *
 * A protocol is a plain object of callbacks. The same object runs under every model, so it can rely
 * only on what all of them share: its callbacks are synchronous, because most models never return
 * to Node's loop (no promise, timer, message or AbortSignal moves while they serve), and nothing
 * else runs between the start and the end of a callback.
 */
import type { Address } from '../io.ts';

/**
 * Bytes just received, lent for the length of the callback: the loop receives the next ones into
 * the same memory. `connection.write(chunk)` sends them from where they lie; keep them with `copy()`.
 */
export interface Chunk {
  /** How many bytes were received, 1 or more. */
  readonly length: number;
  /** The bytes themselves, as a view made on demand; valid until the callback returns. */
  readonly bytes: Uint8Array;
  /** The bytes in memory of their own, to keep. */
  copy(): Uint8Array;
  /** The bytes as text. A character cut in two by the network is not put together again here. @default 'utf8' */
  toString(encoding?: BufferEncoding): string;
}

/**
 * What `connection.write` takes: a chunk is not copied, other bytes are copied only as far as the
 * kernel had no room for them.
 */
export type Data = Chunk | Uint8Array | string;

/** One client, as its protocol sees it. */
export interface Connection {
  /** Counts from 1 in each worker; never used twice. */
  readonly id: number;
  readonly remoteAddress: Address;
  readonly localAddress: Address;
  /** Bytes written but not yet taken by the kernel. */
  readonly bytesQueued: number;
  /** True as soon as the connection ended for whatever reason; writes are then refused. */
  readonly closed: boolean;
  /** Yours: whatever the protocol wants to remember about this client. */
  state: unknown;
  /**
   * Sends now what the kernel takes and queues the rest in order. False says that the queue stands
   * above the high watermark (`drain` follows when it has fallen), or that the connection is closed.
   * While its own queue stands that high, the connection is not read from.
   * Under the blocking models it sleeps until the kernel has taken everything.
   */
  write(data: Data): boolean;
  /**
   * Sends `data` and what is queued, then says goodbye (FIN) and closes once the peer has answered
   * or two seconds have passed.
   */
  end(data?: Data): void;
  /** Closes at once; what is queued is lost. `close` receives the error. */
  destroy(error?: Error): void;
  /**
   * Ends (or calls `timeout` of) a connection on which nothing was received or sent for `ms`
   * milliseconds; 0 switches it off.
   */
  setIdleTimeout(ms: number): void;
}

/** Why a client was turned away. */
export type DropReason =
  /** As many connections as `maxConnections` allows are open. */
  | 'max-connections'
  /** The process or the system has no free descriptor. */
  | 'descriptor-limit'
  /** select(2) cannot watch a descriptor numbered 1024 or above. */
  | 'select-limit'
  /** The kernel refused to watch the descriptor (memory, or the limit of epoll watches). */
  | 'watch-refused';

/**
 * The callbacks of a server. All are optional but `data`. One that throws closes that connection with the
 * error; one that returns a promise closes it with `ERR_POLYIO_ASYNC_PROTOCOL`.
 */
export interface Protocol {
  /** A client connected. */
  open?(connection: Connection): void;
  /** Bytes arrived, in order; where they are cut is up to the network. */
  data(connection: Connection, chunk: Chunk): unknown;
  /** The queue has fallen to the low watermark after a `write` that returned false. */
  drain?(connection: Connection): void;
  /** Nothing moved for the idle timeout. Without this callback the connection closes with ETIMEDOUT. */
  timeout?(connection: Connection): void;
  /** The peer will send no more. Without this callback the connection sends what is queued and closes. */
  end?(connection: Connection): void;
  /** The connection is over; called once for each `open`. `error` says what ended it when it was no goodbye. */
  close?(connection: Connection, error?: Error): void;
  /** A client was turned away before it became a connection. */
  drop?(reason: DropReason): void;
}

/** The names of the callbacks, as errors and `statistics` use them. */
export type CallbackName = Exclude<keyof Protocol, 'drop'> | 'drop';
