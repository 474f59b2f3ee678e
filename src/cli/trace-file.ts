/** The files of `polyio trace`: opened before the run, so that nobody waits for a run that is lost. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { toPerfetto } from '../lab.ts';
import { readTrace, type Trace, TraceFileError, writeTrace } from '../trace.ts';
import { Failure } from './failure.ts';
import { readInput } from './input-file.ts';
import { because } from './json-output.ts';

export class TraceFile implements Disposable {
  readonly path: string;
  readonly #isNew: boolean;
  #fd: number;
  #isWritten = false;

  /** Throws Failure when the file cannot be written. What is in it stays until the trace is there. */
  constructor(path: string) {
    const { O_WRONLY, O_CREAT, O_NONBLOCK } = constants;
    this.path = path;
    this.#isNew = !existsSync(path);
    try {
      // Without O_NONBLOCK a named pipe that nobody reads would hang the command.
      this.#fd = openSync(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0o666);
    } catch (error) {
      throw new Failure(`cannot write the trace to ${path}: ${because(error)}`);
    }
  }

  /** JSON for a name that ends so, else Perfetto's format. Throws Failure. */
  write(trace: Trace): void {
    const isJson = this.path.endsWith('.json');
    const bytes = isJson ? Buffer.from(`${writeTrace(trace)}\n`) : toPerfetto(trace);
    try {
      if (fstatSync(this.#fd).isFile()) ftruncateSync(this.#fd);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
      this.#isWritten = true;
    } catch (error) {
      throw new Failure(`cannot write the trace to ${this.path}: ${because(error)}`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
    // Half a trace, or none, is of no use to anybody.
    if (this.#isNew && !this.#isWritten) rmSync(this.path, { force: true });
  }
}

/** The trace in a file. Throws Failure with one sentence when there is none. */
export function loadTrace(path: string): Trace {
  const text = readInput(path, 'the trace');
  try {
    return readTrace(text);
  } catch (error) {
    if (error instanceof TraceFileError) throw new Failure(`${path}: ${error.message}`);
    throw error;
  }
}
