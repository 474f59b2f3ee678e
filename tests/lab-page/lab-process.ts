/** `polyio lab` in a process of its own, as a visitor starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { CLI, until } from '../cli/polyio-process.ts';

const START_LIMIT_MS = 20_000;

interface Listening {
  readonly url: string;
  readonly port: number;
}

/** The processes below a process, at any depth. */
function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  const visit = (parent: number): void => {
    for (const task of readdirSync(`/proc/${parent}/task`)) {
      const text = readFileSync(`/proc/${parent}/task/${task}/children`, 'latin1');
      for (const child of text.split(' ').filter(Boolean).map(Number)) {
        found.push(child);
        visit(child);
      }
    }
  };
  try {
    visit(pid);
  } catch {
    // One of them ended meanwhile, and its children with it.
  }
  return found;
}

/** A running lab, killed at the end of the block that holds it. */
export class LabProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #listening: Listening | undefined;
  stderr = '';

  private constructor() {
    const args = [CLI, 'lab', '--no-open', '--json'];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close');
    let text = '';
    (this.#child.stdout as Readable).setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end >= 0) this.#listening ??= JSON.parse(text.slice(0, end)) as Listening;
    });
    (this.#child.stderr as Readable).setEncoding('utf8').on('data', (part: string) => {
      this.stderr += part;
    });
  }

  /** Starts one on a free port. */
  static async start(): Promise<LabProcess> {
    const lab = new LabProcess();
    await until(`the lab to listen; ${lab.stderr}`, () => lab.#listening, START_LIMIT_MS);
    return lab;
  }

  get url(): string {
    return (this.#listening as Listening).url;
  }

  get port(): number {
    return (this.#listening as Listening).port;
  }

  get token(): string {
    return new URL(this.url).searchParams.get('token') as string;
  }

  get origin(): string {
    return new URL(this.url).origin;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The processes that the lab has started and that live. */
  get helpers(): number[] {
    return descendantsOf(this.#child.pid as number);
  }

  /** Ends it without a word, as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
