import { inspect } from 'node:util';
import type { CompletionQueue } from '../completion.ts';
import { ATTACH } from '../completion.ts';
import type { Handle } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { PRIORITY, READABLE, type Ready, type Selector, WRITABLE } from '../readiness.ts';
import {
  type AttachedBatches,
  type Attachment,
  abortError,
  BatchIterator,
  CallbackAttachment,
} from './attached.ts';
import { type OnCompleted, QueueAttachment } from './queue-attachment.ts';
import { descriptorSource, type Source, selectorSource } from './source.ts';

const INTEREST_MAX = READABLE | WRITABLE | PRIORITY;

/** Options of `attach`. */
export interface AttachOptions {
  /**
   * Ends it. Batches end with AbortError, as `events.on` does; a callback is simply called no more.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `attach` for a single descriptor. */
export interface AttachDescriptorOptions extends AttachOptions {
  /** A combination of `READABLE`, `WRITABLE` and `PRIORITY`. @default READABLE */
  readonly interest?: number | undefined;
}

/**
 * Waits in Node's own event loop, beside its timers, sockets and promises, in any thread.
 *
 * A selector yields what `select(0)` gives whenever something is ready; a descriptor yields its
 * ready bits. `for await` takes batch after batch, or a callback is called with each. While the loop
 * body or the callback runs, nothing is waited for: the next batch is what is ready then. One batch
 * comes per turn of the loop, so Node's own work is never kept from running. What is attached stays
 * its owner's: end the attachment, then close.
 *
 * Throws UnsupportedError for a selector that no descriptor stands for (select, poll); TypeError
 * when the same descriptor is attached in this thread already; SystemError EBADF, or EPERM for a
 * regular file, which is always ready; AbortError when the signal is aborted and no callback is
 * given. Afterwards: PolyioError ERR_POLYIO_CLOSED when the selector or the descriptor is closed
 * while it is attached. A bare number that is closed wakes nobody; the next wait for it ends with
 * SystemError EBADF or ENOENT.
 *
 * @see epoll(7), kqueue(2)
 */
export function attach<Data>(
  selector: Selector<Data>,
  options?: AttachOptions,
): AttachedBatches<IterableIterator<Ready<Data>>>;
export function attach<Data>(
  selector: Selector<Data>,
  onBatch: (batch: IterableIterator<Ready<Data>>) => void,
  options?: AttachOptions,
): Attachment;
/**
 * Completes the operations of a queue in Node's own event loop: their `promise()` settles there, and
 * multishot ones can be iterated with `for await`. What is recorded in one turn of the loop is
 * submitted together, before the loop sleeps. With `onCompleted` the completed operations are handed
 * out as `wait` does.
 *
 * Ending it leaves the queue as it is: `wait()` goes on completing operations, and settles the
 * promises that are left. Throws TypeError when the queue is attached already.
 */
export function attach(queue: CompletionQueue, options?: AttachOptions): Attachment;
export function attach(
  queue: CompletionQueue,
  onCompleted: OnCompleted,
  options?: AttachOptions,
): Attachment;
export function attach(
  descriptor: Handle,
  options?: AttachDescriptorOptions,
): AttachedBatches<number>;
export function attach(
  descriptor: Handle,
  onReady: (ready: number) => void,
  options?: AttachDescriptorOptions,
): Attachment;
export function attach(
  target: Selector<unknown> | CompletionQueue | Handle,
  second?: AttachDescriptorOptions | ((batch: never) => void),
  third?: AttachDescriptorOptions,
): Attachment | AttachedBatches<unknown> {
  const callback = typeof second === 'function' ? second : undefined;
  const options = (typeof second === 'function' ? third : second) ?? {};
  const signal = checkSignal(options.signal);
  if (isQueue(target)) return new QueueAttachment(target, callback as OnCompleted, signal);
  const source = sourceOf(target, options) as Source<never>;
  if (callback !== undefined) return new CallbackAttachment(source, callback, signal);
  if (signal?.aborted === true) throw abortError(signal);
  return new BatchIterator(source, signal);
}

function sourceOf(target: Selector<unknown> | Handle, options: AttachDescriptorOptions) {
  const { interest } = options;
  if (!isSelector(target)) {
    const wanted = asInteger(interest ?? READABLE, 'interest', 1, INTEREST_MAX);
    return descriptorSource(target, wanted);
  }
  if (interest === undefined) return selectorSource(target);
  throw new TypeError('interest is about a descriptor; a selector has one per registration');
}

function isQueue(target: unknown): target is CompletionQueue {
  return typeof target === 'object' && target !== null && ATTACH in target;
}

function isSelector(target: Selector<unknown> | Handle): target is Selector<unknown> {
  return typeof target === 'object' && target !== null && 'select' in target && 'model' in target;
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`signal must be an AbortSignal, got ${inspect(signal)}`);
}
