import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { FCNTL } from '../../sys/abi.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_EXCL, O_APPEND, O_CLOEXEC } = FCNTL;

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

/** The flags of open(2) for letters or a number; the descriptor is closed on exec. */
export function fileFlags(flags: string | number): number {
  if (typeof flags === 'number') return asInteger(flags, 'flags', 0, 2 ** 31 - 1) | O_CLOEXEC;
  const known = Object.hasOwn(LETTERS, flags) ? LETTERS[flags] : undefined;
  if (known === undefined) {
    const names = Object.keys(LETTERS).join(', ');
    throw new TypeError(`flags must be a number or one of ${names}, got ${inspect(flags)}`);
  }
  return known | O_CLOEXEC;
}
