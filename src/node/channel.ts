/**
 * A descriptor as a stream's resource: what Readable, Writable and Duplex have in common here.
 *
 * Facts:
 * - A stream asks for more as soon as it has been given something. Answered at once, as long as
 *   something is there, a fast peer would keep Node's loop from ever turning.
 * - One descriptor carries both directions, and epoll has one entry for it.
 *
 * What this means for us: reading always goes through the loop, and takes a bounded number of pieces
 * per turn. Writing is tried at once, since only the writer can make it go on. Both directions share
 * one watch, armed for whichever of them waits.
 */

import { PolyioError, SystemError } from '../errors.ts';
import { type Descriptor, Pty, Socket } from '../io.ts';
import { watchClosing } from '../platform/closing.ts';
import { ERROR, HANGUP, READABLE, WRITABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { type Watch, watch } from './hub.ts';

const READ_BYTES_MAX = 65_536;
const READS_PER_TURN = 8;

type Transfer = (bytes: Uint8Array) => number | null;

/** What a channel tells its stream. */
export interface ChannelOwner {
  /** Bytes, or null at the end: whether more is wanted. */
  push(bytes: Buffer | null): boolean;
  /** It failed, or its descriptor was closed by somebody else. */
  destroy(error: Error): unknown;
}

/** Which directions a channel has, and the most it reads at once. */
export interface ChannelOptions {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly readBytes: number;
}

interface Write {
  bytes: Uint8Array;
  readonly callback: (error?: Error | null) => void;
}

/** Small pieces are copied out of it; one that fills most of it takes the memory along. */
let scratch: Buffer | null = null;

function own(bytes: Buffer, count: number): Buffer {
  if (count <= READ_BYTES_MAX / 2) return Buffer.from(bytes.subarray(0, count));
  scratch = null;
  return bytes.subarray(0, count);
}

/** `tryRecv` of a socket, `tryRead` of everything else that carries bytes. */
function transferOf(descriptor: Descriptor, names: readonly string[], does: string): Transfer {
  if (descriptor instanceof Socket && descriptor.type !== 'stream') {
    throw new TypeError(
      `a ${descriptor.type} socket carries messages, which a stream of bytes would run together: ` +
        'attach() it and call tryRecv, trySend',
    );
  }
  const methods = descriptor as unknown as Readonly<Record<string, unknown>>;
  for (const name of names) {
    const method = methods[name];
    // Those that take no buffer yield records: counters, signals, events.
    if (typeof method === 'function' && method.length > 0) return method.bind(descriptor);
  }
  const kind = descriptor.constructor.name;
  throw new TypeError(`a ${kind} does not ${does} bytes: attach() it, or use its own methods`);
}

/** A pseudo terminal has no other end of the stream: the last program in it has left. */
function isHangup(descriptor: Descriptor, error: unknown): boolean {
  const isEio = error instanceof SystemError && error.errno === -ERRNO.EIO;
  return isEio && descriptor instanceof Pty;
}

/** A descriptor in the loop, read and written for a stream that owns it. */
export class Channel {
  readonly descriptor: Descriptor;
  readonly #owner: ChannelOwner;
  readonly #read: Transfer | null;
  readonly #write: Transfer | null;
  readonly #readBytes: number;
  readonly #watch: Watch;
  readonly #unwatchClosing: () => void;
  readonly #timeoutBefore: number | null;
  #wantsMore = false;
  #pending: Write | null = null;
  #closed = false;

  /**
   * Makes the descriptor non-blocking. Throws and changes nothing when it carries no bytes, or
   * cannot be watched.
   */
  constructor(descriptor: Descriptor, owner: ChannelOwner, options: ChannelOptions) {
    this.descriptor = descriptor;
    this.#owner = owner;
    this.#readBytes = Math.max(1, Math.min(READ_BYTES_MAX, options.readBytes));
    this.#timeoutBefore = descriptor.timeout;
    this.#watch = watch(descriptor, {
      ready: (ready) => this.#ready(ready),
      lost: (error) => owner.destroy(error),
    });
    try {
      const { readable, writable } = options;
      this.#read = readable ? transferOf(descriptor, ['tryRecv', 'tryRead'], 'yield') : null;
      this.#write = writable ? transferOf(descriptor, ['trySend', 'tryWrite'], 'take') : null;
      descriptor.setBlocking(false);
    } catch (error) {
      this.#watch.close();
      throw error;
    }
    this.#unwatchClosing = watchClosing(descriptor, () => {
      this.#let();
      const message = `the ${descriptor.constructor.name} of the stream was closed by somebody else`;
      owner.destroy(new PolyioError('ERR_POLYIO_CLOSED', message));
    });
  }

  get isWriting(): boolean {
    return this.#pending !== null;
  }

  /** The stream wants more. */
  readMore(): void {
    this.#wantsMore = true;
    this.#arm();
  }

  /** Writes all of it; one write at a time. */
  write(bytes: Uint8Array, callback: Write['callback']): void {
    this.#pending = { bytes, callback };
    this.#writeSome();
  }

  /** After the last write: the peer of a socket reads the end of the stream. */
  endWriting(): void {
    if (!(this.descriptor instanceof Socket)) return;
    try {
      this.descriptor.shutdown('write');
    } catch (error) {
      // The peer is gone already, and knows.
      if (!(error instanceof SystemError && error.errno === -ERRNO.ENOTCONN)) throw error;
    }
  }

  reference(on: boolean): void {
    this.#watch.reference(on);
  }

  /** Leaves the descriptor open, waiting the way it did before. */
  release(): void {
    if (this.#closed) return;
    this.#let();
    this.descriptor.setTimeout(this.#timeoutBefore);
  }

  /** Closes the descriptor; a write that is under way fails. */
  close(error: Error | null): void {
    const pending = this.#pending;
    this.#pending = null;
    if (!this.#closed) {
      this.#let();
      this.descriptor.close();
    }
    const hint = 'the stream was destroyed';
    pending?.callback(error ?? new SystemError(ERRNO.ECANCELED, 'write', { hint }));
  }

  #let(): void {
    this.#closed = true;
    this.#watch.close();
    this.#unwatchClosing();
  }

  #arm(): void {
    if (this.#closed) return;
    const reading = this.#wantsMore ? READABLE : 0;
    const writing = this.#pending === null ? 0 : WRITABLE;
    try {
      this.#watch.arm(reading | writing);
    } catch (error) {
      this.#owner.destroy(error as Error);
    }
  }

  #ready(ready: number): void {
    const failed = ready & (HANGUP | ERROR);
    try {
      if (this.#wantsMore && (ready & READABLE || failed)) this.#readSome();
      if (this.#pending !== null && (ready & WRITABLE || failed)) this.#writeSome();
    } finally {
      if (this.#wantsMore || this.#pending !== null) this.#arm();
    }
  }

  #readSome(): void {
    for (let reads = 0; reads < READS_PER_TURN && this.#wantsMore && !this.#closed; reads++) {
      scratch ??= Buffer.allocUnsafeSlow(READ_BYTES_MAX);
      const room = scratch.subarray(0, this.#readBytes);
      let count: number | null;
      try {
        count = (this.#read as Transfer)(room);
      } catch (error) {
        this.#wantsMore = false;
        if (isHangup(this.descriptor, error)) this.#owner.push(null);
        else this.#owner.destroy(error as Error);
        return;
      }
      if (count === null) return;
      // Asked for again, from within `push` perhaps, it becomes true again.
      this.#wantsMore = false;
      if (count === 0) this.#owner.push(null);
      else if (this.#owner.push(own(room, count))) this.#wantsMore = true;
      if (count < room.length) return;
    }
  }

  #writeSome(): void {
    const write = this.#pending as Write;
    try {
      while (write.bytes.length > 0) {
        const count = (this.#write as Transfer)(write.bytes);
        if (count === null) {
          this.#arm();
          return;
        }
        write.bytes = write.bytes.subarray(count);
      }
    } catch (error) {
      this.#pending = null;
      write.callback(error as Error);
      return;
    }
    this.#pending = null;
    write.callback();
  }
}
