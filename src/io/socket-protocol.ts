/**
 * Protocols of sockets by name, and why the kernel refuses a socket.
 *
 * Facts:
 * - An ICMP socket of type `datagram` sends echo requests without privileges, but only for the
 *   groups within `net.ipv4.ping_group_range`; the default `1 0` is an empty range that refuses
 *   root too. The kernel answers EACCES and does not say which of its rules it was.
 * - The protocol of a packet socket travels in network order.
 * - A raw socket has no usual protocol: 0 is EPROTONOSUPPORT.
 */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, INET, IP } from '../sys/abi.ts';
import { assertPresent } from '../sys/absence.ts';
import { NETLINK } from '../sys/linux/netlink/abi.ts';
import { CAN, ETHERTYPE } from '../sys/linux/sockets/abi.ts';
import type { SocketFamily, SocketKind } from './socket-family.ts';

const INT_MAX = 2 ** 31 - 1;
const UINT16_MAX = 65_535;
const PING_GROUPS = '/proc/sys/net/ipv4/ping_group_range';

const INTERNET = {
  tcp: INET.IPPROTO_TCP,
  udp: IP.IPPROTO_UDP,
  udplite: IP.IPPROTO_UDPLITE,
  sctp: IP.IPPROTO_SCTP,
  mptcp: IP.IPPROTO_MPTCP,
  raw: IP.IPPROTO_RAW,
} as const;

/** `icmp` is the one of the family: ICMPv6 on an ipv6 socket. */
const PROTOCOLS: Readonly<Record<SocketFamily, Readonly<Record<string, number>>>> = {
  ipv4: { ...INTERNET, icmp: IP.IPPROTO_ICMP, igmp: IP.IPPROTO_IGMP },
  ipv6: { ...INTERNET, icmp: IP.IPPROTO_ICMPV6 },
  unix: {},
  vsock: {},
  netlink: {
    route: NETLINK.NETLINK_ROUTE,
    usersock: NETLINK.NETLINK_USERSOCK,
    'sock-diag': NETLINK.NETLINK_SOCK_DIAG,
    xfrm: NETLINK.NETLINK_XFRM,
    audit: NETLINK.NETLINK_AUDIT,
    netfilter: NETLINK.NETLINK_NETFILTER,
    uevent: NETLINK.NETLINK_KOBJECT_UEVENT,
    generic: NETLINK.NETLINK_GENERIC,
    crypto: NETLINK.NETLINK_CRYPTO,
  },
  packet: {
    all: ETHERTYPE.ETH_P_ALL,
    ip: ETHERTYPE.ETH_P_IP,
    arp: ETHERTYPE.ETH_P_ARP,
    ipv6: ETHERTYPE.ETH_P_IPV6,
    vlan: ETHERTYPE.ETH_P_8021Q,
    lldp: ETHERTYPE.ETH_P_LLDP,
  },
  can: { raw: CAN.CAN_RAW, bcm: CAN.CAN_BCM, isotp: CAN.CAN_ISOTP, j1939: CAN.CAN_J1939 },
};

function usualProtocol({ family, type }: SocketKind): number {
  if (family !== 'can') return 0;
  return type === 'raw' ? CAN.CAN_RAW : CAN.CAN_BCM;
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** The number that socket(2) takes. Throws TypeError or RangeError naming the protocol. */
export function protocolNumber(kind: SocketKind, protocol: number | string | undefined): number {
  if (protocol === undefined) return usualProtocol(kind);
  const { family } = kind;
  const isPacket = family === 'packet';
  if (typeof protocol === 'number') {
    const number = asInteger(protocol, 'protocol', 0, isPacket ? UINT16_MAX : INT_MAX);
    return isPacket ? swap16(number) : number;
  }
  const table = PROTOCOLS[family];
  if (typeof protocol === 'string' && Object.hasOwn(table, protocol)) {
    const number = assertPresent(table[protocol] as number, `the protocol ${protocol}`);
    return isPacket ? swap16(number) : number;
  }
  const names = Object.keys(table).join(', ');
  const allowed = names === '' ? 'a number' : `a number or one of ${names}`;
  throw new TypeError(
    `the protocol of a socket of this family (${family}) is ${allowed}; got ${inspect(protocol)}`,
  );
}

function isIcmp({ family, type }: SocketKind, protocol: number): boolean {
  const icmp = PROTOCOLS[family]['icmp'];
  return type === 'datagram' && icmp !== undefined && protocol === icmp;
}

function readPingGroups(): string {
  try {
    return readFileSync(PING_GROUPS, 'utf8').trim().replace(/\s+/, ' ');
  } catch {
    return 'unreadable';
  }
}

function hintFor(errno: number, kind: SocketKind, protocol: number): string | undefined {
  const { family, type } = kind;
  if (errno === ERRNO.EACCES && isIcmp(kind, protocol)) {
    const reason = `net.ipv4.ping_group_range is "${readPingGroups()}" and leaves out every group of this process`;
    const remedy = 'sysctl -w net.ipv4.ping_group_range="0 2147483647" lets everybody ping';
    return `${reason}; ${remedy}, a raw socket needs CAP_NET_RAW`;
  }
  if (errno === ERRNO.EPERM && (type === 'raw' || family === 'packet')) {
    return `${family} sockets of type ${type} need the capability CAP_NET_RAW`;
  }
  if (errno === ERRNO.EAFNOSUPPORT) {
    return `this kernel has no ${family} sockets; perhaps a module has to be loaded`;
  }
  if (errno === ERRNO.ESOCKTNOSUPPORT) return `${family} has no sockets of type ${type}`;
  if (errno !== ERRNO.EPROTONOSUPPORT) return undefined;
  const asked = protocol === 0 ? 'without a protocol' : `with protocol ${protocol}`;
  return `${family} has no sockets of type ${type} ${asked}`;
}

/** The error of a socket(2) that was refused, with what to do about it where that is known. */
export function socketRefused(errno: number, kind: SocketKind, protocol: number): SystemError {
  return new SystemError(errno, 'socket', { hint: hintFor(-errno, kind, protocol) });
}
