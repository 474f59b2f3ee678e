/** The models as the page knows them, in the order in which they are taught. */

export type Family = 'blocking' | 'polling' | 'readiness' | 'signal' | 'completion' | 'baseline';

export interface PageModel {
  readonly name: string;
  readonly family: Family;
}

function model(name: string, family: Family): PageModel {
  return { name, family };
}

export const MODELS: readonly PageModel[] = [
  model('blocking', 'blocking'),
  model('blocking-processes', 'blocking'),
  model('blocking-threads', 'blocking'),
  model('non-blocking', 'polling'),
  model('select', 'readiness'),
  model('poll', 'readiness'),
  model('epoll', 'readiness'),
  model('epoll-edge', 'readiness'),
  model('kqueue', 'readiness'),
  model('signal-driven', 'signal'),
  model('io-uring', 'completion'),
  model('iocp', 'completion'),
  model('node-net', 'baseline'),
];

/** The most that are compared at once. */
export const MODELS_MAX = 4;

const WAITS: ReadonlyMap<string, string> = new Map([
  ['select', 'select'],
  ['poll', 'poll'],
  ['epoll', 'epoll_wait'],
  ['epoll-edge', 'epoll_wait'],
  ['kqueue', 'kevent'],
  ['signal-driven', 'sigtimedwait'],
  ['io-uring', 'io_uring_enter'],
  ['iocp', 'GetQueuedCompletionStatusEx'],
]);

/** The one call in which a model waits for everything; undefined when there is none. */
export function waitOf(name: string): string | undefined {
  return WAITS.get(name);
}

/** The family of a model; undefined for what is none. */
export function familyOf(name: string): Family | undefined {
  return MODELS.find((one) => one.name === name)?.family;
}

/** Models in the order of teaching; undefined when they are not 1 to 4 of those that there are. */
export function pickModels(names: readonly string[]): readonly string[] | undefined {
  const wanted = new Set(names);
  const picked = MODELS.map(({ name }) => name).filter((name) => wanted.has(name));
  const isGood = picked.length === wanted.size && picked.length >= 1;
  return isGood && picked.length <= MODELS_MAX ? picked : undefined;
}
