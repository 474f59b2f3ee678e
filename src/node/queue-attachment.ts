import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers';
import { inspect } from 'node:util';
import { ATTACH, type CompletionQueue, type Operation } from '../completion.ts';
import { PolyioError } from '../errors.ts';
import { watchClosing } from '../platform/closing.ts';
import { READABLE } from '../readiness.ts';
import type { Attachment } from './attached.ts';
import { type Watch, watch } from './hub.ts';

/** Called with the operations that have completed, or have new items. */
export type OnCompleted = (operations: Operation<unknown>[]) => void;

/**
 * A completion queue in the loop. What was recorded is submitted once per turn, before the loop
 * sleeps; when the queue's descriptor is readable, the completions are taken in and promises settle.
 * The loop stays alive while operations are pending.
 */
export class QueueAttachment implements Attachment {
  readonly finished: Promise<void>;
  readonly #queue: CompletionQueue;
  readonly #callback: OnCompleted | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #watch: Watch;
  readonly #unwatchClosing: () => void;
  // As for every attachment: in the context in which `attach` was called.
  readonly #context = new AsyncResource('PolyioAttachment');
  #settle!: (error?: Error) => void;
  #isScheduled = false;
  #isReferenced = true;
  #closed = false;

  constructor(
    queue: CompletionQueue,
    callback: OnCompleted | undefined,
    signal: AbortSignal | undefined,
  ) {
    if (queue.fd < 0) throw new PolyioError('ERR_POLYIO_CLOSED', 'the completion queue is closed');
    this.#queue = queue;
    this.#callback = callback;
    this.#signal = signal;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Before its descriptor is watched: a queue that cannot be attached has none that could be.
    queue[ATTACH]({ schedule: () => this.#schedule() });
    try {
      this.#watch = watch(queue.fd, {
        ready: () => this.#run(),
        lost: (error) => this.#end(error),
      });
    } catch (error) {
      this.#closed = true;
      queue[ATTACH](null);
      throw error;
    }
    this.#watch.reference(false);
    // The queue's end settles every operation: there is nothing left to tell.
    this.#unwatchClosing = watchClosing(queue, () => this.#end());
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#end();
  }

  get closed(): boolean {
    return this.#closed;
  }

  ref(): this {
    this.#isReferenced = true;
    this.#hold();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#hold();
    return this;
  }

  hasRef(): boolean {
    return this.#isReferenced;
  }

  close(): void {
    this.#end();
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  [inspect.custom](): string {
    const state = this.#closed ? ', closed' : this.#isReferenced ? '' : ', unref';
    return `QueueAttachment{the ${this.#queue.model} queue${state}}`;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#closed) return;
    this.#isScheduled = true;
    const immediate = setImmediate(this.#turn);
    if (!this.#isReferenced) immediate.unref();
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    this.#run();
  };

  /** Submits, takes in what has completed, and waits for the rest. */
  #run(): void {
    if (this.#closed) return;
    let completed: Operation<unknown>[];
    try {
      completed = this.#queue.wait({ min: 0 });
      if (this.#queue.pending > 0) this.#watch.arm(READABLE);
      this.#hold();
    } catch (error) {
      this.#end(error as Error);
      return;
    }
    if (completed.length > 0 && this.#callback !== undefined) {
      this.#context.runInAsyncScope(this.#callback, undefined, completed);
    }
  }

  #hold(): void {
    if (!this.#closed) this.#watch.reference(this.#isReferenced && this.#queue.pending > 0);
  }

  #release(): void {
    this.#closed = true;
    this.#watch.close();
    this.#unwatchClosing();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #end(error?: Error): void {
    if (this.#closed) return;
    this.#release();
    this.#queue[ATTACH](null);
    this.#settle(error);
  }

  readonly #onAbort = (): void => {
    this.#end();
  };
}
