import { inspect } from 'node:util';

/** Checks an integer option and names it in the error: nothing unchecked reaches the kernel. */
export function asInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number, got ${inspect(value)}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${value}`);
  }
  return value;
}

/**
 * Checks a time limit in milliseconds and rounds it up, so that no wait is shorter than asked for
 * (0.4 ms must not become a busy loop). `undefined` and `Infinity` mean for ever and give -1.
 */
export function asTimeout(value: number | undefined, name = 'timeoutMs'): number {
  if (value === undefined || value === Number.POSITIVE_INFINITY) return -1;
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number of milliseconds, got ${inspect(value)}`);
  }
  if (Number.isNaN(value) || value < 0) {
    throw new RangeError(`${name} must be 0 or more milliseconds, got ${value}`);
  }
  return Math.ceil(value);
}
