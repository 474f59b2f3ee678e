import { decodeHardwareAddress } from '../../sys/linux/address.ts';
import { ARPHRD, IF_LINK, IFF, IFINFOMSG } from '../../sys/linux/netlink/abi.ts';
import {
  type Attributes,
  byteOf,
  decodeAttributes,
  nameOr,
  namesOfBits,
  textOf,
  view,
  wordOf,
} from './message.ts';

/** A network interface: RTM_NEWLINK of rtnetlink(7). */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** The kind of hardware by name, ARPHRD_ETHER for instance as `ether`; a number without a name. */
  readonly type: string | number;
  /** The flags that are set, without their prefix IFF_: `UP`, `LOWER_UP`, `RUNNING`. */
  readonly flags: readonly string[];
  readonly state: LinkState;
  /** The largest packet in bytes. */
  readonly mtu: number;
  /** The hardware address, null where the interface has none. */
  readonly hardwareAddress: string | null;
  readonly hardwareBroadcast: string | null;
  /** How many packets wait for the device at most. */
  readonly queueLength: number;
  /** The queueing discipline's name. */
  readonly queueing: string | null;
  readonly group: number;
  /** What it was made as: `veth`, `bridge`; null for a device of hardware. */
  readonly kind: string | null;
  /** The index of the interface that it is a part of, of a bridge for instance. */
  readonly master: number | null;
  /** The index of the interface below it, or at its other end. */
  readonly peer: number | null;
}

const STATES = [
  'unknown',
  'not-present',
  'down',
  'lower-layer-down',
  'testing',
  'dormant',
  'up',
] as const;

/** The operational state of RFC 2863. */
export type LinkState = (typeof STATES)[number];

const TYPES: Readonly<Record<number, string>> = {
  [ARPHRD.ARPHRD_ETHER]: 'ether',
  [ARPHRD.ARPHRD_LOOPBACK]: 'loopback',
  [ARPHRD.ARPHRD_CAN]: 'can',
  [ARPHRD.ARPHRD_NONE]: 'none',
  [ARPHRD.ARPHRD_TUNNEL]: 'ipip',
  [ARPHRD.ARPHRD_TUNNEL6]: 'tunnel6',
  [ARPHRD.ARPHRD_SIT]: 'sit',
  [ARPHRD.ARPHRD_PPP]: 'ppp',
  [ARPHRD.ARPHRD_IPGRE]: 'gre',
  [ARPHRD.ARPHRD_NETLINK]: 'netlink',
  [ARPHRD.ARPHRD_INFINIBAND]: 'infiniband',
};

const FLAGS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(IFF)
    .filter(([name]) => name.startsWith('IFF_'))
    .map(([name, bit]) => [name.replace('IFF_', ''), bit]),
);

function hardwareOf(attributes: Attributes, type: number): string | null {
  const bytes = attributes.get(type);
  return bytes === undefined || bytes.length === 0 ? null : decodeHardwareAddress(bytes);
}

function kindOf(attributes: Attributes): string | null {
  const info = attributes.get(IF_LINK.IFLA_LINKINFO);
  return info === undefined ? null : textOf(decodeAttributes(info, 0), IF_LINK.IFLA_INFO_KIND);
}

/** Reads the body of RTM_NEWLINK or RTM_DELLINK. */
export function decodeLink(body: Uint8Array): Link {
  const { ifi_type, ifi_index, ifi_flags } = IFINFOMSG.fields;
  const header = view(body);
  const attributes = decodeAttributes(body, IFINFOMSG.size);
  return {
    index: header.getInt32(ifi_index[0], true),
    name: textOf(attributes, IF_LINK.IFLA_IFNAME) ?? '',
    type: nameOr(TYPES, header.getUint16(ifi_type[0], true)),
    flags: namesOfBits(FLAGS, header.getUint32(ifi_flags[0], true)),
    state: STATES[byteOf(attributes, IF_LINK.IFLA_OPERSTATE) ?? 0] ?? 'unknown',
    mtu: wordOf(attributes, IF_LINK.IFLA_MTU) ?? 0,
    hardwareAddress: hardwareOf(attributes, IF_LINK.IFLA_ADDRESS),
    hardwareBroadcast: hardwareOf(attributes, IF_LINK.IFLA_BROADCAST),
    queueLength: wordOf(attributes, IF_LINK.IFLA_TXQLEN) ?? 0,
    queueing: textOf(attributes, IF_LINK.IFLA_QDISC),
    group: wordOf(attributes, IF_LINK.IFLA_GROUP) ?? 0,
    kind: kindOf(attributes),
    master: wordOf(attributes, IF_LINK.IFLA_MASTER),
    peer: wordOf(attributes, IF_LINK.IFLA_LINK),
  };
}
