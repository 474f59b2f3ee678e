import { inspect } from 'node:util';
import { type Unsupported, UnsupportedError } from '../errors.ts';
import { HOST, type Platform } from '../platform/host.ts';
import { EpollSelector } from './epoll.ts';
import { KqueueSelector } from './kqueue.ts';
import { PollSelector } from './poll.ts';
import { SelectSelector } from './select.ts';
import type { Selector, SelectorModel } from './selector.ts';
import { SignalDrivenSelector } from './signal-driven.ts';

/** All that have a name; one that is no candidate is opened by it only. */
const ALL = [
  EpollSelector,
  KqueueSelector,
  PollSelector,
  SelectSelector,
  SignalDrivenSelector,
] as const;

const WITH_KQUEUE = [KqueueSelector, PollSelector, SelectSelector];

/** In the order of preference: what costs least per ready descriptor comes first. */
const CANDIDATES: Readonly<Record<Platform, readonly (typeof ALL)[number][]>> = {
  linux: [EpollSelector, PollSelector, SelectSelector],
  darwin: WITH_KQUEUE,
  freebsd: WITH_KQUEUE,
  openbsd: WITH_KQUEUE,
  netbsd: WITH_KQUEUE,
  win32: [PollSelector, SelectSelector],
};

/**
 * Opens a selector, by its name or the best one that this kernel has.
 *
 * By default the candidates (Linux: epoll, poll, select; macOS and the BSDs: kqueue, poll, select)
 * are asked in that order; the winner's `model` and `rejected` say which one it is and why the ones
 * before it lost. A model asked for by name is that model or an error, never another one.
 *
 * Throws `UnsupportedError` with the reason and the remedy when the model, or every candidate, is
 * refused here; `TypeError` for a name that is none; `SystemError` (EMFILE) when opening fails.
 */
export function openSelector<Data = unknown>(model: 'epoll'): EpollSelector<Data>;
export function openSelector<Data = unknown>(model: 'kqueue'): KqueueSelector<Data>;
export function openSelector<Data = unknown>(model: 'poll'): PollSelector<Data>;
export function openSelector<Data = unknown>(model: 'select'): SelectSelector<Data>;
export function openSelector<Data = unknown>(model: 'signal-driven'): SignalDrivenSelector<Data>;
export function openSelector<Data = unknown>(model?: SelectorModel | 'default'): Selector<Data>;
export function openSelector<Data>(model: SelectorModel | 'default' = 'default'): Selector<Data> {
  if (model === 'default') return openFirst<Data>();
  const Candidate = ALL.find((candidate) => candidate.model === model);
  if (Candidate === undefined) {
    const names = ALL.map((candidate) => candidate.model).join(', ');
    throw new TypeError(`a selector is one of default, ${names}, got ${inspect(model)}`);
  }
  const unsupported = Candidate.unavailable();
  if (unsupported !== null) throw new UnsupportedError(unsupported);
  return new Candidate<Data>();
}

function openFirst<Data>(): Selector<Data> {
  const rejected: Unsupported[] = [];
  for (const Candidate of CANDIDATES[HOST]) {
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
