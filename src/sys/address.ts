/** Socket addresses as the kernel has them: <netinet/in.h>, <sys/un.h>; the rest is Linux's own. */
import { isIPv4, isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import { asInteger } from '../platform/integers.ts';
import { SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_STORAGE, SOCKADDR_UN, SOCKET } from './abi.ts';
import {
  decodeLinuxAddress,
  encodeLinuxAddress,
  formatLinuxAddress,
  isLinuxAddress,
  type LinuxAddress,
} from './linux/address.ts';
import { requireLinux } from './linux/presence.ts';

/**
 * An IPv4 or IPv6 end point. `host` is numeric; names are for dns.lookup. `scope` is the interface
 * index of a link-local IPv6 address.
 */
export interface InternetAddress {
  readonly host: string;
  /** 0 to 65535; 0 asks the kernel for a free one. */
  readonly port: number;
  readonly scope?: number;
}

/** A Unix socket with a name in the file system (at most 107 bytes). */
export interface PathAddress {
  readonly path: string;
}

/** A Unix socket with an abstract name of Linux: no file, gone with its last socket (at most 107 bytes). */
export interface AbstractAddress {
  readonly abstract: string;
}

/**
 * A Unix socket that was never bound; where the kernel names no sender (a stream's is known by its
 * connection), that too.
 */
export interface UnnamedAddress {
  readonly unnamed: true;
}

/** Where a socket is, or what it speaks to; which form it has depends on the family of the socket. */
export type Address =
  | InternetAddress
  | PathAddress
  | AbstractAddress
  | UnnamedAddress
  | LinuxAddress;

/** An address in the kernel's form: the first `size` bytes of `bytes`. */
export interface RawAddress {
  readonly bytes: Uint8Array;
  readonly size: number;
}

const PATH_MAX = SOCKADDR_UN.fields.sun_path[1] - 1;
const PATH_OFFSET = SOCKADDR_UN.fields.sun_path[0];
const WORDS_IN_V6 = 8;
const IPV4_SIZE = SOCKADDR_IN.fields.sin_addr[1];
const IPV6_SIZE = SOCKADDR_IN6.fields.sin6_addr[1];

/** Room for any address, and the length that goes in and out beside it: the scratch of one call. */
export const addressScratch = new Uint8Array(SOCKADDR_STORAGE.size);
export const sizeScratch = new Int32Array(1);

/** Prepares the scratch for a call that returns an address. */
export function resetScratch(): void {
  sizeScratch[0] = addressScratch.length;
}

const [FAMILY_OFFSET, FAMILY_SIZE] = SOCKADDR_STORAGE.fields.ss_family;
/** The BSDs have the length of an address in its first byte, and the family in one byte behind it. */
const HAS_LENGTH = FAMILY_OFFSET > 0;

/** An empty address of a family in the kernel's form. */
function emptyAddress(size: number, family: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  setFamily(bytes, family, size);
  return bytes;
}

function setFamily(bytes: Uint8Array, family: number, size: number): void {
  if (HAS_LENGTH) bytes[0] = size;
  bytes[FAMILY_OFFSET] = family & 0xff;
  if (FAMILY_SIZE > 1) bytes[FAMILY_OFFSET + 1] = family >> 8;
}

/** The family of an address in the kernel's form. */
export function addressFamily(bytes: Uint8Array): number {
  const low = bytes[FAMILY_OFFSET] as number;
  return FAMILY_SIZE > 1 ? low | ((bytes[FAMILY_OFFSET + 1] as number) << 8) : low;
}

let lastSize = -1;
let lastAddress: Address = { unnamed: true };
const lastBytes = new Uint8Array(SOCKADDR_STORAGE.size);

function isLastAgain(bytes: Uint8Array, size: number): boolean {
  if (size !== lastSize) return false;
  for (let at = 0; at < size; at++) {
    if (bytes[at] !== lastBytes[at]) return false;
  }
  return true;
}

/**
 * An address that the kernel wrote. While it is the same again it is the same object, frozen:
 * reading one anew costs more than receiving a datagram does.
 */
export function knownAddress(bytes: Uint8Array, size: number): Address {
  if (isLastAgain(bytes, size)) return lastAddress;
  lastAddress = Object.freeze(decodeAddress(bytes, size));
  lastBytes.set(bytes.subarray(0, lastBytes.length));
  lastSize = size;
  return lastAddress;
}

/** The address that the last call left in the scratch. */
export function scratchAddress(): Address {
  return knownAddress(addressScratch, sizeScratch[0] as number);
}

function parseV4(host: string, into: Uint8Array, offset: number): void {
  host.split('.').forEach((part, index) => {
    into[offset + index] = Number(part);
  });
}

function parseV6(host: string, view: DataView, offset: number): void {
  // A trailing IPv4 part stands for the last two words.
  const text = host.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const word = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${word(a, b)}:${word(c, d)}`;
  });
  const [left = '', right] = text.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const gap = new Array<string>(WORDS_IN_V6 - head.length - tail.length).fill('0');
  [...head, ...gap, ...tail].forEach((word, index) => {
    view.setUint16(offset + index * 2, Number.parseInt(word, 16));
  });
}

/**
 * RFC 5952, as Node and inet_ntop(3) have it: lower case, the longest run of zero words (the first
 * of equals, two at least) as `::`, an embedded IPv4 address with dots.
 */
function formatV6(view: DataView, offset: number): string {
  const words = Array.from({ length: WORDS_IN_V6 }, (_, i) => view.getUint16(offset + i * 2));
  let best = 0;
  let start = -1;
  for (let i = 0; i < WORDS_IN_V6; i++) {
    let end = i;
    while (end < WORDS_IN_V6 && words[end] === 0) end++;
    if (end - i > Math.max(best, 1)) [best, start] = [end - i, i];
    i = Math.max(i, end - 1);
  }
  const isMapped = best === 5 && words[5] === 0xffff;
  if (start === 0 && (best === 6 || isMapped)) {
    const bytes = Array.from({ length: 4 }, (_, i) => view.getUint8(offset + 12 + i));
    return `::${isMapped ? 'ffff:' : ''}${bytes.join('.')}`;
  }
  const hex = (part: number[]) => part.map((word) => word.toString(16)).join(':');
  return start < 0
    ? hex(words)
    : `${hex(words.slice(0, start))}::${hex(words.slice(start + best))}`;
}

/** The 4 or 16 bytes of a numeric address. Throws TypeError naming `what` for anything else. */
export function encodeHost(host: unknown, what: string): Uint8Array {
  const isText = typeof host === 'string';
  if (isText && isIPv4(host)) {
    const bytes = new Uint8Array(IPV4_SIZE);
    parseV4(host, bytes, 0);
    return bytes;
  }
  if (isText && isIPv6(host) && !host.includes('%')) {
    const bytes = new Uint8Array(IPV6_SIZE);
    parseV6(host, new DataView(bytes.buffer), 0);
    return bytes;
  }
  throw new TypeError(`${what} must be a numeric IPv4 or IPv6 address, got ${inspect(host)}`);
}

/** The text of 4 or 16 bytes of an address. */
export function decodeHost(bytes: Uint8Array): string {
  if (bytes.length === IPV4_SIZE) return bytes.join('.');
  return formatV6(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
}

function encodeInternet({ host, port, scope = 0 }: InternetAddress): RawAddress {
  asInteger(port, 'port', 0, 65_535);
  // Node's checks convert to text first, so that an array of one address would pass for one.
  const isText = typeof host === 'string';
  if (isText && isIPv4(host)) {
    const bytes = emptyAddress(SOCKADDR_IN.size, SOCKET.AF_INET);
    const view = new DataView(bytes.buffer);
    view.setUint16(SOCKADDR_IN.fields.sin_port[0], port);
    parseV4(host, bytes, SOCKADDR_IN.fields.sin_addr[0]);
    return { bytes, size: bytes.length };
  }
  if (!isText || !isIPv6(host) || host.includes('%')) {
    throw new TypeError(
      `host must be a numeric IPv4 or IPv6 address, got ${inspect(host)}; resolve names with dns.lookup first`,
    );
  }
  const bytes = emptyAddress(SOCKADDR_IN6.size, SOCKET.AF_INET6);
  const view = new DataView(bytes.buffer);
  view.setUint16(SOCKADDR_IN6.fields.sin6_port[0], port);
  parseV6(host, view, SOCKADDR_IN6.fields.sin6_addr[0]);
  asInteger(scope, 'scope', 0, 2 ** 32 - 1);
  view.setUint32(SOCKADDR_IN6.fields.sin6_scope_id[0], scope, true);
  return { bytes, size: bytes.length };
}

function encodeUnix(name: string, abstract: boolean): RawAddress {
  const kind = abstract ? 'abstract' : 'path';
  if (abstract) requireLinux('an abstract Unix address');
  if (typeof name !== 'string')
    throw new TypeError(`${kind} must be a string, got ${inspect(name)}`);
  const text = Buffer.from(name);
  if (text.length === 0) throw new RangeError(`${kind} must not be empty`);
  if (text.length > PATH_MAX) {
    throw new RangeError(`${kind} must be at most ${PATH_MAX} bytes, got ${text.length}: ${name}`);
  }
  if (!abstract && text.includes(0)) throw new RangeError('path must not contain a zero byte');
  // A path counts its closing zero, an abstract name its leading one.
  const size = PATH_OFFSET + text.length + 1;
  const bytes = new Uint8Array(SOCKADDR_UN.size);
  setFamily(bytes, SOCKET.AF_UNIX, size);
  bytes.set(text, PATH_OFFSET + Number(abstract));
  return { bytes, size };
}

/** The kernel's form of an address. Throws TypeError or RangeError naming what is wrong with it. */
export function encodeAddress(address: Address): RawAddress {
  if (typeof address === 'object' && address !== null) {
    if ('host' in address) return encodeInternet(address);
    if ('path' in address) return encodeUnix(address.path, false);
    if ('abstract' in address) return encodeUnix(address.abstract, true);
    if (isLinuxAddress(address)) {
      requireLinux('an address of this form');
      return encodeLinuxAddress(address);
    }
  }
  throw new TypeError(
    `an address is { host, port }, { path }, { abstract }, { cid, port }, { portId }, { link } or { can }, got ${inspect(address)}`,
  );
}

function decodeUnix(bytes: Uint8Array, size: number): Address {
  const name = bytes.subarray(PATH_OFFSET, Math.max(size, PATH_OFFSET));
  // The BSDs answer a whole structure of zeros for a socket without a name.
  if (name.length === 0 || (HAS_LENGTH && name[0] === 0)) return { unnamed: true };
  if (name[0] === 0) return { abstract: Buffer.from(name.subarray(1)).toString() };
  const end = name.indexOf(0);
  return { path: Buffer.from(end < 0 ? name : name.subarray(0, end)).toString() };
}

/** Reads an address that the kernel wrote. */
export function decodeAddress(bytes: Uint8Array, size: number): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = size < 2 ? SOCKET.AF_UNIX : addressFamily(bytes);
  if (family === SOCKET.AF_INET) {
    const start = SOCKADDR_IN.fields.sin_addr[0];
    const port = view.getUint16(SOCKADDR_IN.fields.sin_port[0]);
    return { host: bytes.subarray(start, start + 4).join('.'), port };
  }
  if (family === SOCKET.AF_INET6) {
    const port = view.getUint16(SOCKADDR_IN6.fields.sin6_port[0]);
    const scope = view.getUint32(SOCKADDR_IN6.fields.sin6_scope_id[0], true);
    const host = formatV6(view, SOCKADDR_IN6.fields.sin6_addr[0]);
    return scope === 0 ? { host, port } : { host, port, scope };
  }
  if (family === SOCKET.AF_UNIX) return decodeUnix(bytes, size);
  return decodeLinuxAddress(bytes, size, family) ?? { unnamed: true };
}

/** An address for people: `127.0.0.1:8080`, `[::1]:8080`, a path, `@name` for an abstract one. */
export function formatAddress(address: Address): string {
  if (isLinuxAddress(address)) return formatLinuxAddress(address);
  if ('host' in address) {
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return `${host}:${address.port}`;
  }
  if ('path' in address) return address.path;
  return 'abstract' in address ? `@${address.abstract}` : '(unnamed)';
}

/** The fields that a SystemError about this address carries. */
export function addressDetails(address: Address): { address?: string; port?: number } {
  if ('host' in address) return { address: address.host, port: address.port };
  if ('cid' in address) return { address: `vsock ${address.cid}`, port: address.port };
  return { address: formatAddress(address) };
}
