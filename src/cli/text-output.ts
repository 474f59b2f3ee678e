/** A file that is written once, at the end, and known to be writable from the beginning. */
import { closeSync, constants, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { Failure } from './failure.ts';
import { because } from './json-output.ts';

const { O_WRONLY, O_CREAT, O_NONBLOCK } = constants;

export interface TextOutput {
  /** Writes all of it and closes. Throws Failure. */
  write(text: string): void;
}

/** Opens the file, and leaves alone what is in it until there is something better. Throws Failure. */
export function openText(path: string, what: string): TextOutput {
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0o666);
  } catch (error) {
    throw new Failure(`cannot write ${what} to ${path}: ${because(error)}`);
  }
  return {
    write(text) {
      try {
        ftruncateSync(fd);
        writeFileSync(fd, text);
      } catch (error) {
        throw new Failure(`cannot write ${what} to ${path}: ${because(error)}`);
      } finally {
        closeSync(fd);
      }
    },
  };
}
