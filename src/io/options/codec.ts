/** How the values of socket options lie in memory, one codec per kind of value. */
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { LINGER, TIMEVAL } from '../../sys/abi.ts';

/**
 * Turns an option's value into the bytes of its C type and back. `Out` is what reading gives, `In`
 * what setting takes.
 */
export interface Codec<Out, In = Out> {
  /** How many bytes a read asks for. */
  readonly size: number;
  /** Throws TypeError or RangeError that name the option. */
  encode(value: In, name: string): Uint8Array;
  decode(bytes: Uint8Array): Out;
}

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const UINT_MAX = 2 ** 32 - 1;
const INT_SIZE = 4;
const LONG_SIZE = 8;
const TEXT_ROOM = 16;
const BYTES_ROOM = 4_096;
const LIST_ROOM = 4_096;

/** A view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The first 32 bits; the kernel shortens some answers to a byte. */
function firstInteger(bytes: Uint8Array): number {
  return bytes.length < INT_SIZE ? (bytes[0] ?? 0) : viewOf(bytes).getInt32(0, true);
}

export function asFlag(value: unknown, name: string): number {
  if (typeof value === 'boolean') return Number(value);
  throw new TypeError(`${name} must be a boolean, got ${inspect(value)}`);
}

/** An object with properties, for codecs of structures. */
export function asRecord(value: unknown, name: string, form: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new TypeError(`${name} must be ${form}, got ${inspect(value)}`);
}

function encodeInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(INT_SIZE);
  viewOf(bytes).setInt32(0, value, true);
  return bytes;
}

/** On or off. */
export const flag: Codec<boolean> = {
  size: INT_SIZE,
  encode: (value, name) => encodeInteger(asFlag(value, name)),
  decode: (bytes) => firstInteger(bytes) !== 0,
};

/** A 32-bit integer with a sign, in the unit of the manual page. */
export const integer: Codec<number> = {
  size: INT_SIZE,
  encode: (value, name) => encodeInteger(asInteger(value, name, INT_MIN, INT_MAX)),
  decode: firstInteger,
};

/** A 32-bit integer without a sign. */
export const unsigned: Codec<number> = {
  size: INT_SIZE,
  encode: (value, name) => encodeInteger(asInteger(value, name, 0, UINT_MAX) | 0),
  decode: (bytes) => firstInteger(bytes) >>> 0,
};

/** A 64-bit integer without a sign; as a number up to 2^53-1, which is beyond what options hold. */
export const unsigned64: Codec<number> = {
  size: LONG_SIZE,
  encode(value, name) {
    const bytes = new Uint8Array(LONG_SIZE);
    const checked = asInteger(value, name, 0, Number.MAX_SAFE_INTEGER);
    viewOf(bytes).setBigUint64(0, BigInt(checked), true);
    return bytes;
  },
  decode: (bytes) => Number(viewOf(bytes).getBigUint64(0, true)),
};

/** A 64-bit number that identifies something. */
export const identifier: Codec<bigint> = {
  size: LONG_SIZE,
  encode(value, name) {
    if (typeof value !== 'bigint') {
      throw new TypeError(`${name} must be a bigint, got ${inspect(value)}`);
    }
    const bytes = new Uint8Array(LONG_SIZE);
    viewOf(bytes).setBigUint64(0, value, true);
    return bytes;
  },
  decode: (bytes) => viewOf(bytes).getBigUint64(0, true),
};

/** Something that is done, not kept: `true` does it. */
export const trigger: Codec<true> = {
  size: INT_SIZE,
  encode(value, name) {
    if (value === true) return new Uint8Array(INT_SIZE);
    throw new TypeError(`${name} must be true, got ${inspect(value)}`);
  },
  decode: () => true,
};

/** SO_LINGER: whether close waits until what was sent is acknowledged, and how long; 0 resets. */
export interface Linger {
  readonly on: boolean;
  /** 0 to 2^31-1 seconds. */
  readonly seconds: number;
}

