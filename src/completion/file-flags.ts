import { constants } from 'node:fs';
import { inspect } from 'node:util';
import { asInteger } from '../platform/integers.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_EXCL, O_APPEND } = constants;

/** What Node's letters for fs.open mean. */
const LETTERS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  wx: O_WRONLY | O_CREAT | O_TRUNC | O_EXCL,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'wx+': O_RDWR | O_CREAT | O_TRUNC | O_EXCL,
  a: O_WRONLY | O_CREAT | O_APPEND,
  ax: O_WRONLY | O_CREAT | O_APPEND | O_EXCL,
  'a+': O_RDWR | O_CREAT | O_APPEND,
  'ax+': O_RDWR | O_CREAT | O_APPEND | O_EXCL,
};

/** The flags of fs.open for its letters or a number. */
export function fileFlags(flags: string | number): number {
  if (typeof flags === 'number') return asInteger(flags, 'flags', 0, 2 ** 31 - 1);
  const known = Object.hasOwn(LETTERS, flags) ? LETTERS[flags] : undefined;
  if (known !== undefined) return known;
  const names = Object.keys(LETTERS).join(', ');
  throw new TypeError(`flags must be a number or one of ${names}, got ${inspect(flags)}`);
}
