/** Addresses, routes and rules as the route family of netlink has them: rtnetlink(7). */

import { SOCKET } from '../../sys/abi.ts';
import { decodeHost } from '../../sys/address.ts';
import {
  FIB_RULE_HDR,
  FIB_RULES,
  IF_ADDR,
  IFA_CACHEINFO,
  IFADDRMSG,
  RTMSG,
  RTNETLINK,
  RTNEXTHOP,
} from '../../sys/linux/netlink/abi.ts';
import {
  type Attributes,
  decodeAttributes,
  nameOr,
  namesOfBits,
  textOf,
  view,
  wordOf,
} from './message.ts';

/** The family that an entry is about; a number where it has no name here. */
export type RouteFamily = 'ipv4' | 'ipv6' | number;

/** An address of an interface. */
export interface InterfaceAddress {
  /** The interface's index. */
  readonly index: number;
  readonly family: RouteFamily;
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point link. */
  readonly peer: string | null;
  readonly broadcast: string | null;
  readonly label: string | null;
  readonly scope: string | number;
  /** The flags that are set, without their prefix IFA_F_: `PERMANENT`, `TENTATIVE`. */
  readonly flags: readonly string[];
  /** In seconds; null for ever. */
  readonly validSeconds: number | null;
  /** In seconds; null for ever. */
  readonly preferredSeconds: number | null;
}

/** One of several ways that a route takes by turns. */
export interface NextHop {
  readonly gateway: string | null;
  readonly interface: number;
  /** 1 to 256: how often it is taken, compared with the others. */
  readonly weight: number;
}

/** A route. */
export interface Route {
  readonly family: RouteFamily;
  /** `192.0.2.0/24`; the default route is `0.0.0.0/0` or `::/0`. */
  readonly destination: string;
  readonly gateway: string | null;
  /** The index of the interface it leaves by; null when there are several next hops. */
  readonly interface: number | null;
  readonly nextHops: readonly NextHop[];
  /** The address that what we send gets. */
  readonly source: string | null;
  /** The lower, the better. */
  readonly metric: number | null;
  /** 254 is the main table, 255 the local one. */
  readonly table: number;
  /** Who made it: `kernel`, `boot`, `static`, `dhcp`, `ra`. */
  readonly protocol: string | number;
  readonly scope: string | number;
  /** `unicast`, `local`, `broadcast`, `blackhole`. */
  readonly type: string | number;
  readonly flags: readonly string[];
}

/** A rule of the routing policy: which table is asked, and when. */
export interface RoutingRule {
  readonly family: RouteFamily;
  /** The lower, the earlier. */
  readonly priority: number;
  /** What is done: `table`, `goto`, `blackhole`. */
  readonly action: string | number;
  readonly table: number;
  /** `192.0.2.0/24`, or null for everybody. */
  readonly source: string | null;
  readonly destination: string | null;
  readonly inputInterface: string | null;
  readonly outputInterface: string | null;
  readonly mark: number | null;
  readonly markMask: number | null;
  /** The priority of the rule to go on with. */
  readonly goto: number | null;
  /** Routes of this prefix length and shorter do not count. */
  readonly suppressPrefixLength: number | null;
  /** It is about what does not match. */
  readonly inverted: boolean;
}

const FAMILIES: Readonly<Record<number, 'ipv4' | 'ipv6'>> = {
  [SOCKET.AF_INET]: 'ipv4',
  [SOCKET.AF_INET6]: 'ipv6',
};

/** `RTN_LOCAL: 2` as `2: 'local'`. */
function namesBehind(
  table: Readonly<Record<string, number>>,
  prefix: RegExp,
): Readonly<Record<number, string>> {
  const own = Object.entries(table).filter(([name]) => prefix.test(name));
  return Object.fromEntries(own.map(([name, n]) => [n, name.replace(prefix, '').toLowerCase()]));
}

function bitsBehind(
  table: Readonly<Record<string, number>>,
  prefix: RegExp,
): Readonly<Record<string, number>> {
  const own = Object.entries(table).filter(([name]) => prefix.test(name));
  return Object.fromEntries(own.map(([name, bit]) => [name.replace(prefix, ''), bit]));
}

