/** Checks of what the queue's methods are given. */
import { inspect } from 'node:util';
import { asInteger } from '../platform/integers.ts';

const CURRENT_POSITION = -1;
const CONTROL_MAX = 65_536;

/** An option that is on or off, and off when left out. */
export function asFlag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${name} must be a boolean, got ${inspect(value)}`);
}

/** A position in a file, or the file's own. */
export function asPosition(position: number | undefined): number {
  if (position === undefined) return CURRENT_POSITION;
  return asInteger(position, 'position', 0, Number.MAX_SAFE_INTEGER);
}

/** A number of entries that the kernel would otherwise round up. */
export function asPowerOfTwo(value: number, name: string, min: number, max: number): number {
  asInteger(value, name, min, max);
  if ((value & (value - 1)) === 0) return value;
  throw new RangeError(`${name} must be a power of two, got ${value}`);
}

const INTEREST_MAX = 7;

/** A combination of READABLE, WRITABLE and PRIORITY, which are the bits of selectors. */
export function asInterest(interest: number): number {
  return asInteger(interest, 'interest', 1, INTEREST_MAX);
}

/** Throws TypeError for what no file can be named. */
export function checkPath(path: unknown): asserts path is string {
  if (typeof path === 'string' && !path.includes('\0')) return;
  throw new TypeError(`path must be a string without zero bytes, got ${inspect(path)}`);
}

/** Room for control messages, in bytes. */
export function asControlSize(size: number): number {
  return asInteger(size, 'controlSize', 0, CONTROL_MAX);
}

/** Throws for what is no memory with control messages to send; there may be none. */
export function checkControl(control: ArrayBufferView | undefined): void {
  if (control !== undefined && !ArrayBuffer.isView(control)) {
    throw new TypeError(`control must be a view of memory, got ${inspect(control)}`);
  }
  asInteger(control?.byteLength ?? 0, 'control.byteLength', 0, CONTROL_MAX);
}
