/**
 * The contract of what a generator waits with: one file per kernel interface, so that another system
 * needs another file here and nothing else.
 *
 * An engine tells its `Listener` what happened while `wait` runs, and at no other time. It belongs to
 * one thread. Streams are told apart by their generation: nothing is delivered about a connection
 * that was closed before. What it receives lies in its `memory` until the listener returns.
 */

import type { Memory } from './pattern.ts';
import type { EngineName } from './plan.ts';
import type { Stream } from './stream.ts';

/** Whoever uses an engine. */
export interface Listener {
  /** The connect of this stream is decided: SO_ERROR tells how. */
  decided(stream: Stream): void;
  /** `length` bytes have come, 1 or more; for UDP one datagram. */
  received(stream: Stream, offset: number, length: number): void;
  /** The server will send no more. */
  ended(stream: Stream): void;
  /** What was under way is sent, and the rest may be: only after `send` had left `isSending` set. */
  sent(stream: Stream): void;
  /** A call failed: its name, and the negative error number. */
  failed(stream: Stream, call: 'send' | 'recv', result: number): void;
}

export interface Engine {
  readonly name: EngineName;
  /** Where received bytes are. */
  readonly memory: Memory;
  /** Whether its sockets block: a ring makes them wait inside the kernel. */
  readonly isBlocking: boolean;
  /** Tells the listener when the connect under way is decided. */
  awaitConnect(stream: Stream): void;
  /** From now on receives whatever comes. */
  receive(stream: Stream): void;
  /**
   * Sends what is due of the stream, from its place in the pattern on, and goes on there. What the
   * kernel does not take yet leaves `isSending` set; `sent` follows.
   */
  send(stream: Stream): void;
  /** UDP: sends one message of `length` bytes that stands at `place`. */
  sendDatagram(stream: Stream, place: number, length: number): void;
  /** Closes the stream's descriptor; nothing more is told about it. */
  close(stream: Stream): void;
  /** Hands over what was asked for, sleeps at most `timeoutMs` (which may be a fraction), and tells what happened. */
  wait(timeoutMs: number): void;
  /** Gives everything back, after the streams are closed. */
  dispose(): void;
}
