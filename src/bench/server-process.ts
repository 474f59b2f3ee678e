/**
 * A server under test, as a process group of its own: nothing that it starts outlives it, and
 * Ctrl-C in the terminal reaches the benchmark alone, which ends it in good order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from './contender.ts';
import { treeOf } from './process-tree.ts';

/** What a server of ours says when it has stopped. */
export interface ServerCounts {
  readonly messages: number;
  readonly wouldBlock: number;
}

/** A measurement that could not be made; the message is the sentence for people. */
export class MeasureFailure extends Error {
  override readonly name = 'MeasureFailure';
}

export interface StartOptions {
  /** 0: any free one. */
  readonly port: number;
  /** What goes before the command, to keep it on a core. */
  readonly under: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** How long it may take to listen. @default 20000 */
  readonly listenLimitMs?: number;
}

const HOST = '127.0.0.1';
const LISTEN_LIMIT_MS = 20_000;
const LOOK_MS = 10;
const STOP_LIMIT_MS = 5_000;
const KEPT_TEXT = 2_000;
/** How long what it last said may take to arrive when somebody else holds the other end of the pipe. */
const LAST_WORDS_MS = 1_000;

const living = new Set<ServerProcess>();

/** Ends every server that is still there, at once. A run that throws leaves none behind. */
export function killServers(): void {
  for (const server of living) server.kill();
}

/** A port that nobody listens on. Rejects with the system's error when `port` is taken. */
export function freePort(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(port, HOST, () => {
      const address = probe.address() as { port: number };
      probe.close(() => resolve(address.port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Kills processes, and groups of them by their negative numbers. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

export class ServerProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #lines: Record<string, unknown>[] = [];
  #rest = '';
  #errors = '';
  #failure: Error | undefined;
  #port = 0;

  private constructor(contender: Contender, argv: readonly string[]) {
    this.#name = contender.name;
    const [command = '', ...rest] = argv;
    const { isPeer } = contender;
    this.#child = spawn(command, rest, {
      stdio: ['ignore', isPeer ? 'ignore' : 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = `${this.#errors}${text}`.slice(-KEPT_TEXT);
    });
    living.add(this);
    if (living.size === 1) process.on('exit', killServers);
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#failure = error;
        resolve();
      });
      this.#child.on('close', () => resolve());
    });
    this.#child.on('exit', () => this.#endGroup());
    void this.#ended.then(() => {
      living.delete(this);
      if (living.size === 0) process.off('exit', killServers);
    });
  }

  /** Rejects with MeasureFailure when it does not listen, and with the signal's reason when that comes first. */
  static async start(contender: Contender, options: StartOptions): Promise<ServerProcess> {
    const { under, signal, listenLimitMs = LISTEN_LIMIT_MS } = options;
    signal?.throwIfAborted();
    const { isPeer } = contender;
    const port = isPeer && options.port === 0 ? await freePort() : options.port;
    const server = new ServerProcess(contender, [...under, ...contender.command(port)]);
    try {
      server.#port = await server.#listening(isPeer ? port : 0, listenLimitMs, signal);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get target(): { readonly host: string; readonly port: number } {
    return { host: HOST, port: this.#port };
  }

  /** How it ended by itself, as a sentence; null while it lives. */
  get death(): string | null {
    const { exitCode, signalCode } = this.#child;
    const said = this.#errors.trim().split('\n').at(-1)?.trim() ?? '';
    const because = said === '' ? '' : `: ${said}`;
    if (this.#failure !== undefined) return `cannot be started: ${this.#failure.message}`;
    if (signalCode !== null) return `was killed by ${signalCode}${because}`;
    return exitCode === null ? null : `ended with code ${exitCode}${because}`;
  }

  /** The same, once it has had so long to end: a connection breaks before its process is gone. */
  async deathWithin(limitMs: number): Promise<string | null> {
    if (this.death === null) await this.#endedWithin(limitMs);
    return this.death;
  }

  async #endedWithin(limitMs: number): Promise<void> {
    const timer = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.#ended, late]);
    timer.abort();
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = (lines.pop() ?? '').slice(-KEPT_TEXT * 10);
    for (const line of lines) {
      try {
        const event = JSON.parse(line) as Record<string, unknown>;
        if (event['event'] === 'listening' || event['event'] === 'stopped') this.#lines.push(event);
      } catch {
        // Not ours: something that prints beside the events.
      }
    }
  }

  #event(name: string): Record<string, unknown> | undefined {
    return this.#lines.find(({ event }) => event === name);
  }

  async #listening(port: number, limitMs: number, signal?: AbortSignal): Promise<number> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      signal?.throwIfAborted();
      const { death } = this;
      if (death !== null) throw new MeasureFailure(`${this.#name} never listened: it ${death}`);
      const event = this.#event('listening');
      if (event !== undefined) return event['port'] as number;
      if (port !== 0 && (await answers(port))) return port;
      if (performance.now() > deadline) {
        const waited = `${limitMs / 1_000} s`;
        throw new MeasureFailure(`${this.#name} never listened: nothing in ${waited}`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Ends it in good order, or by force when that takes too long. What it counted; null for peers. */
  async stop(): Promise<ServerCounts | null> {
    this.#signal('SIGTERM');
    await this.#endedWithin(STOP_LIMIT_MS);
    await this[Symbol.asyncDispose]();
    const statistics = this.#event('stopped')?.['statistics'] as ServerCounts | undefined;
    return statistics ?? null;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.death === null) this.#child.kill(signal);
  }

  /**
   * Its leader has ended, a shell for instance, and the server may not have: who is left in the
   * group ends as well. While there is one, the kernel gives the number to nobody else.
   */
  #endGroup(): void {
    killAll([-this.pid]);
    const timer = setTimeout(() => {
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, LAST_WORDS_MS);
    void this.#ended.then(() => clearTimeout(timer));
  }

  /** Ends it and everything that it started, at once. */
  kill(): void {
    // What it left behind when it ended by itself is ended already.
    if (this.death === null) killAll([...treeOf(this.pid), -this.pid]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#ended;
  }
}
