/** `serve --json [FILE]`: one JSON object a line, as it happens, to standard output or to a file. */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { Failure } from './failure.ts';
import { complain, stdout } from './output.ts';

/** The value of `--json [FILE]` as commander gives it: true without a file. */
export type JsonOption = string | true;

export const JSON_FLAG = '--json [file]';

export interface JsonOutput {
  write(value: object): void;
  /** Whether to hold back what repeats, because nobody reads. */
  readonly isFull: boolean;
  close(): void;
}

const onStandardOutput: JsonOutput = {
  write: (value) => stdout.line(JSON.stringify(value)),
  get isFull() {
    return stdout.isFull;
  },
  close() {},
};

const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  ENOSPC: 'no space is left on the device',
  ENXIO: 'it is a pipe or socket that nobody reads',
  EPIPE: 'nobody reads it any more',
};

/** Why a file could not be opened or written. */
export function because(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return SENTENCES[code] ?? message;
}

class JsonFile implements JsonOutput {
  readonly #path: string;
  readonly #what: string;
  #fd: number;

  constructor(path: string, what: string) {
    this.#path = path;
    this.#what = what;
    try {
      // Without O_NONBLOCK a named pipe that nobody reads would hang the command, Ctrl-C included.
      this.#fd = openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0o666);
    } catch (error) {
      throw new Failure(`cannot write ${what} to ${path}: ${because(error)}`);
    }
  }

  get isFull(): boolean {
    return this.#fd < 0;
  }

  write(value: object): void {
    if (this.#fd < 0) return;
    try {
      writeSync(this.#fd, `${JSON.stringify(value)}\n`);
    } catch (error) {
      // A pipe whose reader sleeps: this line is lost rather than the server.
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
      this.close();
      complain(`cannot write ${this.#what} to ${this.#path} any more: ${because(error)}`);
    }
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

/** Opens where the JSON goes. Throws Failure when the file cannot be written, naming `what` it was to hold. */
export function openJson(option: JsonOption, what = 'the JSON lines'): JsonOutput {
  return option === true ? onStandardOutput : new JsonFile(option, what);
}
