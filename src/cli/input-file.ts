/** A file that somebody names to be read: what is wrong with it is one sentence. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Failure } from './failure.ts';
import { because } from './json-output.ts';

const BYTES_MAX = 268_435_456;
const PART_BYTES = 1_048_576;

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
};

/** All of it, or what is wrong with it. A pipe may be as long as it likes, so nothing trusts a size. */
function readAll(fd: number): Buffer | string {
  const stat = fstatSync(fd);
  if (!stat.isFile() && !stat.isFIFO()) return 'it is neither a regular file nor a pipe';
  const parts: Buffer[] = [];
  for (let total = 0; total <= BYTES_MAX; ) {
    const part = Buffer.allocUnsafe(PART_BYTES);
    const length = readSync(fd, part);
    if (length === 0) return Buffer.concat(parts);
    parts.push(part.subarray(0, length));
    total += length;
  }
  return `it has more than ${BYTES_MAX} bytes`;
}

/** The text of a file that is to hold `what`. Throws Failure when it cannot be read. */
export function readInput(path: string, what: string): string {
  let fd = -1;
  try {
    fd = openSync(path, 'r');
    const content = readAll(fd);
    if (typeof content !== 'string') return content.toString('utf8');
    throw new Failure(`cannot read ${what} ${path}: ${content}`);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Failure(`cannot read ${what} ${path}: ${SENTENCES[code] ?? because(error)}`);
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}
