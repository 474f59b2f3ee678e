/** What the server cases share: the suite's description, a server with its log, its clients. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelName, type ServeOptions, type Server, serve } from '../../src/servers.ts';
import type { Script } from '../fixtures/protocol-scripted.ts';
import { type TestOptions, test } from '../harness/test.ts';
import { Client, type ClientOptions, until } from './server-client.ts';

/** One model, and what it can do. */
export interface ServerSuite {
  readonly model: ModelName;
  /** How many clients it serves at once in these cases. */
  readonly clients: number;
  /** With how many workers the cases start it; each start costs. @default 1 */
  readonly workers?: number;
  /** Whether each worker serves one client at a time; the others wait in the kernel's queue. */
  readonly isBlocking?: boolean;
  /** Whether several workers can share its listening socket, each with many clients. */
  readonly isShared?: boolean;
  /** Its workers are processes. */
  readonly hasProcesses?: boolean;
  /** How many random schedules it is driven through. @default 30 */
  readonly schedules?: number;
}

/** Full sizes of the long cases: for .ci/run, which has the time. */
export const isFull = process.env['POLYIO_TEST_FULL'] === '1';

export const ECHO = new URL('../../src/servers/echo.js', import.meta.url);
export const SCRIPTED = new URL('../fixtures/protocol-scripted.js', import.meta.url);

/** Why a case that needs several clients in one worker cannot be had. */
export function alone(suite: ServerSuite): string | false {
  return suite.isBlocking === true && 'a worker serves one client at a time';
}

export interface LogEntry {
  readonly callback: string;
  readonly id: number;
  readonly code?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly wrote?: boolean;
  readonly closed?: boolean;
  readonly queued?: number;
  readonly sent?: number;
}

export class Started {
  readonly server: Server;
  readonly #clients: Client[] = [];
  readonly #log: string;

  constructor(server: Server, log: string) {
    this.server = server;
    this.#log = log;
  }

  client(options?: ClientOptions): Client {
    const client = new Client(this.server.address, options);
    this.#clients.push(client);
    return client;
  }

  connect(options?: ClientOptions): Promise<Client> {
    return this.client(options).connected();
  }

  /** As many as the model serves at once, but not more than `most`. */
  connectMany({ clients }: ServerSuite, most: number, options?: ClientOptions): Promise<Client[]> {
    const count = Math.min(clients, most);
    return Promise.all(Array.from({ length: count }, () => this.connect(options)));
  }

  /** The callbacks so far. */
  log(callback?: string): LogEntry[] {
    const lines = readFileSync(this.#log, { encoding: 'utf8', flag: 'a+' }).split('\n');
    const entries = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogEntry);
    return callback === undefined
      ? entries
      : entries.filter((entry) => entry.callback === callback);
  }

  /** Waits until a callback has been called so often, and returns those entries. */
  async called(callback: string, times = 1): Promise<LogEntry[]> {
    await until(
      () => this.log(callback).length >= times,
      () => `${callback} is called ${times} times; ${JSON.stringify(this.log()).slice(0, 2000)}`,
    );
    return this.log(callback);
  }

  /** Waits until every client has left, and checks that the figures agree. */
  async allClosed(accepted?: number): Promise<void> {
    const { server } = this;
    await until(
      () => {
        const now = server.statistics();
        const isComplete = accepted === undefined || now.accepted >= accepted;
        if (now.active > 0 || now.closed < now.accepted || !isComplete) return false;
        // The figures move before the callback is called.
        return this.log('close').length === this.log('open').length;
      },
      () => `all ${accepted ?? ''} connections are closed; ${JSON.stringify(server.statistics())}`,
    );
    if (accepted !== undefined) assert.equal(server.statistics().accepted, accepted);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    await this.server.abort();
    rmSync(join(this.#log, '..'), { recursive: true, force: true });
  }
}

async function startNow(
  suite: ServerSuite,
  script: Script,
  { protocol = SCRIPTED, ...rest }: StartOptions,
): Promise<Started> {
  const log = join(mkdtempSync(join(tmpdir(), 'polyio-server-')), 'log');
  process.env['POLYIO_TEST_SCRIPT'] = JSON.stringify({ ...script, log });
  process.env['POLYIO_POISON_LEASES'] = '1';
  const { model, workers = 1 } = suite;
  try {
    return new Started(await serve(protocol, { model, workers, port: 0, ...rest }), log);
  } catch (error) {
    rmSync(join(log, '..'), { recursive: true, force: true });
    throw error;
  } finally {
    delete process.env['POLYIO_TEST_SCRIPT'];
    delete process.env['POLYIO_POISON_LEASES'];
  }
}

export interface StartOptions extends ServeOptions {
  readonly protocol?: URL;
}

/** Workers inherit the environment of the moment, so that one server starts at a time. */
let starting: Promise<unknown> = Promise.resolve();

/** Serves the scripted protocol, or another one, with the suite's model. */
export function start(
  suite: ServerSuite,
  script: Script = {},
  options: StartOptions = {},
): Promise<Started> {
  const started = starting.then(() => startNow(suite, script, options));
  starting = started.catch(() => {});
  return started;
}

/** The same with the protocol that sends everything back. */
export function startEcho(suite: ServerSuite, options: ServeOptions = {}): Promise<Started> {
  return start(suite, {}, { protocol: ECHO, ...options });
}

/** A case, with the model before its title. */
export function serverCase(
  suite: ServerSuite,
  title: string,
  body: () => Promise<void>,
  options: TestOptions = {},
): void {
  test(`${suite.model}: ${title}`, body, { limitMs: 40_000, ...options });
}

/** Declares one case of a group. */
export type Declare = (
  title: string,
  body: () => Promise<void>,
  options?: { readonly skip?: string | false },
) => void;

/** Cases that do little but wait: they wait side by side. */
export function waitingCases(
  suite: ServerSuite,
  title: string,
  declare: (declare: Declare) => void,
): void {
  // Busy loops side by side would starve one another.
  const concurrency = suite.model !== 'non-blocking';
  test(
    `${suite.model}: ${title}`,
    (context) =>
      context.test('side by side', { concurrency }, async (group) => {
        const cases: Promise<void>[] = [];
        declare((name, body, { skip = false } = {}) => {
          cases.push(group.test(`${suite.model}: ${name}`, { skip }, body));
        });
        await Promise.all(cases);
      }),
    { limitMs: 60_000 },
  );
}
