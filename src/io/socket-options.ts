/** Socket options by name: socket(7), ip(7), ipv6(7), tcp(7), unix(7). */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { INET, LINGER, SOCKET, TCP, TIMEVAL } from '../sys/posix/abi.ts';
import { getsockopt, setsockopt } from '../sys/posix/socket.ts';

/** SO_LINGER: whether close waits until what was sent is acknowledged, and how long; 0 resets. */
export interface Linger {
  readonly on: boolean;
  /** 0 to 2^31-1 seconds. */
  readonly seconds: number;
}

/** What an option's value is in TypeScript, by kind. */
interface KindValues {
  /** On or off. */
  readonly flag: boolean;
  /** A 32-bit signed integer, in the unit of the manual page. */
  readonly integer: number;
  readonly linger: Linger;
  /** Milliseconds, 0 to 2^31-1; 0 means no limit. The kernel rounds up to its clock ticks. */
  readonly timeval: number;
  /** At most 15 bytes: the name of an interface or of an algorithm. */
  readonly text: string;
}

type Kind = keyof KindValues;

interface Entry<K extends Kind> {
  readonly level: number;
  readonly option: number;
  readonly kind: K;
  readonly readOnly: boolean;
}

function entry<K extends Kind>(
  level: number,
  option: number,
  kind: K,
  { readOnly = false } = {},
): Entry<K> {
  return { level, option, kind, readOnly };
}

const socket = SOCKET.SOL_SOCKET;
const ip = INET.IPPROTO_IP;
const ipv6 = INET.IPPROTO_IPV6;
const tcp = INET.IPPROTO_TCP;
const readOnly = { readOnly: true };

