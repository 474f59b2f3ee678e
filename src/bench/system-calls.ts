/**
 * Counting system calls with strace(1), on the threads that serve.
 *
 * A program that is traced is several times slower, so this is a short run of its own and only its
 * counts are used. Threads are named one by one: followed as a whole, the process would add the
 * calls of Node's own threads, for a model that makes few of them more than its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls by name. */
export type CallCounts = Readonly<Record<string, number>>;

const ATTACH_LIMIT_MS = 10_000;

/** Why calls cannot be counted here, or null. */
export function uncountable(): string | null {
  const { error, status, stderr } = spawnSync('strace', ['-c', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return 'not counted: strace is not installed';
  if (status === 0) return null;
  return `not counted: strace may not trace here (${stderr.trim().split('\n')[0]})`;
}

/** The table that `strace -c` writes. */
export function parseCounts(text: string): CallCounts {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const name = fields.at(-1) ?? '';
    const calls = Number(fields[3]);
    if (!/^\d/.test(fields[0] ?? '') || name === 'total' || !Number.isInteger(calls)) continue;
    counts[name] = calls;
  }
  return counts;
}

/** A strace on some threads, from the moment when it has hold of all of them. */
export class CallCounter implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<unknown>;
  #errors = '';

  private constructor(threads: readonly number[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'polyio-strace-'));
    const which = threads.flatMap((tid) => ['-p', String(tid)]);
    this.#child = spawn('strace', ['-c', '-o', this.#file, ...which], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.#ended = once(this.#child, 'close').catch(() => {});
  }

  get #file(): string {
    return join(this.#folder, 'counts');
  }

  /** Rejects when it cannot have one of the threads. */
  static async attach(threads: readonly number[]): Promise<CallCounter> {
    const counter = new CallCounter(threads);
    try {
      await counter.#attached(threads.length);
      return counter;
    } catch (error) {
      await counter[Symbol.asyncDispose]();
      throw error;
    }
  }

  #attached(threads: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error(this.#errors.trim() || 'strace did not attach in time'));
      const timer = setTimeout(fail, ATTACH_LIMIT_MS);
      void this.#ended.then(() => {
        clearTimeout(timer);
        fail();
      });
      this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.#errors += text;
        if ((this.#errors.match(/ attached/g)?.length ?? 0) < threads) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Lets the threads go and tells what they called. */
  async detach(): Promise<CallCounts> {
    this.#child.kill('SIGINT');
    await this.#ended;
    return parseCounts(readFileSync(this.#file, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