const SCOPES = {
  ...namesBehind(RTNETLINK, /^RT_SCOPE_/),
  [RTNETLINK.RT_SCOPE_UNIVERSE]: 'global',
};
const ROUTE_TYPES = namesBehind(RTNETLINK, /^RTN_/);
const PROTOCOLS = namesBehind(RTNETLINK, /^RTPROT_/);
const ROUTE_FLAGS = bitsBehind(RTNETLINK, /^RTNH_F_/);
const ADDRESS_FLAGS = bitsBehind(IF_ADDR, /^IFA_F_/);
const ACTIONS = {
  ...namesBehind(FIB_RULES, /^FR_ACT_/),
  [FIB_RULES.FR_ACT_TO_TBL]: 'table',
};

const FOR_EVER = 2 ** 32 - 1;
const NO_PREFIX_LENGTH = FOR_EVER;
const ANY_HOST: Readonly<Record<number, string>> = {
  [SOCKET.AF_INET]: '0.0.0.0',
  [SOCKET.AF_INET6]: '::',
};

function hostOf(attributes: Attributes, type: number): string | null {
  const bytes = attributes.get(type);
  return bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)
    ? null
    : decodeHost(bytes);
}

function seconds(value: number): number | null {
  return value === FOR_EVER ? null : value;
}

function lifetimes(
  attributes: Attributes,
): Pick<InterfaceAddress, 'validSeconds' | 'preferredSeconds'> {
  const bytes = attributes.get(IF_ADDR.IFA_CACHEINFO);
  if (bytes === undefined || bytes.length < IFA_CACHEINFO.size) {
    return { validSeconds: null, preferredSeconds: null };
  }
  const { ifa_valid, ifa_prefered } = IFA_CACHEINFO.fields;
  return {
    validSeconds: seconds(view(bytes).getUint32(ifa_valid[0], true)),
    preferredSeconds: seconds(view(bytes).getUint32(ifa_prefered[0], true)),
  };
}

/** Reads the body of RTM_NEWADDR or RTM_DELADDR. */
export function decodeInterfaceAddress(body: Uint8Array): InterfaceAddress {
  const { ifa_family, ifa_prefixlen, ifa_flags, ifa_scope, ifa_index } = IFADDRMSG.fields;
  const header = view(body);
  const attributes = decodeAttributes(body, IFADDRMSG.size);
  const local = hostOf(attributes, IF_ADDR.IFA_LOCAL);
  const address = hostOf(attributes, IF_ADDR.IFA_ADDRESS);
  const bits = wordOf(attributes, IF_ADDR.IFA_FLAGS) ?? header.getUint8(ifa_flags[0]);
  return {
    index: header.getUint32(ifa_index[0], true),
    family: nameOr(FAMILIES, header.getUint8(ifa_family[0])),
    address: local ?? address ?? '',
    prefixLength: header.getUint8(ifa_prefixlen[0]),
    peer: local !== null && address !== local ? address : null,
    broadcast: hostOf(attributes, IF_ADDR.IFA_BROADCAST),
    label: textOf(attributes, IF_ADDR.IFA_LABEL),
    scope: nameOr(SCOPES, header.getUint8(ifa_scope[0])),
    flags: namesOfBits(ADDRESS_FLAGS, bits),
    ...lifetimes(attributes),
  };
}

/** A gateway may be of the other family: then the attribute begins with its family. */
function gatewayOf(attributes: Attributes): string | null {
  const via = attributes.get(RTNETLINK.RTA_VIA);
  if (via !== undefined && (via.length === 6 || via.length === 18)) return decodeHost(via.slice(2));
  return hostOf(attributes, RTNETLINK.RTA_GATEWAY);
}

