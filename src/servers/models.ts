/** Every model by its one name: what it is, where it runs, and whether it can run here. */

import { type Unsupported, UnsupportedError } from '../errors.ts';
import { HOST, type Platform } from '../platform/host.ts';
import {
  EpollSelector,
  KqueueSelector,
  PollSelector,
  SelectSelector,
  SignalDrivenSelector,
} from '../readiness.ts';
import { descriptorLimit } from '../sys/limits.ts';
import { ioUringUnavailable } from '../sys/linux/io-uring/probe.ts';
import { processesUnavailable } from '../sys/process.ts';
import { DESCRIPTORS_BELOW } from '../sys/select.ts';
import { iocpUnavailable } from '../sys/windows/port-probe.ts';
import { PLATFORMS, type Platforms, verifiedOn } from './platforms.ts';

export type ModelName =
  | 'blocking'
  | 'blocking-processes'
  | 'blocking-threads'
  | 'non-blocking'
  | 'select'
  | 'poll'
  | 'epoll'
  | 'epoll-edge'
  | 'kqueue'
  | 'signal-driven'
  | 'io-uring'
  | 'iocp'
  | 'node-net';

export type ModelFamily =
  | 'blocking'
  | 'polling'
  | 'readiness'
  | 'signal'
  | 'completion'
  | 'baseline';

/** What a person or a table needs to know about a model. */
export interface ModelInfo {
  readonly name: ModelName;
  readonly family: ModelFamily;
  /** How it waits, in one clause. */
  readonly waits: string;
  /** On which systems it runs, and how that was seen. */
  readonly platforms: Platforms;
  /**
   * How it was verified on this system and processor, or where it is at home when they do not have
   * it; null when that was on the kernel itself.
   */
  readonly verified: string | null;
  /** The most workers it can have; more than one share the listening socket. */
  readonly maxWorkers: number;
  readonly defaultWorkers: number;
  /** Whether each worker serves one client at a time, so that the others wait in the kernel's queue. */
  readonly isBlocking: boolean;
  /** It can watch descriptors numbered below this only. */
  readonly descriptorsBelow: number;
  /** Asks the kernel: null when the model runs here, else why not and what to do. */
  unavailable(): Unsupported | null;
}

const WORKERS_MAX = 64;

/** What every model but the baseline needs: the kernel boundary itself. */
function unreachable(model: string): Unsupported | null {
  try {
    descriptorLimit();
    return null;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { model, reason: error.reason, remedy: error.remedy };
  }
}

function define(
  name: ModelName,
  family: ModelFamily,
  waits: string,
  rest: Partial<Omit<ModelInfo, 'name' | 'family' | 'waits'>> = {},
): ModelInfo {
  return {
    name,
    family,
    waits,
    platforms: PLATFORMS[name] ?? {},
    verified: verifiedOn(name, HOST, process.arch),
    maxWorkers: 1,
    defaultWorkers: 1,
    isBlocking: family === 'blocking',
    descriptorsBelow: Number.POSITIVE_INFINITY,
    unavailable: () => unreachable(name),
    ...rest,
  };
}

const pool = { maxWorkers: WORKERS_MAX, defaultWorkers: 8 };
const shared = { maxWorkers: WORKERS_MAX };

/** Every model that this version has, in the order in which they are taught. */
export const MODELS: readonly ModelInfo[] = [
  define('blocking', 'blocking', 'one thread, one connection at a time'),
  define('blocking-processes', 'blocking', 'pre-forked processes share the listening socket', {
    ...pool,
    unavailable: () => processesUnavailable() ?? unreachable('blocking-processes'),
  }),
  define(
    'blocking-threads',
    'blocking',
    'a pool of threads, each blocked in its own connection',
    pool,
  ),
  define('non-blocking', 'polling', 'busy loop over all descriptors'),
  define('select', 'readiness', 'select(2) on all descriptors, below 1024 only', {
    ...shared,
    descriptorsBelow: DESCRIPTORS_BELOW,
    unavailable: SelectSelector.unavailable,
  }),
  define('poll', 'readiness', 'poll(2) on all descriptors', {
    ...shared,
    unavailable: PollSelector.unavailable,
  }),
  define('epoll', 'readiness', 'epoll_wait(2), level-triggered', {
    ...shared,
    unavailable: EpollSelector.unavailable,
  }),
  define('epoll-edge', 'readiness', 'epoll_wait(2), edge-triggered, drained with a bound', {
    ...shared,
    unavailable: () => {
      const refused = EpollSelector.unavailable();
      return refused === null ? null : { ...refused, model: 'epoll-edge' };
    },
  }),
  define('kqueue', 'readiness', 'kevent(2), level-triggered', {
    ...shared,
    unavailable: KqueueSelector.unavailable,
  }),
  // One worker: the owner of a listening socket's signals is one thread, whoever shares the socket.
  define('signal-driven', 'signal', 'sigtimedwait(2) for the signal that says ready', {
    unavailable: SignalDrivenSelector.unavailable,
  }),
  define('io-uring', 'completion', 'io_uring_enter(2), the kernel does both phases', {
    ...shared,
    unavailable: ioUringUnavailable,
  }),
  // One worker: a listening socket is tied to one port, and one thread waits at each.
  define('iocp', 'completion', 'GetQueuedCompletionStatusEx, the kernel does both phases', {
    unavailable: iocpUnavailable,
  }),
  define('node-net', 'baseline', "Node's own net module"),
];

const WITH_KQUEUE: readonly ModelName[] = ['kqueue', 'poll', 'select'];

const CANDIDATES: Readonly<Record<Platform, readonly ModelName[]>> = {
  linux: ['io-uring', 'epoll', 'poll', 'select'],
  darwin: WITH_KQUEUE,
  freebsd: WITH_KQUEUE,
  openbsd: WITH_KQUEUE,
  netbsd: WITH_KQUEUE,
  win32: ['iocp', 'poll', 'select'],
};

/** The candidates of `default` on this host, best first. */
export const DEFAULT_CANDIDATES: readonly ModelName[] = CANDIDATES[HOST];

/**
 * The model of a name. Throws TypeError listing the names when there is none.
 */
export function modelInfo(name: string): ModelInfo {
  const info = MODELS.find((model) => model.name === name);
  if (info !== undefined) return info;
  const names = MODELS.map((model) => model.name).join(', ');
  throw new TypeError(`unknown model '${name}'; the models are ${names}, or default`);
}

/** The model that was chosen, and why the candidates before it were not. */
export interface Choice {
  readonly model: ModelInfo;
  readonly rejected: readonly Unsupported[];
}

/**
 * Resolves a name or `default`. Throws UnsupportedError when it cannot run here: there is no
 * fallback from a named model.
 */
export function chooseModel(name: ModelName | 'default'): Choice {
  if (name !== 'default') {
    const model = modelInfo(name);
    const refused = model.unavailable();
    if (refused !== null) throw new UnsupportedError(refused);
    return { model, rejected: [] };
  }
  const rejected: Unsupported[] = [];
  for (const candidate of DEFAULT_CANDIDATES) {
    const model = modelInfo(candidate);
    const refused = model.unavailable();
    if (refused === null) return { model, rejected };
    rejected.push(refused);
  }
  const reasons = new Set(rejected.map(({ reason }) => reason));
  throw new UnsupportedError({
    model: 'default',
    reason:
      reasons.size === 1
        ? (rejected[0] as Unsupported).reason
        : rejected.map(({ model, reason }) => `${model}: ${reason}`).join('; '),
    remedy: (rejected[0] as Unsupported).remedy,
  });
}
