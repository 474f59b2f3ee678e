import { inspect } from 'node:util';
import { SOCKET } from '../sys/posix/abi.ts';
import { type Address, encodeAddress, type RawAddress } from '../sys/posix/address.ts';

const FAMILIES = { ipv4: SOCKET.AF_INET, ipv6: SOCKET.AF_INET6, unix: SOCKET.AF_UNIX } as const;
const TYPES = { stream: SOCKET.SOCK_STREAM, datagram: SOCKET.SOCK_DGRAM } as const;

/** The address family of a socket: ip(7), ipv6(7), unix(7). */
export type SocketFamily = keyof typeof FAMILIES;

/** The type of a socket: `stream` is a connection that carries bytes in order. */
export type SocketType = keyof typeof TYPES;

function numberOf(table: Readonly<Record<string, number>>, name: unknown, what: string): number {
  if (typeof name === 'string' && Object.hasOwn(table, name)) return table[name] as number;
  const allowed = Object.keys(table).join(', ');
  throw new TypeError(`the ${what} of a socket is one of ${allowed}; got ${inspect(name)}`);
}

function nameOf<Name extends string>(
  table: Readonly<Record<Name, number>>,
  number: number,
): Name | undefined {
  return (Object.keys(table) as Name[]).find((name) => table[name] === number);
}

export function familyNumber(family: SocketFamily): number {
  return numberOf(FAMILIES, family, 'family');
}

export function typeNumber(type: SocketType): number {
  return numberOf(TYPES, type, 'type');
}

/**
 * The names of what SO_DOMAIN and SO_TYPE answered. Throws TypeError for those without one here.
 */
export function describeSocket(
  fd: number,
  domain: number,
  type: number,
): { family: SocketFamily; type: SocketType } {
  const familyName = nameOf(FAMILIES, domain);
  const typeName = nameOf(TYPES, type);
  if (familyName !== undefined && typeName !== undefined) {
    return { family: familyName, type: typeName };
  }
  const known = `${Object.keys(FAMILIES).join(', ')} of type ${Object.keys(TYPES).join(', ')}`;
  throw new TypeError(
    `descriptor ${fd} is a socket of family ${domain} and type ${type}; Socket takes ${known}`,
  );
}

/** The kernel's form of an address, which must be of the socket's own family. */
export function encodeFor(family: SocketFamily, address: Address): RawAddress {
  const raw = encodeAddress(address);
  if (
    new DataView(raw.bytes.buffer, raw.bytes.byteOffset).getUint16(0, true) === FAMILIES[family]
  ) {
    return raw;
  }
  const wanted =
    family === 'unix'
      ? '{ path } or { abstract }'
      : `{ host, port } with an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} host`;
  throw new TypeError(`an address of an ${family} socket is ${wanted}, got ${inspect(address)}`);
}
