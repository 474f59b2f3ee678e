/**
 * Starting, watching and stopping a server whose workers are threads or processes of their own,
 * so that the caller's Node loop stays free.
 *
 * Starting goes by message, stopping by shared memory: the stop word is set, and each worker is
 * woken until it has acted on it. The listening socket is closed here, after the last worker has
 * stopped accepting from it.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { Unsupported } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { type Address, encodeAddress, formatAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { descriptorLimit } from '../sys/limits.ts';
import { type AcceptMode, resolveAccept } from './accept-mode.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { Listener, listenApart } from './listen.ts';
import { type Choice, chooseModel, type ModelName } from './models.ts';
import { processMemory, startProcess } from './process-workers.ts';
import { ControlBlock, STATE, STOP, type Statistics, type WorkerRecord } from './statistics.ts';
import { startThread, threadMemory } from './thread-workers.ts';
import type { WorkerHandle, WorkerStart } from './worker-handle.ts';

const WAKE_INTERVAL_MS = 5;
const DRAIN_MS = 25_000;
const ABORT_LIMIT_MS = 5_000;

/** Where and how to serve. */
export interface ServeOptions extends Partial<Limits> {
  /** @default 'default': the best that this kernel has */
  readonly model?: ModelName | 'default';
  /** A numeric address or a name. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 asks the kernel for a free one. @default 8080 */
  readonly port?: number;
  /**
   * Listens on a Unix stream socket instead, in this file (at most 107 bytes). It must not exist, and
   * is removed when the server stops listening.
   */
  readonly path?: string;
  /**
   * How many threads or processes serve.
   * @default 8 for `blocking-threads` and `blocking-processes`, else 1
   */
  readonly workers?: number;
  /**
   * How the workers come by their clients: `exclusive` is for `epoll` and `epoll-edge`, `reuse-port`
   * for every model of several workers, where the system has SO_REUSEPORT.
   * @default 'exclusive' for several workers of `epoll` and `epoll-edge`, else 'shared'
   */
  readonly accept?: AcceptMode;
  /** Ends the server at once when it aborts, as `abort()` does. */
  readonly signal?: AbortSignal;
}

/** How a drain went. */
export interface CloseReport {
  /** True when every connection had sent what was queued. */
  readonly drained: boolean;
  readonly unsentBytes: number;
  readonly unsentConnections: number;
}

/** A running server. */
export interface Server extends AsyncDisposable {
  /** The model that serves; with `default`, the one that was chosen. */
  readonly model: ModelName;
  /** The candidates of `default` that were refused here, with the reasons. */
  readonly rejected: readonly Unsupported[];
  readonly address: Address;
  readonly workers: number;
  /** How the workers come by their clients. */
  readonly accept: AcceptMode;
  readonly limits: Limits;
  /**
   * The first mistake of the protocol, as `data: RangeError: why`: the callback that threw or
   * returned a promise, the error's code or name, its message; cut to 512 bytes. Null for none. All
   * of them are counted in the statistics.
   */
  readonly protocolError: string | null;
  /** The figures of this moment, over all workers. */
  statistics(): Statistics;
  /**
   * Drains: accepts no more, lets every connection send what is queued and closes it. What is still
   * unsent after `timeoutMs` (0 or more, 25,000 by default) is given up and counted in the report.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<CloseReport>;
  /** Closes every connection at once. */
  abort(): Promise<void>;
  /** Resolves when the server has ended; rejects when a worker died. */
  readonly finished: Promise<void>;
}

class SupervisedServer implements Server {
  readonly model: ModelName;
  readonly rejected: readonly Unsupported[];
  readonly address: Address;
  readonly workers: number;
  readonly accept: AcceptMode;
  readonly limits: Limits;
  readonly finished: Promise<void>;
  /** Aborted when the server is over: what was waiting for it may be let go. */
  readonly over: AbortSignal;
  readonly #over = new AbortController();
  readonly #control: ControlBlock;
  readonly #listeners: readonly Listener[];
  readonly #handles: readonly WorkerHandle[];
  /** Each worker takes in who waits at its own socket when the client of the moment has left. */
  readonly #emptiesLate: boolean;

  constructor(
    choice: Choice,
    { accept, limits }: Pick<WorkerStart, 'accept' | 'limits'>,
    listeners: readonly Listener[],
    control: ControlBlock,
    handles: readonly WorkerHandle[],
  ) {
    this.model = choice.model.name;
    this.rejected = choice.rejected;
    this.accept = accept;
    this.limits = limits;
    this.address = (listeners[0] as Listener).address;
    this.workers = handles.length;
    this.#listeners = listeners;
    this.#emptiesLate = accept === 'reuse-port' && choice.model.isBlocking;
    this.#control = control;
    this.#handles = handles;
    this.over = this.#over.signal;
    this.finished = this.#watch();
  }

