/** What a descriptor without a name in the file system is: only proc(5) tells. */
import { readFileSync, readlinkSync } from 'node:fs';
import { SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { ERRNO } from '../sys/abi.ts';
import { isOpen } from '../sys/descriptor.ts';

/**
 * Checks that a descriptor from elsewhere is of one kind, which is known by what its link in proc(5)
 * says. Throws SystemError EBADF, TypeError when it is something else.
 */
export function checkAnonymous(fd: number, kind: RegExp, what: string): number {
  const checked = asFd(fd);
  if (!isOpen(checked)) throw new SystemError(ERRNO.EBADF, 'fcntl');
  const link = readlinkSync(`/proc/self/fd/${checked}`);
  if (!kind.test(link)) throw new TypeError(`descriptor ${checked} is ${link}, not ${what}`);
  return checked;
}

/** A field that proc(5) shows of a descriptor, undefined where this kernel has none of that name. */
export function fieldOf(fd: number, name: string): string | undefined {
  const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1];
}
