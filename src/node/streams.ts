import { addAbortSignal, Duplex, Readable, Writable } from 'node:stream';
import { inspect } from 'node:util';
import { Descriptor } from '../io.ts';
import { Channel } from './channel.ts';

/** Options of `openReadable` and `openWritable`. */
export interface DescriptorStreamOptions {
  /** Bytes that the stream keeps before it says to wait. @default 65536 */
  readonly highWaterMark?: number | undefined;
  /** Destroys the stream with AbortError. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `openDuplex`. */
export interface DescriptorDuplexOptions extends DescriptorStreamOptions {
  /**
   * Whether one may go on writing after the peer has ended. With `false` the stream ends by itself
   * then, as `net.Socket` does unless told otherwise. @default true
   */
  readonly allowHalfOpen?: boolean | undefined;
}

/** What `detach` gives back. */
export interface DetachedDescriptor<Kind extends Descriptor = Descriptor> {
  /** Open, and waiting the way it did before the stream. */
  readonly descriptor: Kind;
  /** What the stream had read and nobody had consumed. */
  readonly unread: Buffer;
}

/** What every stream over a descriptor can do beside being a stream. */
export interface DescriptorStream<Kind extends Descriptor = Descriptor> {
  /** What it reads or writes. The stream owns it: destroying the stream closes it. */
  readonly descriptor: Kind;
  /** While it waits, the process does not end: this is how it starts. */
  ref(): this;
  /** The process may end although it waits. */
  unref(): this;
  /**
   * Gives the descriptor back and destroys the stream, without an error and without closing
   * anything. Throws TypeError when bytes are written and not sent yet: wait for the callback of
   * `write` first.
   */
  detach(): DetachedDescriptor<Kind>;
}

const HIGH_WATER_MARK = 65_536;

type WriteCallback = (error?: Error | null) => void;

function checkDescriptor(descriptor: unknown): asserts descriptor is Descriptor {
  if (descriptor instanceof Descriptor) return;
  throw new TypeError(
    `a stream is opened over a descriptor of polyio (Socket, PipeReader, ...), got ${inspect(descriptor)}`,
  );
}

function close(channel: Channel, error: Error | null, callback: WriteCallback): void {
  try {
    channel.close(error);
    callback(error);
  } catch (failure) {
    callback(error ?? (failure as Error));
  }
}

function end(channel: Channel, callback: WriteCallback): void {
  try {
    channel.endWriting();
    callback();
  } catch (error) {
    callback(error as Error);
  }
}

function joined(chunks: readonly { readonly chunk: Buffer }[]): Buffer {
  return Buffer.concat(chunks.map(({ chunk }) => chunk));
}

/** Only once the stream has its channel: a constructor that throws leaves nobody to hear of it. */
function abortBy(signal: AbortSignal | undefined, stream: Readable | Writable): void {
  if (signal !== undefined) addAbortSignal(signal, stream as Readable);
}

/** Refuses what would lose bytes, then takes the descriptor out of a stream. */
function detachFrom<Kind extends Descriptor>(
  stream: Readable | Writable,
  channel: Channel,
): DetachedDescriptor<Kind> {
  const unsent = 'writableLength' in stream ? stream.writableLength : 0;
  if (unsent > 0 || channel.isWriting) {
    throw new TypeError(`${unsent} bytes are written and not sent yet: detach afterwards`);
  }
  channel.release();
  const kept = 'read' in stream ? (stream.read() as Buffer | string | null) : null;
  const encoding = 'readableEncoding' in stream ? stream.readableEncoding : null;
  stream.destroy();
  const unread = typeof kept === 'string' ? Buffer.from(kept, encoding ?? 'utf8') : kept;
  return { descriptor: channel.descriptor as Kind, unread: unread ?? Buffer.alloc(0) };
}

/** A Readable over a descriptor. */
export class DescriptorReadable<Kind extends Descriptor = Descriptor>
  extends Readable
  implements DescriptorStream<Kind>
{
  readonly #channel: Channel;

  constructor(descriptor: Kind, options: DescriptorStreamOptions = {}) {
    checkDescriptor(descriptor);
    super({ highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK });
    const readBytes = this.readableHighWaterMark;
    this.#channel = new Channel(descriptor, this, { readable: true, writable: false, readBytes });
    abortBy(options.signal, this);
  }

  get descriptor(): Kind {
    return this.#channel.descriptor as Kind;
  }

  ref(): this {
    this.#channel.reference(true);
    return this;
  }

  unref(): this {
    this.#channel.reference(false);
    return this;
  }

  detach(): DetachedDescriptor<Kind> {
    return detachFrom(this, this.#channel);
  }

  override _read(): void {
    this.#channel.readMore();
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    close(this.#channel, error, callback);
  }
}

/** A Writable over a descriptor. */
export class DescriptorWritable<Kind extends Descriptor = Descriptor>
  extends Writable
  implements DescriptorStream<Kind>
{
  readonly #channel: Channel;

  constructor(descriptor: Kind, options: DescriptorStreamOptions = {}) {
    checkDescriptor(descriptor);
    super({ highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK });
    this.#channel = new Channel(descriptor, neverPushed(this), {
      readable: false,
      writable: true,
      readBytes: 0,
    });
    abortBy(options.signal, this);
  }

  get descriptor(): Kind {
    return this.#channel.descriptor as Kind;
  }

  ref(): this {
    this.#channel.reference(true);
    return this;
  }

  unref(): this {
    this.#channel.reference(false);
    return this;
  }

  detach(): DetachedDescriptor<Kind> {
    return detachFrom(this, this.#channel);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#channel.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: WriteCallback): void {
    this.#channel.write(joined(chunks), callback);
  }

  override _final(callback: WriteCallback): void {
    end(this.#channel, callback);
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    close(this.#channel, error, callback);
  }
}

/** A Duplex over a descriptor. */
export class DescriptorDuplex<Kind extends Descriptor = Descriptor>
  extends Duplex
  implements DescriptorStream<Kind>
{
  readonly #channel: Channel;

  constructor(descriptor: Kind, options: DescriptorDuplexOptions = {}) {
    checkDescriptor(descriptor);
    const { highWaterMark = HIGH_WATER_MARK, allowHalfOpen = true } = options;
    super({ highWaterMark, allowHalfOpen });
    const readBytes = this.readableHighWaterMark;
    this.#channel = new Channel(descriptor, this, { readable: true, writable: true, readBytes });
    abortBy(options.signal, this);
  }

  get descriptor(): Kind {
    return this.#channel.descriptor as Kind;
  }

  ref(): this {
    this.#channel.reference(true);
    return this;
  }

  unref(): this {
    this.#channel.reference(false);
    return this;
  }

  detach(): DetachedDescriptor<Kind> {
    return detachFrom(this, this.#channel);
  }

  override _read(): void {
    this.#channel.readMore();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#channel.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: WriteCallback): void {
    this.#channel.write(joined(chunks), callback);
  }

  override _final(callback: WriteCallback): void {
    end(this.#channel, callback);
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    close(this.#channel, error, callback);
  }
}

function neverPushed(stream: Writable) {
  return { push: () => false, destroy: (error: Error) => stream.destroy(error) };
}

/**
 * A Readable over a descriptor, which it makes non-blocking, owns and closes. It reads only while
 * it is read from. Errors arrive as `error` events.
 *
 * Throws TypeError for what carries no bytes, SystemError EPERM for what is always ready, such as a
 * regular file (use `fs.createReadStream`).
 */
export function openReadable<Kind extends Descriptor>(
  descriptor: Kind,
  options?: DescriptorStreamOptions,
): DescriptorReadable<Kind> {
  return new DescriptorReadable(descriptor, options);
}

/**
 * A Writable over a descriptor, which it makes non-blocking, owns and closes once everything is
 * written. A reader that has left is an `error` event, EPIPE. Throws as `openReadable`.
 */
export function openWritable<Kind extends Descriptor>(
  descriptor: Kind,
  options?: DescriptorStreamOptions,
): DescriptorWritable<Kind> {
  return new DescriptorWritable(descriptor, options);
}

/**
 * A Duplex over a descriptor that carries both directions. `end()` lets the peer of a socket read
 * the end of the stream while it may go on sending; the descriptor is closed when both directions
 * have ended, or by `destroy()`. Throws as `openReadable`.
 */
export function openDuplex<Kind extends Descriptor>(
  descriptor: Kind,
  options?: DescriptorDuplexOptions,
): DescriptorDuplex<Kind> {
  return new DescriptorDuplex(descriptor, options);
}
