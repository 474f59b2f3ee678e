/**
 * Control messages: what a message carries beside its bytes. cmsg(3), unix(7), ip(7), ipv6(7).
 *
 * Facts:
 * - Control data is a list of entries: length, level, type, then the data, each padded to 8 bytes.
 * - The kernel writes what fits into the room it is given, cuts the last entry short and raises
 *   MSG_CTRUNC. Descriptors that fit are open in this process from then on, whoever looks at them.
 * - It ignores without a word what a socket of that family does not know.
 *
 * What this means for us: every descriptor in the list is handed over, cut or not; an entry that
 * is cut short otherwise is left out; entries without a name here come as they are. What a socket
 * would ignore is refused before the call.
 */

import {
  CMSGHDR,
  HOP_LIMIT,
  IN_PKTINFO,
  IN6_PKTINFO,
  INET,
  IP,
  MESSAGE,
  SOCKET,
  TIMESPEC,
  TIMEVAL,
} from '../sys/abi.ts';
import { decodeHost } from '../sys/address.ts';
import { SO, UCRED, UDP } from '../sys/linux/sockets/abi.ts';
import { alignControl, CONTROL_HEADER } from '../sys/posix/message.ts';
import type { Credentials } from './options/credentials.ts';

const INT_SIZE = 4;
const MULTICAST_V6 = 0xff;

/** The most descriptors that one message may carry (the kernel's SCM_MAX_FD). */
export const DESCRIPTORS_MAX = 253;

/** Where a datagram arrived. Given to `sendMessage`, it makes the answer leave from there. */
export interface PacketInfo {
  /** Our address that an answer should come from. */
  readonly host: string;
  /** The address in the datagram: `host`, or the group or broadcast address that it was sent to. */
  readonly destination: string;
  /** The index of the network interface. */
  readonly interface: number;
}

/** A control message as the kernel has it. */
export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** What the control data of one message says; null where it says nothing. */
export interface ControlData {
  /** Descriptors that the sender passed: open, closed on exec, and the caller's to close. */
  readonly descriptors: readonly number[];
  /** The sender, as the kernel vouches for it (option SO_PASSCRED). */
  readonly credentials: Credentials | null;
  /** Where the datagram arrived (options IP_PKTINFO, IPV6_RECVPKTINFO). */
  readonly packetInfo: PacketInfo | null;
  /** When the kernel received it, in nanoseconds since 1970 (options SO_TIMESTAMPNS, SO_TIMESTAMP). */
  readonly timestamp: bigint | null;
  /** The type of service or traffic class, 0 to 255 (options IP_RECVTOS, IPV6_RECVTCLASS). */
  readonly tos: number | null;
  /** The congestion mark, the low two bits of `tos`: 0 none, 1 and 2 capable, 3 congestion. */
  readonly ecn: number | null;
  /** The time to live or hop limit, 0 to 255 (options IP_RECVTTL, IPV6_RECVHOPLIMIT). */
  readonly ttl: number | null;
  /** In bytes, when these are several datagrams in one; the last may be shorter (option UDP_GRO). */
  readonly segmentSize: number | null;
  /** Control messages that have no field here. */
  readonly others: readonly ControlMessage[];
}

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };
type Found = Writable<Omit<ControlData, 'descriptors' | 'others'>> & {
  readonly descriptors: number[];
  readonly others: ControlMessage[];
};

/** The room that control data of one entry takes, in bytes: CMSG_SPACE(3). */
export function controlSpace(dataSize: number): number {
  return CONTROL_HEADER + alignControl(dataSize);
}

function decodePacketInfo(data: DataView): PacketInfo {
  const { ipi_ifindex, ipi_spec_dst, ipi_addr } = IN_PKTINFO.fields;
  const at = ([offset, size]: readonly [number, number]): string =>
    decodeHost(new Uint8Array(data.buffer, data.byteOffset + offset, size));
  const host = at(ipi_spec_dst);
  return { host, destination: at(ipi_addr), interface: data.getInt32(ipi_ifindex[0], true) };
}

function decodePacketInfo6(data: DataView): PacketInfo {
  const { ipi6_addr, ipi6_ifindex } = IN6_PKTINFO.fields;
  const destination = decodeHost(new Uint8Array(data.buffer, data.byteOffset, ipi6_addr[1]));
  // A group is no address to answer from: `::` leaves the choice to the kernel.
  const host = data.getUint8(0) === MULTICAST_V6 ? '::' : destination;
  return { host, destination, interface: data.getUint32(ipi6_ifindex[0], true) };
}

function decodeCredentials(data: DataView): Credentials {
  const { pid, uid, gid } = UCRED.fields;
  return {
    pid: data.getInt32(pid[0], true),
    uid: data.getUint32(uid[0], true),
    gid: data.getUint32(gid[0], true),
  };
}

