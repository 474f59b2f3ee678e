import { inspect } from 'node:util';
import { type Unsupported, UnsupportedError } from '../errors.ts';
import { HOST, type Platform } from '../platform/host.ts';
import type {
  CompletionModel,
  CompletionQueue,
  CompletionQueueOptions,
} from './completion-queue.ts';
import { IoUringQueue } from './io-uring.ts';
import { IocpQueue } from './iocp.ts';

/** Every model, by its name. */
const MODELS = [IoUringQueue, IocpQueue] as const;

type Candidate = (typeof MODELS)[number];

/** The candidates of `default` on each system, in the order of preference; elsewhere all say why not. */
const CANDIDATES: Readonly<Partial<Record<Platform, readonly Candidate[]>>> = {
  linux: [IoUringQueue],
  win32: [IocpQueue],
};

/**
 * Opens a completion queue, by its name or the best one that this system has.
 *
 * By default the candidates are asked in their order; the winner's `model` and `rejected` say which
 * one it is and why the ones before it lost. A model asked for by name is that model or an error,
 * never another one. The queue belongs to the calling thread: open it where it is used.
 *
 * Throws `UnsupportedError` with the reason and the remedy when the model, or every candidate, is
 * refused here; `TypeError` for a name that is none; `SystemError` (EMFILE) when opening fails.
 */
export function openCompletionQueue(
  model: 'io-uring',
  options?: CompletionQueueOptions,
): IoUringQueue;
export function openCompletionQueue(model: 'iocp', options?: CompletionQueueOptions): IocpQueue;
export function openCompletionQueue(
  model?: CompletionModel | 'default',
  options?: CompletionQueueOptions,
): CompletionQueue;
export function openCompletionQueue(
  model: CompletionModel | 'default' = 'default',
  options: CompletionQueueOptions = {},
): CompletionQueue {
  if (model === 'default') return openFirst(options);
  const Candidate = MODELS.find((candidate) => candidate.model === model);
  if (Candidate === undefined) {
    const names = MODELS.map((candidate) => candidate.model).join(', ');
    throw new TypeError(`a completion queue is one of default, ${names}, got ${inspect(model)}`);
  }
  const unsupported = Candidate.unavailable();
  if (unsupported !== null) throw new UnsupportedError(unsupported);
  return new Candidate(options);
}

function openFirst(options: CompletionQueueOptions): CompletionQueue {
  const rejected: Unsupported[] = [];
  for (const Candidate of CANDIDATES[HOST] ?? MODELS) {
    const unsupported = Candidate.unavailable();
    if (unsupported === null) return new Candidate({ ...options, rejected });
    rejected.push(unsupported);
  }
  throw new UnsupportedError({
    model: 'every completion queue',
    reason: rejected.map(({ model, reason }) => `${model}: ${reason}`).join('; '),
    remedy: 'use a selector (openSelector()), which waits until a descriptor is ready',
  });
}