/** Every option that has a name here. */
export const SOCKET_OPTIONS = {
  SO_ACCEPTCONN: entry(socket, SOCKET.SO_ACCEPTCONN, 'flag', readOnly),
  SO_BINDTODEVICE: entry(socket, SOCKET.SO_BINDTODEVICE, 'text'),
  SO_BROADCAST: entry(socket, SOCKET.SO_BROADCAST, 'flag'),
  SO_BUSY_POLL: entry(socket, SOCKET.SO_BUSY_POLL, 'integer'),
  SO_DEBUG: entry(socket, SOCKET.SO_DEBUG, 'flag'),
  SO_DOMAIN: entry(socket, SOCKET.SO_DOMAIN, 'integer', readOnly),
  SO_DONTROUTE: entry(socket, SOCKET.SO_DONTROUTE, 'flag'),
  SO_ERROR: entry(socket, SOCKET.SO_ERROR, 'integer', readOnly),
  SO_INCOMING_CPU: entry(socket, SOCKET.SO_INCOMING_CPU, 'integer'),
  SO_KEEPALIVE: entry(socket, SOCKET.SO_KEEPALIVE, 'flag'),
  SO_LINGER: entry(socket, SOCKET.SO_LINGER, 'linger'),
  SO_MARK: entry(socket, SOCKET.SO_MARK, 'integer'),
  SO_OOBINLINE: entry(socket, SOCKET.SO_OOBINLINE, 'flag'),
  SO_PASSCRED: entry(socket, SOCKET.SO_PASSCRED, 'flag'),
  SO_PRIORITY: entry(socket, SOCKET.SO_PRIORITY, 'integer'),
  SO_PROTOCOL: entry(socket, SOCKET.SO_PROTOCOL, 'integer', readOnly),
  SO_RCVBUF: entry(socket, SOCKET.SO_RCVBUF, 'integer'),
  SO_RCVBUFFORCE: entry(socket, SOCKET.SO_RCVBUFFORCE, 'integer'),
  SO_RCVLOWAT: entry(socket, SOCKET.SO_RCVLOWAT, 'integer'),
  SO_RCVTIMEO: entry(socket, SOCKET.SO_RCVTIMEO, 'timeval'),
  SO_REUSEADDR: entry(socket, SOCKET.SO_REUSEADDR, 'flag'),
  SO_REUSEPORT: entry(socket, SOCKET.SO_REUSEPORT, 'flag'),
  SO_SNDBUF: entry(socket, SOCKET.SO_SNDBUF, 'integer'),
  SO_SNDBUFFORCE: entry(socket, SOCKET.SO_SNDBUFFORCE, 'integer'),
  SO_SNDLOWAT: entry(socket, SOCKET.SO_SNDLOWAT, 'integer'),
  SO_SNDTIMEO: entry(socket, SOCKET.SO_SNDTIMEO, 'timeval'),
  SO_TIMESTAMP: entry(socket, SOCKET.SO_TIMESTAMP, 'flag'),
  SO_TYPE: entry(socket, SOCKET.SO_TYPE, 'integer', readOnly),
  SO_ZEROCOPY: entry(socket, SOCKET.SO_ZEROCOPY, 'flag'),

  IP_BIND_ADDRESS_NO_PORT: entry(ip, INET.IP_BIND_ADDRESS_NO_PORT, 'flag'),
  IP_FREEBIND: entry(ip, INET.IP_FREEBIND, 'flag'),
  IP_MTU_DISCOVER: entry(ip, INET.IP_MTU_DISCOVER, 'integer'),
  IP_TOS: entry(ip, INET.IP_TOS, 'integer'),
  IP_TRANSPARENT: entry(ip, INET.IP_TRANSPARENT, 'flag'),
  IP_TTL: entry(ip, INET.IP_TTL, 'integer'),

  IPV6_TCLASS: entry(ipv6, INET.IPV6_TCLASS, 'integer'),
  IPV6_UNICAST_HOPS: entry(ipv6, INET.IPV6_UNICAST_HOPS, 'integer'),
  IPV6_V6ONLY: entry(ipv6, INET.IPV6_V6ONLY, 'flag'),

  TCP_CONGESTION: entry(tcp, TCP.TCP_CONGESTION, 'text'),
  TCP_CORK: entry(tcp, TCP.TCP_CORK, 'flag'),
  TCP_DEFER_ACCEPT: entry(tcp, TCP.TCP_DEFER_ACCEPT, 'integer'),
  TCP_FASTOPEN: entry(tcp, TCP.TCP_FASTOPEN, 'integer'),
  TCP_FASTOPEN_CONNECT: entry(tcp, TCP.TCP_FASTOPEN_CONNECT, 'flag'),
  TCP_KEEPCNT: entry(tcp, TCP.TCP_KEEPCNT, 'integer'),
  TCP_KEEPIDLE: entry(tcp, TCP.TCP_KEEPIDLE, 'integer'),
  TCP_KEEPINTVL: entry(tcp, TCP.TCP_KEEPINTVL, 'integer'),
  TCP_LINGER2: entry(tcp, TCP.TCP_LINGER2, 'integer'),
  TCP_MAXSEG: entry(tcp, TCP.TCP_MAXSEG, 'integer'),
  TCP_NODELAY: entry(tcp, TCP.TCP_NODELAY, 'flag'),
  TCP_NOTSENT_LOWAT: entry(tcp, TCP.TCP_NOTSENT_LOWAT, 'integer'),
  TCP_QUICKACK: entry(tcp, TCP.TCP_QUICKACK, 'flag'),
  TCP_SYNCNT: entry(tcp, TCP.TCP_SYNCNT, 'integer'),
  TCP_USER_TIMEOUT: entry(tcp, TCP.TCP_USER_TIMEOUT, 'integer'),
  TCP_WINDOW_CLAMP: entry(tcp, TCP.TCP_WINDOW_CLAMP, 'integer'),
} as const;

/** The name of a socket option, as its manual page has it. */
export type SocketOption = keyof typeof SOCKET_OPTIONS;

/** The type of an option's value. */
export type SocketOptionValue<Name extends SocketOption> =
  KindValues[(typeof SOCKET_OPTIONS)[Name]['kind']];

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const INT_SIZE = 4;
const TEXT_ROOM = 16;
const RAW_SIZE_MAX = 65_536;

