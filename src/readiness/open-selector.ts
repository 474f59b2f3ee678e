import { inspect } from 'node:util';
import { type Unsupported, UnsupportedError } from '../errors.ts';
import { EpollSelector } from './epoll.ts';
import { PollSelector } from './poll.ts';
import { SelectSelector } from './select.ts';
import type { Selector, SelectorModel } from './selector.ts';
import { SignalDrivenSelector } from './signal-driven.ts';

/** Those that are opened by name only: nobody wants them by accident. */
const BY_NAME = [SignalDrivenSelector] as const;

/** In the order of preference: what costs least per ready descriptor comes first. */
const CANDIDATES = [EpollSelector, PollSelector, SelectSelector] as const;

/**
 * Opens a selector, by its name or the best one that this kernel has.
 *
 * By default the candidates (epoll, poll, select) are asked in that order; the winner's `model` and
 * `rejected` say which one it is and why the ones before it lost. A model asked for by name is that
 * model or an error, never another one.
 *
 * Throws `UnsupportedError` with the reason and the remedy when the model, or every candidate, is
 * refused here; `TypeError` for a name that is none; `SystemError` (EMFILE) when opening fails.
 */
export function openSelector<Data = unknown>(model: 'epoll'): EpollSelector<Data>;
export function openSelector<Data = unknown>(model: 'poll'): PollSelector<Data>;
export function openSelector<Data = unknown>(model: 'select'): SelectSelector<Data>;
export function openSelector<Data = unknown>(model: 'signal-driven'): SignalDrivenSelector<Data>;
export function openSelector<Data = unknown>(model?: SelectorModel | 'default'): Selector<Data>;
export function openSelector<Data>(model: SelectorModel | 'default' = 'default'): Selector<Data> {
  if (model === 'default') return openFirst<Data>();
  const all = [...CANDIDATES, ...BY_NAME];
  const Candidate = all.find((candidate) => candidate.model === model);
  if (Candidate === undefined) {
    const names = all.map((candidate) => candidate.model).join(', ');
    throw new TypeError(`a selector is one of default, ${names}, got ${inspect(model)}`);
  }
  const unsupported = Candidate.unavailable();
  if (unsupported !== null) throw new UnsupportedError(unsupported);
  return new Candidate<Data>();
}

function openFirst<Data>(): Selector<Data> {
  const rejected: Unsupported[] = [];
  for (const Candidate of CANDIDATES) {
    const unsupported = Candidate.unavailable();
    if (unsupported === null) return new Candidate<Data>(rejected);
    rejected.push(unsupported);
  }
  throw new UnsupportedError({
    model: 'every selector',
    reason: rejected.map(({ model, reason }) => `${model}: ${reason}`).join('; '),
    remedy: 'use the blocking or the non-blocking model, or allow one of these calls',
  });
}
