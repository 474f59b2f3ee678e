/**
 * A file that is written once, at the end, and known to be writable from the beginning.
 *
 * It stays non-blocking: a named pipe whose reader sleeps is waited for in Node's loop, where Ctrl-C
 * is still heard.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failure.ts';
import { because, type JsonOption } from './json-output.ts';
import { stdout } from './output.ts';

const { O_WRONLY, O_CREAT, O_NONBLOCK } = constants;
/** How often a reader that is behind is looked after. */
const LOOK_MS = 5;

export interface TextOutput {
  /** Writes all of it and closes. Rejects with Failure. */
  write(text: string): Promise<void>;
}

export interface ReportOutput {
  /** Writes it as one line of JSON. Rejects with Failure. */
  write(report: object): Promise<void>;
}

/** How many of these bytes were taken: none by a pipe that is full. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}

async function writeAll(fd: number, text: string): Promise<void> {
  // Devices and pipes have nothing to cut off, and say EINVAL.
  if (fstatSync(fd).isFile()) ftruncateSync(fd);
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const taken = writeSome(fd, rest);
    rest = rest.subarray(taken);
    if (taken === 0) await sleep(LOOK_MS);
  }
}

/** Opens the file, and leaves alone what is in it until there is something better. Throws Failure. */
export function openText(path: string, what: string): TextOutput {
  const explain = (error: unknown) =>
    new Failure(`cannot write ${what} to ${path}: ${because(error)}`);
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0o666);
  } catch (error) {
    throw explain(error);
  }
  return {
    async write(text) {
      try {
        await writeAll(fd, text).finally(() => closeSync(fd));
      } catch (error) {
        throw explain(error);
      }
    },
  };
}

/** Where `--json [FILE]` puts the one object of a command. Throws Failure. */
export function openReport(option: JsonOption, what: string): ReportOutput {
  if (option !== true) {
    const file = openText(option, what);
    return { write: (report) => file.write(`${JSON.stringify(report)}\n`) };
  }
  return {
    write(report) {
      stdout.line(JSON.stringify(report));
      return Promise.resolve();
    },
  };
}