const SIZES: Readonly<Record<Kind, number>> = {
  flag: INT_SIZE,
  integer: INT_SIZE,
  linger: LINGER.size,
  timeval: TIMEVAL.size,
  text: TEXT_ROOM,
};

function lookUp(name: string): Entry<Kind> {
  if (!Object.hasOwn(SOCKET_OPTIONS, name)) {
    throw new TypeError(
      `no socket option has the name ${inspect(name)}; setRawOption takes any by its number`,
    );
  }
  return SOCKET_OPTIONS[name as SocketOption];
}

function asFlag(value: unknown, name: string): number {
  if (typeof value === 'boolean') return Number(value);
  throw new TypeError(`${name} must be a boolean, got ${inspect(value)}`);
}

/** A `struct timeval` of so many milliseconds, rounded up to microseconds. */
export function encodeTimeval(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL.size);
  const view = new DataView(bytes.buffer);
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

function encodeLinger(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(`${name} must be { on, seconds }, got ${inspect(value)}`);
  }
  const { on, seconds } = value as Partial<Linger>;
  const bytes = new Uint8Array(LINGER.size);
  const view = new DataView(bytes.buffer);
  view.setInt32(LINGER.fields.l_onoff[0], asFlag(on, `${name}.on`), true);
  const checked = asInteger(seconds, `${name}.seconds`, 0, INT_MAX);
  view.setInt32(LINGER.fields.l_linger[0], checked, true);
  return bytes;
}

/** Text with its closing zero. The kernel would cut a longer one short without a word. */
function encodeText(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'string') {
    throw new TypeError(`${name} must be a string, got ${inspect(value)}`);
  }
  const bytes = Buffer.from(`${value}\0`);
  if (bytes.length <= TEXT_ROOM && bytes.indexOf(0) === bytes.length - 1) return bytes;
  throw new RangeError(
    `${name} must be at most ${TEXT_ROOM - 1} bytes, none of them zero, got ${inspect(value)}`,
  );
}

function encodeInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(INT_SIZE);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

function encode(kind: Kind, value: unknown, name: string): Uint8Array {
  if (kind === 'flag') return encodeInteger(asFlag(value, name));
  if (kind === 'integer') return encodeInteger(asInteger(value, name, INT_MIN, INT_MAX));
  if (kind === 'timeval') return encodeTimeval(asMilliseconds(value, name));
  return kind === 'linger' ? encodeLinger(value, name) : encodeText(value, name);
}

function decode(kind: Kind, bytes: Uint8Array): KindValues[Kind] {
  if (kind === 'text') {
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === 'timeval') {
    const seconds = Number(view.getBigInt64(TIMEVAL.fields.tv_sec[0], true));
    return seconds * 1_000 + Number(view.getBigInt64(TIMEVAL.fields.tv_usec[0], true)) / 1_000;
  }
  const first = view.getInt32(0, true);
  if (kind === 'integer') return first;
  if (kind === 'flag') return first !== 0;
  return { on: first !== 0, seconds: view.getInt32(LINGER.fields.l_linger[0], true) };
}

/**
 * Sets an option by name. Throws TypeError or RangeError for its value, SystemError (setsockopt).
 */
export function setOption(fd: number, name: string, value: unknown): void {
  const { level, option, kind, readOnly: fixed } = lookUp(name);
  if (fixed) throw new TypeError(`${name} can only be read`);
  const bytes = encode(kind, value, name);
  const result = setsockopt(fd, level, option, bytes, bytes.length);
  if (result < 0) throw new SystemError(result, 'setsockopt', { hint: name });
}

/** Reads an option by name. Throws SystemError (getsockopt). */
export function getOption(fd: number, name: string): KindValues[Kind] {
  const { level, option, kind } = lookUp(name);
  return decode(kind, readBytes(fd, level, option, SIZES[kind], name));
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
