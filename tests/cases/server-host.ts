/** A server in a process of its own, for what can only be seen from outside. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Address } from '../../src/io.ts';
import type { ServeOptions, Statistics } from '../../src/servers.ts';
import type { HostOrder } from '../fixtures/server-host.ts';
import { HAS_PROC } from '../harness/proc.ts';
import { Client, type ClientOptions, until } from './server-client.ts';
import { isFull, type ServerSuite } from './server-suite.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/server-host.js', import.meta.url));
const PAGE_KIB = 4;
const REST_MS = isFull ? 3_000 : 1_000;
const BUSY_FRACTION = 0.5;

interface Answers {
  readonly statistics: Statistics;
  readonly cpu: { readonly user: number; readonly system: number };
  readonly ticks: { readonly ticks: number };
}

export interface HostEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The processes that a process started and that live. */
export function childrenOf(pid: number): number[] {
  // Where nobody can be asked only the host itself is looked at.
  if (!HAS_PROC) return [];
  const found: number[] = [];
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
    if (text !== '') found.push(...text.split(' ').map(Number));
  }
  return found;
}

export function lives(pid: number): boolean {
  try {
    if (!HAS_PROC) return process.kill(pid, 0);
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export class Host {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly #suite: ServerSuite;
  readonly #clients: Client[] = [];
  #output = '';
  #errors = '';
  #end: HostEnd | undefined;
  #address: Address | undefined;

  private constructor(suite: ServerSuite, order: HostOrder, env: Readonly<Record<string, string>>) {
    this.#suite = suite;
    const args = [PROGRAM, JSON.stringify(order)];
    this.child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
    this.pid = this.child.pid as number;
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.child.stdin.on('error', () => {});
    this.child.on('close', (code, signal) => {
      this.#end = { code, signal };
    });
  }

  static async start(
    suite: ServerSuite,
    protocol: URL,
    options: ServeOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Host> {
    const { model, workers = 1 } = suite;
    const host = new Host(
      suite,
      { protocol: protocol.href, options: { model, workers, ...options } },
      env,
    );
    host.#address = (await host.#line<{ address: Address }>()).address;
    return host;
  }

  async #line<Answer>(): Promise<Answer> {
    await until(
      () => this.#output.includes('\n') || this.#end !== undefined,
      () => `the host answers; ${this.#errors}`,
    );
    const at = this.#output.indexOf('\n') + 1;
    if (at === 0) throw new Error(`the host ended: ${JSON.stringify(this.#end)} ${this.#errors}`);
    const line = this.#output.slice(0, at);
    this.#output = this.#output.slice(at);
    return JSON.parse(line) as Answer;
  }

  client(options?: ClientOptions): Client {
    const client = new Client(this.#address as Address, options);
    this.#clients.push(client);
    return client;
  }

  connectMany(count: number, options?: ClientOptions): Promise<Client[]> {
    return Promise.all(Array.from({ length: count }, () => this.client(options).connected()));
  }

  /** What the host and its workers printed and no answer has taken yet. */
  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  order(order: string): void {
    this.child.stdin.write(`${order}\n`);
  }

  ask<Order extends keyof Answers>(order: Order): Promise<Answers[Order]> {
    this.order(order);
    return this.#line<Answers[Order]>();
  }

  /** Lowers the hard limit of open files, so that `left` more can be opened. */
  leaveDescriptors(left: number): void {
    const limit = readdirSync(`/proc/${this.pid}/fd`).length + left;
    execFileSync('prlimit', ['--pid', String(this.pid), `--nofile=${limit}:${limit}`]);
  }

  /** Resident memory of the host and its workers, in KiB. */
  memoryKiB(): number {
    return [this.pid, ...childrenOf(this.pid)].reduce((sum, pid) => {
      const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
      return sum + pages * PAGE_KIB;
    }, 0);
  }

  /** Checks that the server does not spin while it has nothing to do. */
  async assertRests(): Promise<void> {
    const before = await this.ask('cpu');
    const begun = performance.now();
    await until(() => performance.now() - begun > REST_MS, 'the time passes');
    const after = await this.ask('cpu');
    const elapsedUs = (performance.now() - begun) * 1_000;
    const share = (after.user - before.user + after.system - before.system) / elapsedUs;
    if (this.#suite.model === 'non-blocking') return;
    assert.ok(share < BUSY_FRACTION, `${(share * 100).toFixed(1)} % of a core while idle`);
  }

  async ended(): Promise<HostEnd> {
    await until(() => this.#end !== undefined, 'the host ends');
    return this.#end as HostEnd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.socket.destroy();
    if (this.#end === undefined) this.child.kill('SIGKILL');
    await this.ended();
  }
}