  async #watch(): Promise<void> {
    try {
      await Promise.all(this.#handles.map(({ ended }) => ended));
    } catch (death) {
      // Half a server would serve some clients and let others hang.
      await this.#stop(STOP.abort, ABORT_LIMIT_MS);
      await within(ABORT_LIMIT_MS, Promise.allSettled(this.#handles.map(({ ended }) => ended)));
      throw death;
    } finally {
      this.#closeListeners();
      this.#over.abort();
    }
  }

  get protocolError(): string | null {
    return this.#control.protocolError;
  }

  statistics(): Statistics {
    return this.#control.statistics();
  }

  async close({ timeoutMs = DRAIN_MS } = {}): Promise<CloseReport> {
    asInteger(timeoutMs, 'timeoutMs', 0, 2 ** 31 - 1);
    const started = performance.now();
    // A worker that has not looked yet still accepts from it: its number must not become another's.
    const mayClose = (await this.#stop(STOP.drain, timeoutMs)) && !this.#emptiesLate;
    if (mayClose) this.#closeListeners();
    const left = Math.max(0, timeoutMs - (performance.now() - started));
    await within(left, Promise.allSettled([this.finished]));
    await this.abort();
    const { unsentBytes, unsentConnections } = this.statistics();
    return { drained: unsentConnections === 0, unsentBytes, unsentConnections };
  }

  async abort(): Promise<void> {
    await this.#stop(STOP.abort, ABORT_LIMIT_MS);
    await within(ABORT_LIMIT_MS, Promise.allSettled([this.finished]));
    for (const handle of this.#living()) handle.kill();
    await Promise.allSettled([this.finished]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [inspect.custom](): string {
    const { active, accepted } = this.statistics();
    const where = formatAddress(this.address);
    return `Server{${this.model} ${where}, ${this.workers} workers, ${active} open of ${accepted}}`;
  }

  /** Raises the stop level and wakes the workers until each has acted on it: true, or false when the time is up. */
  async #stop(level: number, limitMs: number): Promise<boolean> {
    const control = this.#control;
    control.stop = Math.max(control.stop, level);
    const deadline = performance.now() + limitMs;
    for (;;) {
      const deaf = this.#handles.filter((_, index) => {
        const { state, seen } = control.workers[index] as WorkerRecord;
        return state !== STATE.ended && seen < level;
      });
      if (deaf.length === 0) return true;
      for (const handle of deaf) handle.wake();
      if (performance.now() >= deadline) return false;
      await sleep(WAKE_INTERVAL_MS);
    }
  }

  #closeListeners(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #living(): WorkerHandle[] {
    const { workers } = this.#control;
    return this.#handles.filter((_, index) => workers[index]?.state !== STATE.ended);
  }
}

/** Waits until it is settled, or the time is up. */
async function within(limitMs: number, settled: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([late, settled]);
  timer.abort();
}

async function numericHost(host: string): Promise<string> {
  return isIP(host) > 0 ? host : (await lookup(host)).address;
}

function moduleUrl(module: URL | string): string {
  if (module instanceof URL) return module.href;
  return module.startsWith('file:') ? module : pathToFileURL(resolvePath(module)).href;
}

/** Starts the workers of a model; they report through the handles. */
function startWorkers(
  { model }: Choice,
  workers: number,
  listeners: readonly Listener[],
  start: Omit<WorkerStart, 'worker' | 'wakerFd' | 'workers' | 'model' | 'listenerFd'>,
): { control: ControlBlock; handles: WorkerHandle[] } {
  const common = { ...start, workers, model: model.name };
  const places = Array.from({ length: workers }, (_, worker) => {
    const listener = listeners[worker] ?? (listeners[0] as Listener);
    return { worker, listenerFd: listener.fd };
  });
  if (model.name === 'blocking-processes') {
    const memory = processMemory(workers);
    const control = new ControlBlock(memory.arena.buffer, workers);
    const handles = places.map((place) =>
      startProcess({ ...common, ...place }, memory, control.workers[place.worker] as WorkerRecord),
    );
    close(memory.fd);
    return { control, handles };
  }
  const memory = threadMemory(workers);
  const control = new ControlBlock(memory, workers);
  const handles = places.map((place) =>
    startThread({ ...common, ...place }, memory, control.workers[place.worker] as WorkerRecord),
  );
  return { control, handles };
}

/**
 * Serves the protocol that `module` exports by default, in threads or processes of its own.
 *
 * @param module the URL of the compiled module, or its path
 * Rejects with SystemError when the socket cannot be had (EADDRINUSE, EACCES, EADDRNOTAVAIL),
 * UnsupportedError when the model cannot run here, PolyioError (ERR_POLYIO_PROTOCOL) when the
 * module cannot be loaded, TypeError or RangeError for a wrong option.
 */
export async function serve(module: URL | string, options: ServeOptions = {}): Promise<Server> {
  const { model: name = 'default', host = '127.0.0.1', port = 8080, signal } = options;
  signal?.throwIfAborted();
  const choice = chooseModel(name);
  const { model } = choice;
  const workers = options.workers ?? model.defaultWorkers;
  if (model.maxWorkers === 1 && workers !== 1) {
    throw new RangeError(`model ${model.name} takes 1 worker, got ${workers}`);
  }
  asInteger(workers, 'workers', 1, model.maxWorkers);
  asInteger(port, 'port', 0, 65_535);
  const { path } = options;
  const accept = resolveAccept(model, { accept: options.accept, workers, path });
  // Wrong ones are told before anything starts.
  if (path !== undefined) encodeAddress({ path });
  const limits = resolveLimits(options, descriptorLimit());
  const { isBlocking, descriptorsBelow } = model;
  const { backlog } = limits;
  const where = path === undefined ? { host: await numericHost(host), port } : { path };
  signal?.throwIfAborted();
  const listening = { where, backlog, isBlocking, descriptorsBelow };
  const listeners =
    accept === 'reuse-port' ? listenApart(listening, workers) : [new Listener(listening)];
  const start = { protocol: moduleUrl(module), limits, accept };
  const { control, handles } = startWorkers(choice, workers, listeners, start);
  const server = new SupervisedServer(choice, start, listeners, control, handles);
  try {
    await Promise.all(handles.map(({ ready }) => ready));
    signal?.throwIfAborted();
  } catch (error) {
    // Who waits for the start hears of it from this call, not from `finished`.
    server.finished.catch(() => {});
    await server.abort();
    throw error;
  }
  const { over } = server;
  signal?.addEventListener('abort', () => void server.abort(), { once: true, signal: over });
  return server;
}
