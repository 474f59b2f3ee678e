import { inspect } from 'node:util';
import { PolyioError } from '../errors.ts';
import { watchClosing } from '../platform/closing.ts';
import { type Watch, watch } from './hub.ts';
import type { Source } from './source.ts';

/** What every attached thing can do, whichever way it tells its owner. */
export interface Attached extends Disposable {
  /** Whether it has ended: closed, aborted or failed. */
  readonly closed: boolean;
  /** While it waits, the process does not end: this is how it starts. Can be repeated. */
  ref(): this;
  /** The process may end although it waits. Can be repeated. */
  unref(): this;
  hasRef(): boolean;
  /** Stops waiting; what was attached stays open. Can be repeated. */
  close(): void;
}

/** Something attached that calls back. */
export interface Attachment extends Attached {
  /**
   * Resolves once it is closed or aborted, rejects when it failed: what is attached was closed, or
   * the kernel refused it. A failure that nobody looks at is an unhandled rejection.
   */
  readonly finished: Promise<void>;
}

/** Something attached, batch by batch. It waits only while somebody waits for `next()`. */
export interface AttachedBatches<Batch> extends Attached {
  /**
   * The next batch. Rejects with AbortError once the signal is aborted, with the error when it
   * failed; both once, afterwards it is done.
   */
  next(): Promise<IteratorResult<Batch, undefined>>;
  /** Ends it, as leaving the loop does. */
  return(): Promise<IteratorResult<Batch, undefined>>;
  [Symbol.asyncIterator](): this;
}

/** The error of an aborted wait, in the form that Node's own has. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

/** A source in the loop: armed, taken from, ended by close, abort, failure or its owner's closing. */
abstract class Waiting<Batch> implements Attached {
  readonly #source: Source<Batch>;
  readonly #signal: AbortSignal | undefined;
  readonly #watch: Watch;
  readonly #unwatchClosing: () => void;
  #closed = false;

  constructor(source: Source<Batch>, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
    this.#watch = watch(source.handle, {
      ready: (ready) => this.#take(ready),
      lost: (error) => this.end(error),
    });
    this.#unwatchClosing =
      source.owner === null ? () => {} : watchClosing(source.owner, this.#onClosing);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get closed(): boolean {
    return this.#closed;
  }

  ref(): this {
    this.#watch.reference(true);
    return this;
  }

  unref(): this {
    this.#watch.reference(false);
    return this;
  }

  hasRef(): boolean {
    return this.#watch.isReferenced;
  }

  close(): void {
    this.end();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  [inspect.custom](): string {
    const state = this.#closed ? 'closed' : this.hasRef() ? '' : 'unref';
    return `${this.constructor.name}{${this.#source.name}${state === '' ? '' : `, ${state}`}}`;
  }

  protected abstract deliver(batch: Batch): void;

  /** It has ended; an abort counts as an error here. */
  protected abstract ended(error: Error | undefined, isAbort: boolean): void;

  /** Waits for one batch. */
  protected wait(): void {
    if (this.#closed) return;
    try {
      this.#watch.arm(this.#source.interest);
    } catch (error) {
      this.end(error as Error);
    }
  }

  protected end(error?: Error, isAbort = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#unwatchClosing();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.ended(error, isAbort);
  }

  #take(ready: number): void {
    let batch: Batch | null;
    try {
      batch = this.#source.take(ready);
    } catch (error) {
      this.end(error as Error);
      return;
    }
    if (batch === null) this.wait();
    else if (!this.#closed) this.deliver(batch);
  }

  readonly #onAbort = (): void => {
    this.end(abortError(this.#signal as AbortSignal), true);
  };

  readonly #onClosing = (): void => {
    const message = `${this.#source.name} was closed while it was attached`;
    this.end(new PolyioError('ERR_POLYIO_CLOSED', message));
  };
}

/** The callback form. */
export class CallbackAttachment<Batch> extends Waiting<Batch> implements Attachment {
  readonly finished: Promise<void>;
  readonly #callback: (batch: Batch) => void;
  #settle!: (error?: Error) => void;

  constructor(
    source: Source<Batch>,
    callback: (batch: Batch) => void,
    signal: AbortSignal | undefined,
  ) {
    super(source, signal);
    this.#callback = callback;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    if (signal?.aborted === true) this.close();
    else this.wait();
  }

  protected override deliver(batch: Batch): void {
    try {
      const callback = this.#callback;
      callback(batch);
    } finally {
      this.wait();
    }
  }

  protected override ended(error: Error | undefined, isAbort: boolean): void {
    this.#settle(isAbort ? undefined : error);
  }
}

interface Waiter<Batch> {
  readonly resolve: (result: IteratorResult<Batch, undefined>) => void;
  readonly reject: (error: Error) => void;
}

const DONE = { done: true, value: undefined } as const;

/** The form for `for await`. */
export class BatchIterator<Batch> extends Waiting<Batch> implements AttachedBatches<Batch> {
  readonly #waiters: Waiter<Batch>[] = [];
  #error: Error | undefined;

  next(): Promise<IteratorResult<Batch, undefined>> {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) return Promise.reject(error);
    if (this.closed) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#waiters.length === 1) this.wait();
    });
  }

  return(): Promise<IteratorResult<Batch, undefined>> {
    this.close();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  protected override deliver(batch: Batch): void {
    this.#waiters.shift()?.resolve({ done: false, value: batch });
    if (this.#waiters.length > 0) this.wait();
  }

  protected override ended(error: Error | undefined): void {
    const waiters = this.#waiters.splice(0);
    if (error !== undefined) {
      const first = waiters.shift();
      if (first === undefined) this.#error = error;
      else first.reject(error);
    }
    for (const { resolve } of waiters) resolve(DONE);
  }
}
