/**
 * What only Linux has, on every other system: importing it is harmless, and using it says so.
 *
 * A name alone shows nothing. macOS and FreeBSD have a sendfile() of another form, every system has
 * an ioctl() that takes other numbers, and option 17 of a socket is something else on each.
 */
import { UnsupportedError } from '../../errors.ts';
import { HOST } from '../../platform/host.ts';
import * as ffi from '../ffi.ts';
import { ABSENT } from '../posix/abi/shape.ts';

const IS_LINUX = HOST === 'linux';

const OTHER_MEANS =
  'use sockets, pipes and files, which every system has; polyio doctor lists the models';

/** Throws UnsupportedError where this is not Linux: `what` is the call or the class that only Linux has. */
export function requireLinux(what: string, remedy = OTHER_MEANS): void {
  if (IS_LINUX) return;
  throw new UnsupportedError({
    model: what,
    reason: `it is an interface of Linux, and this is ${HOST}`,
    remedy,
  });
}

/** The call itself on Linux; elsewhere one that says that it is Linux's. */
export function ofLinux<Values extends readonly unknown[]>(
  name: string,
  call: (...values: Values) => number,
): (...values: Values) => number {
  if (IS_LINUX) return call;
  return () => {
    requireLinux(name);
    return ABSENT;
  };
}

/** `bind` of ffi.ts for functions that only Linux has, or has in this form. */
export const bind: typeof ffi.bind = (name, result, parameters) =>
  ofLinux(name, ffi.bind(name, result, parameters));

/** `bindValue` of ffi.ts for the same. */
export const bindValue: typeof ffi.bindValue = (name, result, parameters) =>
  ofLinux(name, ffi.bindValue(name, result, parameters));

/** Numbers of Linux that go through calls which every system has: absent on the others. */
export function numbersOfLinux<Table extends Readonly<Record<string, number>>>(
  table: Table,
): Readonly<Record<keyof Table, number>> {
  if (IS_LINUX) return table;
  const none = Object.keys(table).map((name) => [name, ABSENT] as const);
  return Object.fromEntries(none) as Record<keyof Table, number>;
}