function nextHopsOf(attributes: Attributes): NextHop[] {
  const bytes = attributes.get(RTNETLINK.RTA_MULTIPATH) ?? new Uint8Array(0);
  const { rtnh_len, rtnh_hops, rtnh_ifindex } = RTNEXTHOP.fields;
  const hops: NextHop[] = [];
  for (let at = 0; at + RTNEXTHOP.size <= bytes.length; ) {
    const header = view(bytes.subarray(at));
    const length = header.getUint16(rtnh_len[0], true);
    if (length < RTNEXTHOP.size) break;
    const inner = decodeAttributes(bytes.slice(at, at + length), RTNEXTHOP.size);
    hops.push({
      gateway: gatewayOf(inner),
      interface: header.getInt32(rtnh_ifindex[0], true),
      weight: header.getUint8(rtnh_hops[0]) + 1,
    });
    at += (length + 3) & ~3;
  }
  return hops;
}

/** Reads the body of RTM_NEWROUTE or RTM_DELROUTE. */
export function decodeRoute(body: Uint8Array): Route {
  const { fields } = RTMSG;
  const header = view(body);
  const attributes = decodeAttributes(body, RTMSG.size);
  const family = header.getUint8(fields.rtm_family[0]);
  const host = hostOf(attributes, RTNETLINK.RTA_DST) ?? ANY_HOST[family] ?? '';
  return {
    family: nameOr(FAMILIES, family),
    destination: `${host}/${header.getUint8(fields.rtm_dst_len[0])}`,
    gateway: gatewayOf(attributes),
    interface: wordOf(attributes, RTNETLINK.RTA_OIF),
    nextHops: nextHopsOf(attributes),
    source: hostOf(attributes, RTNETLINK.RTA_PREFSRC),
    metric: wordOf(attributes, RTNETLINK.RTA_PRIORITY),
    table: wordOf(attributes, RTNETLINK.RTA_TABLE) ?? header.getUint8(fields.rtm_table[0]),
    protocol: nameOr(PROTOCOLS, header.getUint8(fields.rtm_protocol[0])),
    scope: nameOr(SCOPES, header.getUint8(fields.rtm_scope[0])),
    type: nameOr(ROUTE_TYPES, header.getUint8(fields.rtm_type[0])),
    flags: namesOfBits(ROUTE_FLAGS, header.getUint32(fields.rtm_flags[0], true)),
  };
}

/** Reads the body of RTM_NEWRULE or RTM_DELRULE. */
export function decodeRule(body: Uint8Array): RoutingRule {
  const { fields } = FIB_RULE_HDR;
  const header = view(body);
  const attributes = decodeAttributes(body, FIB_RULE_HDR.size);
  const prefix = (type: number, length: number) => {
    const host = hostOf(attributes, type);
    return host === null ? null : `${host}/${length}`;
  };
  const suppressed = wordOf(attributes, FIB_RULES.FRA_SUPPRESS_PREFIXLEN);
  return {
    family: nameOr(FAMILIES, header.getUint8(fields.family[0])),
    priority: wordOf(attributes, FIB_RULES.FRA_PRIORITY) ?? 0,
    action: nameOr(ACTIONS, header.getUint8(fields.action[0])),
    table: wordOf(attributes, FIB_RULES.FRA_TABLE) ?? header.getUint8(fields.table[0]),
    source: prefix(FIB_RULES.FRA_SRC, header.getUint8(fields.src_len[0])),
    destination: prefix(FIB_RULES.FRA_DST, header.getUint8(fields.dst_len[0])),
    inputInterface: textOf(attributes, FIB_RULES.FRA_IIFNAME),
    outputInterface: textOf(attributes, FIB_RULES.FRA_OIFNAME),
    mark: wordOf(attributes, FIB_RULES.FRA_FWMARK),
    markMask: wordOf(attributes, FIB_RULES.FRA_FWMASK),
    goto: wordOf(attributes, FIB_RULES.FRA_GOTO),
    suppressPrefixLength: suppressed === NO_PREFIX_LENGTH ? null : suppressed,
    inverted: (header.getUint32(fields.flags[0], true) & FIB_RULES.FIB_RULE_INVERT) !== 0,
  };
}