export const linger: Codec<Linger> = {
  size: LINGER.size,
  encode(value, name) {
    const { on, seconds } = asRecord(value, name, '{ on, seconds }');
    const bytes = new Uint8Array(LINGER.size);
    const view = viewOf(bytes);
    view.setInt32(LINGER.fields.l_onoff[0], asFlag(on, `${name}.on`), true);
    const checked = asInteger(seconds, `${name}.seconds`, 0, INT_MAX);
    view.setInt32(LINGER.fields.l_linger[0], checked, true);
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    const on = view.getInt32(LINGER.fields.l_onoff[0], true) !== 0;
    return { on, seconds: view.getInt32(LINGER.fields.l_linger[0], true) };
  },
};

/** A `struct timeval` of so many milliseconds, rounded up to microseconds. */
export function encodeTimeval(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL.size);
  const view = viewOf(bytes);
  const microseconds = BigInt(Math.ceil(milliseconds * 1_000));
  view.setBigInt64(TIMEVAL.fields.tv_sec[0], microseconds / 1_000_000n, true);
  view.setBigInt64(TIMEVAL.fields.tv_usec[0], microseconds % 1_000_000n, true);
  return bytes;
}

function asMilliseconds(value: unknown, name: string): number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number of milliseconds, got ${inspect(value)}`);
  }
  if (value >= 0 && value <= INT_MAX) return value;
  throw new RangeError(`${name} must be 0 to ${INT_MAX} milliseconds, got ${value}`);
}

/** Milliseconds, 0 to 2^31-1; 0 means no limit. The kernel rounds up to its clock ticks. */
export const timeval: Codec<number> = {
  size: TIMEVAL.size,
  encode: (value, name) => encodeTimeval(asMilliseconds(value, name)),
  decode(bytes) {
    const view = viewOf(bytes);
    const seconds = Number(view.getBigInt64(TIMEVAL.fields.tv_sec[0], true));
    // Four bytes hold it everywhere; in some systems it has no more.
    return seconds * 1_000 + view.getInt32(TIMEVAL.fields.tv_usec[0], true) / 1_000;
  },
};

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}

/** Text with its closing zero. The kernel would cut a longer one short without a word. */
export const text: Codec<string> = {
  size: TEXT_ROOM,
  encode(value, name) {
    if (typeof value !== 'string') {
      throw new TypeError(`${name} must be a string, got ${inspect(value)}`);
    }
    const bytes = Buffer.from(`${value}\0`);
    if (bytes.length <= TEXT_ROOM && bytes.indexOf(0) === bytes.length - 1) return bytes;
    throw new RangeError(
      `${name} must be at most ${TEXT_ROOM - 1} bytes, none of them zero, got ${inspect(value)}`,
    );
  },
  decode: untilZero,
};

/** Text that is only read and may be long: a security context. */
export const longText: Codec<string> = {
  size: BYTES_ROOM,
  encode: text.encode,
  decode: untilZero,
};

/** Bytes as the manual page lays them out. */
export const memory: Codec<Uint8Array> = {
  size: BYTES_ROOM,
  encode(value, name) {
    if (value instanceof Uint8Array) return value;
    throw new TypeError(`${name} must be a Uint8Array, got ${inspect(value)}`);
  },
  decode: (bytes) => bytes.slice(),
};

/** Numbers of 32 bits, one after the other. */
export const integers: Codec<readonly number[]> = {
  size: LIST_ROOM,
  encode(value, name) {
    if (!Array.isArray(value)) {
      throw new TypeError(`${name} must be an array of numbers, got ${inspect(value)}`);
    }
    const bytes = new Uint8Array(value.length * INT_SIZE);
    const view = viewOf(bytes);
    value.forEach((item, index) => {
      view.setUint32(index * INT_SIZE, asInteger(item, `${name}[${index}]`, 0, UINT_MAX), true);
    });
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(i * INT_SIZE, true));
  },
};
