import { inspect } from 'node:util';

declare const brand: unique symbol;

/** A file descriptor number: an integer from 0 to 2^31-1. The brand keeps other numbers out. */
export type Fd = number & { readonly [brand]: 'fd' };

/** What is accepted wherever a descriptor is asked for: one of ours, any object with `fd`, or the number itself. */
export type Handle = number | { readonly fd: number };

const FD_MAX = 0x7fffffff;

/** Checks that `value` can be a descriptor: `NaN` or `1.5` would reach the kernel as another, real one. */
export function asFd(value: unknown, name = 'fd'): Fd {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${inspect(value)}`);
  }
  if (!Number.isInteger(value) || value < 0 || value > FD_MAX) {
    const closed = value === -1 ? ' (the descriptor is closed or detached)' : '';
    throw new RangeError(`${name} must be an integer from 0 to ${FD_MAX}, got ${value}${closed}`);
  }
  return value as Fd;
}

/** The descriptor number behind a handle. */
export function fdOf(handle: Handle): Fd {
  if (typeof handle === 'number') return asFd(handle);
  if (typeof handle === 'object' && handle !== null && 'fd' in handle) return asFd(handle.fd);
  throw new TypeError(
    `a handle is a descriptor number or an object with fd, got ${inspect(handle)}`,
  );
}
