import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { ABSENT, ERRNO, SOCKET } from '../sys/abi.ts';
import { absence } from '../sys/absence.ts';
import { type Address, addressFamily, encodeAddress, type RawAddress } from '../sys/address.ts';
import { FAMILY } from '../sys/linux/abi.ts';

const FAMILIES = {
  ipv4: SOCKET.AF_INET,
  ipv6: SOCKET.AF_INET6,
  unix: SOCKET.AF_UNIX,
  vsock: FAMILY.AF_VSOCK,
  netlink: FAMILY.AF_NETLINK,
  packet: FAMILY.AF_PACKET,
  can: FAMILY.AF_CAN,
} as const;

const TYPES = {
  stream: SOCKET.SOCK_STREAM,
  datagram: SOCKET.SOCK_DGRAM,
  seqpacket: SOCKET.SOCK_SEQPACKET,
  raw: SOCKET.SOCK_RAW,
} as const;

/** How the addresses of each family are written. */
const ADDRESS_FORMS: Readonly<Record<SocketFamily, string>> = {
  ipv4: '{ host, port } with an IPv4 host',
  ipv6: '{ host, port } with an IPv6 host',
  unix: '{ path } or { abstract }',
  vsock: '{ cid, port }',
  netlink: '{ portId, groups }',
  packet: '{ link, protocol, hardwareAddress }',
  can: '{ can }',
};

/**
 * The address family of a socket: ip(7), ipv6(7), unix(7), vsock(7), netlink(7), packet(7), and the
 * kernel's documentation of CAN.
 */
export type SocketFamily = keyof typeof FAMILIES;

/**
 * The type of a socket: `stream` is a connection that carries bytes in order, `seqpacket` one that
 * carries messages in order; `datagram` carries messages without a connection, `raw` those of a
 * lower layer with their headers.
 */
export type SocketType = keyof typeof TYPES;

/** What a socket is, as far as options and addresses depend on it. */
export interface SocketKind {
  readonly family: SocketFamily;
  readonly type: SocketType;
}

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

/** The number of a family. Throws TypeError for none, SystemError EAFNOSUPPORT where it is another system's. */
export function familyNumber(family: SocketFamily): number {
  const number = numberOf(FAMILIES, family, 'family');
  if (number !== ABSENT) return number;
  const hint = absence(`the family ${family}`);
  throw new SystemError(ERRNO.EAFNOSUPPORT, 'socket', { hint });
}

export function typeNumber(type: SocketType): number {
  return numberOf(TYPES, type, 'type');
}

/** Whether what a socket carries has bounds: messages, of which each call takes one. */
export function carriesMessages(type: SocketType): boolean {
  return type !== 'stream';
}

/**
 * The names of what SO_DOMAIN and SO_TYPE answered. Throws TypeError for those without one here.
 */
export function describeSocket(fd: number, domain: number, type: number): SocketKind {
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
  if (addressFamily(raw.bytes) === FAMILIES[family]) return raw;
  const wanted = ADDRESS_FORMS[family];
  const article = /^[iu]/.test(family) ? 'an' : 'a';
  throw new TypeError(
    `an address of ${article} ${family} socket is ${wanted}, got ${inspect(address)}`,
  );
}
