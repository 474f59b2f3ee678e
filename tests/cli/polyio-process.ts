/** The built command as a child process, and clients for the servers that it starts. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ChildOptions, type Ended, runCommand } from '../harness/child.ts';

/** The file that `bin.polyio` names. */
export const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const WAIT_MS = 10_000;
const LOOK_MS = 10;

/** Runs `polyio` with these arguments to its end. */
export function polyio(args: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  return runCommand(process.execPath, [CLI, ...args], options);
}

/** Checks that a run failed with this code and exactly one sentence on standard error. */
export function assertFails(ended: Ended, code: number, pattern: RegExp): void {
  assert.equal(ended.code, code, `${ended.stdout}${ended.stderr}`);
  assert.match(ended.stderr, /^polyio: [^\n]+\n$/);
  assert.match(ended.stderr, pattern);
  assert.doesNotMatch(ended.stderr, /\n {4}at |\.js:\d+:\d+/);
}

/** The reason to skip when a program is not installed, else false. */
export function missing(program: string): string | false {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
  return found ? false : `${program} is not installed`;
}

/** Waits until `condition` gives something else than undefined or false. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false,
  limitMs = WAIT_MS,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms for ${what} in vain`);
    await sleep(LOOK_MS);
  }
}

/** One object of `serve --json`. */
export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

export interface ServingOptions {
  /** What runs Node: `['strace', …]` for example. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `polyio serve`, killed at the end of the block that holds it. */
export class Serving implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], { under = [], env = {} }: ServingOptions = {}) {
    const [command, ...rest] = [...under, process.execPath, CLI, 'serve', ...args];
    this.child = spawn(command as string, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.out.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    (this.child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Starts with `--json`, on a free port unless `--path` is given, and waits until it listens. */
  static async start(
    args: readonly string[],
    options?: ServingOptions,
  ): Promise<Serving & { port: number }> {
    const place = args.includes('--path') ? [] : ['--port', '0'];
    const serving = new Serving([...place, '--json', ...args], options);
    try {
      const { port } = await serving.event('listening');
      return Object.assign(serving, { port: port as number });
    } catch (error) {
      await serving[Symbol.asyncDispose]();
      throw error;
    }
  }

  get out(): Readable {
    return this.child.stdout as Readable;
  }

  /** The complete JSON lines so far. */
  get events(): Event[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Event);
  }

  /** Waits for the first event of that kind that fits. */
  event(name: string, fits: (event: Event) => boolean = () => true): Promise<Event> {
    return until(`the event ${name}; ${this.stderr}`, () => {
      const found = this.events.find((event) => event.event === name && fits(event));
      if (found === undefined && this.child.exitCode !== null) {
        throw new Error(`it ended with ${this.child.exitCode} before ${name}: ${this.stderr}`);
      }
      return found;
    });
  }

  /** Waits for a text in what it printed; the first group is given back, or all of it. */
  async prints(pattern: RegExp): Promise<string> {
    const found = await until(`${pattern}`, () => pattern.exec(this.stdout) ?? undefined);
    return found[1] ?? found[0];
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return (await this.ended).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A connection that is destroyed at the end of the block that holds it. */
export class Client implements AsyncDisposable {
  readonly socket: Socket;
  received = '';

  private constructor(port: number, host: string, reads: boolean) {
    this.socket = connect(port, host);
    this.socket.on('error', () => {});
    if (reads) {
      this.socket.setEncoding('utf8').on('data', (text: string) => {
        this.received += text;
      });
    }
  }

  static async connect(
    port: number,
    { host = '127.0.0.1', reads = true }: { host?: string; reads?: boolean } = {},
  ): Promise<Client> {
    const client = new Client(port, host, reads);
    if (!client.socket.connecting) return client;
    await once(client.socket, 'connect');
    return client;
  }

  /** Sends a line and waits until it has come back. */
  async echo(line: string): Promise<void> {
    const wanted = `${this.received}${line}`;
    this.socket.write(line);
    await until(`the echo of ${line}`, () => this.received === wanted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

/** A folder for a test's files, removed at the end of the block that holds it. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'polyio-cli-'));

  file(name: string, text?: string): string {
    const path = join(this.path, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether a process runs; one that is dead and not yet buried does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^\d+ \(.*\) [ZX] /s.test(stat);
  } catch {
    return false;
  }
}

/** The children of a process. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  return text.split(' ').filter(Boolean).map(Number);
}