/** Seconds, and a fraction that is so many nanoseconds a unit: timespec and timeval. */
function decodeTime(data: DataView, unit: bigint): bigint {
  // Four bytes hold the fraction everywhere; in some systems it has no more.
  const fraction = BigInt(data.getUint32(TIMESPEC.fields.tv_nsec[0], true));
  return data.getBigInt64(0, true) * 1_000_000_000n + fraction * unit;
}

interface Entry {
  readonly level: number;
  readonly type: number;
  /** The least that the data must be, in bytes; less was cut short. */
  readonly size: number;
  readonly read: (found: Found, data: DataView) => void;
}

const { IPPROTO_IP, IPPROTO_IPV6 } = INET;
const { IP_PKTINFO, IPV6_PKTINFO } = IP;
const { IPV6_HOPLIMIT } = HOP_LIMIT;

const ENTRIES: readonly Entry[] = [
  entry(SOCKET.SOL_SOCKET, MESSAGE.SCM_RIGHTS, 0, (found, data) => {
    for (let at = 0; at + INT_SIZE <= data.byteLength; at += INT_SIZE) {
      found.descriptors.push(data.getInt32(at, true));
    }
  }),
  entry(SOCKET.SOL_SOCKET, MESSAGE.SCM_CREDENTIALS, UCRED.size, (found, data) => {
    found.credentials = decodeCredentials(data);
  }),
  entry(SOCKET.SOL_SOCKET, SO.SO_TIMESTAMPNS, TIMESPEC.size, (found, data) => {
    found.timestamp = decodeTime(data, 1n);
  }),
  entry(SOCKET.SOL_SOCKET, MESSAGE.SCM_TIMESTAMP, TIMEVAL.size, (found, data) => {
    found.timestamp = decodeTime(data, 1_000n);
  }),
  entry(IPPROTO_IP, IP_PKTINFO, IN_PKTINFO.size, (found, data) => {
    found.packetInfo = decodePacketInfo(data);
  }),
  entry(IPPROTO_IP, INET.IP_TOS, 1, (found, data) => setTos(found, data.getUint8(0))),
  entry(IPPROTO_IP, INET.IP_TTL, INT_SIZE, (found, data) => {
    found.ttl = data.getInt32(0, true);
  }),
  // The BSDs name them by the options that ask for them.
  entry(IPPROTO_IP, IP.IP_RECVTOS, 1, (found, data) => setTos(found, data.getUint8(0))),
  entry(IPPROTO_IP, IP.IP_RECVTTL, 1, (found, data) => {
    found.ttl = data.getUint8(0);
  }),
  entry(IPPROTO_IPV6, IPV6_PKTINFO, IN6_PKTINFO.size, (found, data) => {
    found.packetInfo = decodePacketInfo6(data);
  }),
  entry(IPPROTO_IPV6, INET.IPV6_TCLASS, INT_SIZE, (found, data) => {
    setTos(found, data.getInt32(0, true));
  }),
  entry(IPPROTO_IPV6, IPV6_HOPLIMIT, INT_SIZE, (found, data) => {
    found.ttl = data.getInt32(0, true);
  }),
  entry(IP.IPPROTO_UDP, UDP.UDP_GRO, INT_SIZE, (found, data) => {
    found.segmentSize = data.getInt32(0, true);
  }),
];

function entry(level: number, type: number, size: number, read: Entry['read']): Entry {
  return { level, type, size, read };
}

function setTos(found: Found, tos: number): void {
  found.tos = tos;
  found.ecn = tos & 3;
}

function readEntry(found: Found, level: number, type: number, data: DataView): void {
  const known = ENTRIES.find((one) => one.level === level && one.type === type);
  if (known === undefined) {
    const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    found.others.push({ level, type, data: copy });
  } else if (data.byteLength >= known.size) known.read(found, data);
}

/** Reads the first `length` bytes of control data that the kernel wrote. */
export function decodeControl(view: DataView, length: number): ControlData {
  const found: Found = {
    descriptors: [],
    credentials: null,
    packetInfo: null,
    timestamp: null,
    tos: null,
    ecn: null,
    ttl: null,
    segmentSize: null,
    others: [],
  };
  const { cmsg_len, cmsg_level, cmsg_type } = CMSGHDR.fields;
  for (let at = 0; at + CONTROL_HEADER <= length; ) {
    const size = view.getUint32(at + cmsg_len[0], true);
    if (size < CONTROL_HEADER) break;
    const dataSize = Math.min(size, length - at) - CONTROL_HEADER;
    const data = new DataView(view.buffer, view.byteOffset + at + CONTROL_HEADER, dataSize);
    const level = view.getInt32(at + cmsg_level[0], true);
    readEntry(found, level, view.getInt32(at + cmsg_type[0], true), data);
    at += controlSpace(size - CONTROL_HEADER);
  }
  return found;
}
