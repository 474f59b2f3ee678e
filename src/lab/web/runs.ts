/**
 * Runs of scenes, one at a time, each in a process of its own: the server goes on answering while a
 * scene occupies its thread, a run that dies takes nobody with it, and when it is told to end, the
 * kernel takes back whatever it held.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CheckedRequest } from '../scenes/scene-request.ts';
import type { RunEvent } from './api.ts';

const ENTRY = fileURLToPath(new URL('./run-entry.js', import.meta.url));
const EVENTS_FD = 3;

/** How long a run may take to end in good order, before the kernel ends it. */
const END_MS = 3_000;
/** The largest record has four runs with all the events that there is room for. */
const LINE_BYTES_MAX = 134_217_728;

const NEWLINE = 0x0a;

/** Ends a process and those that it started and that are in its group. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or this system has no groups of processes.
    child.kill('SIGKILL');
  }
}

const ENDED = 'the process of the run ended without a result';

function whyNotStarted({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EMFILE' || code === 'ENFILE'
    ? 'too few descriptors are left to start a run; raise the limit (ulimit -n)'
    : `the process of the run could not be started: ${message}`;
}

/** Null for an end in good order; else why there may be no result. */
async function howItEnds(child: ChildProcess): Promise<string | null> {
  try {
    const [code, signal] = await once(child, 'close');
    return code === 0 ? null : `${ENDED} (${signal ?? `code ${code}`})`;
  } catch (error) {
    return whyNotStarted(error as NodeJS.ErrnoException);
  }
}

/** One run. */
class Run {
  /** Resolves when its process is gone. */
  readonly ended: Promise<void>;
  /** It was told to end. */
  #isEnding = false;
  readonly #child: ChildProcess;
  readonly #tell: (line: string | Buffer) => void;
  readonly #limit: NodeJS.Timeout;
  #parts: Buffer[] = [];
  #bytes = 0;
  #hasAnswer = false;
  #why: string | null = null;

  constructor(request: CheckedRequest, limitMs: number, tell: (line: string | Buffer) => void) {
    this.#tell = tell;
    // Its own group: Ctrl-C in the terminal reaches the lab alone, which then ends it in good order.
    this.#child = spawn(process.execPath, [ENTRY], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    this.ended = this.#awaitEnd();
    // There are no streams when no process could be started; its end says why.
    const { stdin, stdio } = this.#child;
    const events = stdio?.[EVENTS_FD] as Readable | undefined;
    events?.on('data', (part: Buffer) => this.#take(part));
    events?.on('error', () => {});
    stdin?.on('error', () => {});
    stdin?.write(`${JSON.stringify(request)}\n`);
    this.#limit = setTimeout(
      () => this.end(`the run took longer than ${limitMs / 1_000} s and was ended`),
      limitMs,
    );
  }

  async #awaitEnd(): Promise<void> {
    const how = await howItEnds(this.#child);
    clearTimeout(this.#limit);
    // What did not end in good order may have left somebody of its group behind.
    if (how !== null) kill(this.#child);
    if (!this.#hasAnswer) this.#fail(this.#why ?? how ?? ENDED);
  }

  /** Nothing more is to be expected of it than its end. */
  get isOver(): boolean {
    return this.#isEnding || this.#hasAnswer;
  }

  #fail(reason: string): void {
    const event: RunEvent = { event: 'failed', reason };
    this.#hasAnswer = true;
    this.#tell(`${JSON.stringify(event)}\n`);
  }

  /** Hands on whole lines only: a process that dies may break off in the middle of one. */
  #take(part: Buffer): void {
    const end = part.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#keep(part);
      return;
    }
    const lines = Buffer.concat([...this.#parts, part.subarray(0, end)]);
    this.#parts = [];
    this.#bytes = 0;
    if (end < part.length) this.#keep(part.subarray(end));
    if (this.isOver) return;
    this.#hasAnswer = isLast(lines);
    this.#tell(lines);
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= LINE_BYTES_MAX) this.#parts.push(part);
    else this.end(`the record is larger than ${LINE_BYTES_MAX} bytes`);
  }

  /** Asks it to end, and has the kernel end it when it does not. */
  end(why = 'the run was stopped'): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#why = why;
    this.#child.stdin?.end();
    const timer = setTimeout(() => kill(this.#child), END_MS);
    void this.ended.then(() => clearTimeout(timer));
  }
}

/** Whether the last of these lines is an answer; progress stands in short lines before it. */
function isLast(lines: Buffer): boolean {
  const start = lines.lastIndexOf(NEWLINE, -2) + 1;
  return !lines.subarray(start, start + 32).includes('"event":"progress"');
}

export class Runs {
  readonly #limitMs: number;
  #current: Run | null = null;

  /** @param limitMs how long a run may take */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  get isBusy(): boolean {
    return this.#current !== null;
  }

  /** Waits for the end of a run that has answered, or that was told to end. */
  async settle(): Promise<void> {
    if (this.#current?.isOver === true) await this.#current.ended;
  }

  /**
   * Starts a run, of which `tell` hears every line. Resolves when nothing of it is left; `signal`
   * ends it. There must be none.
   */
  async run(
    request: CheckedRequest,
    { tell, signal }: { tell: (line: string | Buffer) => void; signal: AbortSignal },
  ): Promise<void> {
    const run = new Run(request, this.#limitMs, tell);
    this.#current = run;
    const end = (): void => run.end();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    await run.ended;
    signal.removeEventListener('abort', end);
    this.#current = null;
  }

  /** Ends whatever runs. */
  async close(): Promise<void> {
    this.#current?.end('the lab was stopped');
    await this.#current?.ended;
  }
}
