/** Multicast groups as the options of ip(7) and ipv6(7) take them. */

import { isIPv4, isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { IN6_PKTINFO, IP, IP_MREQ_SOURCE, IP_MREQN, IPV6_MREQ } from '../../sys/abi.ts';
import { decodeHost, encodeHost } from '../../sys/address.ts';
import { interfaceIndex } from '../../sys/linux/interface.ts';
import { asRecord, type Codec, viewOf } from './codec.ts';

const ANY_IPV4 = '0.0.0.0';
const IPV4_SIZE = 4;
const UINT32_MAX = 2 ** 32 - 1;

/** IP_ADD_MEMBERSHIP: a group, and the interface by index or name, or by an address of it. */
export interface IpMembership {
  readonly group: string;
  /** The interface's index or name. @default 0, the kernel's choice */
  readonly interface?: number | string;
  /** An IPv4 address of the interface, when it is not given otherwise. */
  readonly address?: string;
}

/** IP_ADD_SOURCE_MEMBERSHIP: a group, one sender to it, and an address of the local interface. */
export interface IpSourceMembership {
  readonly group: string;
  readonly source: string;
  /** @default '0.0.0.0', the kernel's choice */
  readonly address?: string;
}

/**
 * IP_MULTICAST_IF: the interface that multicast leaves by. The kernel answers only the address it
 * was set by: 0.0.0.0 after it was set by `interface`.
 */
export interface IpInterface {
  readonly interface?: number | string;
  readonly address?: string;
}

/** IPV6_ADD_MEMBERSHIP: a group, and the interface by index or name. */
export interface Ipv6Membership {
  readonly group: string;
  /** @default 0, the kernel's choice */
  readonly interface?: number | string;
}

/** IPV6_PKTINFO: the source address and the interface of what is sent. */
export interface Ipv6PacketInfo {
  readonly address: string;
  readonly interface: number | string;
}

/** IP_MSFILTER: the senders to a group that are let through, or are not. */
export interface IpSourceFilter {
  readonly group: string;
  /** An address of the interface where the group was joined. @default '0.0.0.0' */
  readonly address?: string;
  readonly mode: 'include' | 'exclude';
  readonly sources: readonly string[];
}

function ipv4(value: unknown, what: string): Uint8Array {
  if (typeof value === 'string' && isIPv4(value)) return encodeHost(value, what);
  throw new TypeError(`${what} must be a numeric IPv4 address, got ${inspect(value)}`);
}

function ipv6(value: unknown, what: string): Uint8Array {
  if (typeof value === 'string' && isIPv6(value)) return encodeHost(value, what);
  throw new TypeError(`${what} must be a numeric IPv6 address, got ${inspect(value)}`);
}

function index(value: unknown, what: string): number {
  return interfaceIndex(value as number | string, what);
}

/** A codec of an option that is only set. */
function forSetting<In>(encode: (value: In, name: string) => Uint8Array): Codec<never, In> {
  return {
    size: 0,
    encode,
    decode: (): never => {
      throw new TypeError('the option can only be set');
    },
  };
}

function encodeMreqn(
  group: unknown,
  address: unknown,
  device: unknown,
  name: string,
): Uint8Array<ArrayBuffer> {
  const { imr_multiaddr, imr_address, imr_ifindex } = IP_MREQN.fields;
  const bytes = new Uint8Array(IP_MREQN.size);
  bytes.set(ipv4(group, `${name}.group`), imr_multiaddr[0]);
  bytes.set(ipv4(address, `${name}.address`), imr_address[0]);
  viewOf(bytes).setInt32(imr_ifindex[0], index(device, `${name}.interface`), true);
  return bytes;
}

export const ipMembership = forSetting<IpMembership>((value, name) => {
  const record = asRecord(value, name, '{ group, interface }');
  const { group, interface: device = 0, address = ANY_IPV4 } = record;
  return encodeMreqn(group, address, device, name);
});

export const ipInterface: Codec<IpInterface> = {
  size: IPV4_SIZE,
  encode(value, name) {
    const record = asRecord(value, name, '{ interface } or { address }');
    const { interface: device = 0, address = ANY_IPV4 } = record;
    return encodeMreqn(ANY_IPV4, address, device, name);
  },
  decode: (bytes) => ({ address: decodeHost(bytes.subarray(0, IPV4_SIZE)) }),
};

export const ipSourceMembership = forSetting<IpSourceMembership>((value, name) => {
  const record = asRecord(value, name, '{ group, source, address }');
  const { group, source, address = ANY_IPV4 } = record;
  const { imr_multiaddr, imr_interface, imr_sourceaddr } = IP_MREQ_SOURCE.fields;
  const bytes = new Uint8Array(IP_MREQ_SOURCE.size);
  bytes.set(ipv4(group, `${name}.group`), imr_multiaddr[0]);
  bytes.set(ipv4(address, `${name}.address`), imr_interface[0]);
  bytes.set(ipv4(source, `${name}.source`), imr_sourceaddr[0]);
  return bytes;
});

export const ipSourceFilter = forSetting<IpSourceFilter>((value, name) => {
  const record = asRecord(value, name, '{ group, mode, sources }');
  const { group, address = ANY_IPV4, mode, sources } = record;
  if (mode !== 'include' && mode !== 'exclude') {
    throw new TypeError(`${name}.mode must be include or exclude, got ${inspect(mode)}`);
  }
  if (!Array.isArray(sources)) {
    throw new TypeError(`${name}.sources must be an array, got ${inspect(sources)}`);
  }
  // struct ip_msfilter: group, interface, mode, count, then the senders.
  const bytes = new Uint8Array((4 + sources.length) * IPV4_SIZE);
  const view = viewOf(bytes);
  bytes.set(ipv4(group, `${name}.group`), 0);
  bytes.set(ipv4(address, `${name}.address`), 4);
  view.setUint32(8, mode === 'include' ? IP.MCAST_INCLUDE : IP.MCAST_EXCLUDE, true);
  view.setUint32(12, sources.length, true);
  for (const [at, source] of sources.entries()) {
    bytes.set(ipv4(source, `${name}.sources[${at}]`), 16 + at * IPV4_SIZE);
  }
  return bytes;
});

export const ipv6Membership = forSetting<Ipv6Membership>((value, name) => {
  const { group, interface: device = 0 } = asRecord(value, name, '{ group, interface }');
  const bytes = new Uint8Array(IPV6_MREQ.size);
  bytes.set(ipv6(group, `${name}.group`), IPV6_MREQ.fields.ipv6mr_multiaddr[0]);
  const at = IPV6_MREQ.fields.ipv6mr_interface[0];
  viewOf(bytes).setInt32(at, index(device, `${name}.interface`), true);
  return bytes;
});

export const ipv6PacketInfo = forSetting<Ipv6PacketInfo>((value, name) => {
  const { address, interface: device } = asRecord(value, name, '{ address, interface }');
  const bytes = new Uint8Array(IN6_PKTINFO.size);
  bytes.set(ipv6(address, `${name}.address`), IN6_PKTINFO.fields.ipi6_addr[0]);
  const at = IN6_PKTINFO.fields.ipi6_ifindex[0];
  viewOf(bytes).setInt32(at, index(device, `${name}.interface`), true);
  return bytes;
});

/** An interface by index or name; what is read is the index. */
export const interfaceNumber: Codec<number, number | string> = {
  size: 4,
  encode(value, name) {
    const bytes = new Uint8Array(4);
    viewOf(bytes).setInt32(0, index(value, name), true);
    return bytes;
  },
  decode: (bytes) => viewOf(bytes).getInt32(0, true),
};

/** An interface's index in network order, which only IP_UNICAST_IF and its sister want. */
export const interfaceInNetworkOrder: Codec<number, number | string> = {
  size: 4,
  encode(value, name) {
    const bytes = new Uint8Array(4);
    viewOf(bytes).setInt32(0, asInteger(index(value, name), name, 0, UINT32_MAX));
    return bytes;
  },
  decode: (bytes) => viewOf(bytes).getInt32(0),
};
