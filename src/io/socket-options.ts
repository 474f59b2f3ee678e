/** Socket options by name and by number: getsockopt(2), setsockopt(2). */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ABSENT, ERRNO } from '../sys/abi.ts';
import { absence } from '../sys/absence.ts';
import { getsockopt, setsockopt } from '../sys/socket.ts';
import type { Codec } from './options/codec.ts';
import type { Entry } from './options/entry.ts';
import { REFUSED_OPTIONS, SOCKET_OPTIONS } from './options/table.ts';
import type { SocketKind } from './socket-family.ts';

/** The name of a socket option, as its manual page has it. */
export type SocketOption = keyof typeof SOCKET_OPTIONS;

type CodecOf<Name extends SocketOption> = (typeof SOCKET_OPTIONS)[Name]['codec'];

/** What reading an option gives. */
export type SocketOptionValue<Name extends SocketOption> =
  CodecOf<Name> extends Codec<infer Out, infer _> ? Out : never;

/** What setting an option takes. */
export type SocketOptionInput<Name extends SocketOption> =
  CodecOf<Name> extends Codec<infer _, infer In> ? In : never;

/** The socket that an option is about. */
export interface OptionTarget extends SocketKind {
  readonly fd: number;
}

type AnyEntry = Entry<unknown>;

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const INT_SIZE = 4;
const RAW_SIZE_MAX = 65_536;

function lookUp(name: string, { family, type }: SocketKind): AnyEntry {
  if (typeof name === 'string' && Object.hasOwn(REFUSED_OPTIONS, name)) {
    throw new TypeError(`${name} is no option that can be set or read: ${REFUSED_OPTIONS[name]}`);
  }
  if (!Object.hasOwn(SOCKET_OPTIONS, name)) {
    throw new TypeError(
      `no socket option has the name ${inspect(name)}; setRawOption takes any by its number`,
    );
  }
  const entry = SOCKET_OPTIONS[name as SocketOption] as unknown as AnyEntry;
  if (entry.scope.has({ family, type })) return entry;
  throw new TypeError(
    `${name} is an option of ${entry.scope.words}; this one is ${family} of type ${type}`,
  );
}

/** Refuses an option that this system does not have, before any kernel reads its number. */
function assertOption(level: number, option: number, call: string, name: string): void {
  if (level !== ABSENT && option !== ABSENT) return;
  throw new SystemError(ERRNO.ENOPROTOOPT, call, { hint: absence(name) });
}

/**
 * Sets an option by name. Throws TypeError or RangeError for its value, TypeError for an option of
 * another kind of socket, SystemError (setsockopt) with the option's name.
 */
export function setOption(target: OptionTarget, name: string, value: unknown): void {
  const { level, option, codec, access, set } = lookUp(name, target);
  if (access === 'read') throw new TypeError(`${name} can only be read`);
  assertOption(level, option, 'setsockopt', name);
  let result: number;
  if (set === undefined) {
    const bytes = codec.encode(value, name);
    result = setsockopt(target.fd, level, option, bytes, bytes.length);
  } else {
    result = set({ fd: target.fd, level, option }, value, name);
  }
  if (result < 0) throw new SystemError(result, 'setsockopt', { hint: name });
}

/**
 * Reads an option by name. Throws TypeError for one that can only be set or is of another kind of
 * socket, SystemError (getsockopt) with the option's name.
 */
export function getOption(target: OptionTarget, name: string): unknown {
  const { level, option, codec, access, get } = lookUp(name, target);
  if (access === 'write') throw new TypeError(`${name} can only be set`);
  assertOption(level, option, 'getsockopt', name);
  if (get === undefined) return codec.decode(readBytes(target.fd, level, option, codec.size, name));
  const value = get({ fd: target.fd, level, option });
  if (typeof value === 'number') throw new SystemError(value, 'getsockopt', { hint: name });
  return value;
}

/** Reads an option that is an integer, of a descriptor about which nothing else is known. */
export function readInteger(fd: number, level: number, option: number, name: string): number {
  assertOption(level, option, 'getsockopt', name);
  const bytes = readBytes(fd, level, option, INT_SIZE, name);
  return new DataView(bytes.buffer).getInt32(0, true);
}

/** Sets an option by its number. */
export function setRawOption(fd: number, level: number, option: number, bytes: Uint8Array): void {
  asInteger(level, 'level', INT_MIN, INT_MAX);
  asInteger(option, 'option', INT_MIN, INT_MAX);
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`bytes must be a Uint8Array, got ${inspect(bytes)}`);
  }
  const result = setsockopt(fd, level, option, bytes, bytes.length);
  if (result < 0) throw new SystemError(result, 'setsockopt', { hint: `${level}/${option}` });
}

/** Reads at most `size` bytes of an option by its number. */
export function getRawOption(fd: number, level: number, option: number, size: number): Uint8Array {
  asInteger(level, 'level', INT_MIN, INT_MAX);
  asInteger(option, 'option', INT_MIN, INT_MAX);
  asInteger(size, 'size', 0, RAW_SIZE_MAX);
  return readBytes(fd, level, option, size, `${level}/${option}`);
}

function readBytes(fd: number, level: number, option: number, size: number, name: string) {
  const bytes = new Uint8Array(size);
  const length = Int32Array.of(size);
  const result = getsockopt(fd, level, option, bytes, length);
  if (result < 0) throw new SystemError(result, 'getsockopt', { hint: name });
  return bytes.subarray(0, length[0]);
}
