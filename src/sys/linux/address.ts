/**
 * Socket addresses of the families that only Linux has: <linux/vm_sockets.h>, <linux/netlink.h>,
 * <linux/if_packet.h>, <linux/can.h>.
 */
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import type { RawAddress } from '../address.ts';
import { FAMILY, SOCKADDR_CAN, SOCKADDR_LL, SOCKADDR_NL, SOCKADDR_VM } from './abi.ts';
import { interfaceIndex } from './interface.ts';

/** A virtual machine, or its host, and a port there: vsock(7). */
export interface VsockAddress {
  /**
   * The context identifier, 0 to 2^32-1: 1 is this machine (VMADDR_CID_LOCAL), 2 the host
   * (VMADDR_CID_HOST), 2^32-1 any of this machine's own (VMADDR_CID_ANY).
   */
  readonly cid: number;
  /** 0 to 2^32-1; 2^32-1 (VMADDR_PORT_ANY) asks the kernel for a free one. */
  readonly port: number;
}

/** A netlink socket: netlink(7). */
export interface NetlinkAddress {
  /** The socket's number, 0 to 2^32-1: 0 is the kernel, and in `bind` asks for a free one. */
  readonly portId: number;
  /** The first 32 multicast groups as bits. @default 0 */
  readonly groups?: number;
}

/** A device on the link layer: packet(7). */
export interface PacketAddress {
  /** The interface's index or name; 0 stands for every one. What the kernel answers is the index. */
  readonly link: number | string;
  /** The Ethernet protocol (ETH_P_IP is 0x0800), 0 to 65535. @default 0 */
  readonly protocol?: number;
  /** The hardware address, `02:fc:00:00:00:01`, at most 8 bytes. */
  readonly hardwareAddress?: string;
  /** Received packets only: for whom the packet was. */
  readonly packetType?: PacketType;
  /** Received packets only: the kind of device, ARPHRD_ETHER is 1. */
  readonly hardwareType?: number;
}

/** A CAN interface. */
export interface CanAddress {
  /** The interface's index or name; 0 stands for every one. What the kernel answers is the index. */
  readonly can: number | string;
  /** ISO-TP only: the identifier of frames that come. @default 0 */
  readonly rxId?: number;
  /** ISO-TP only: the identifier of frames that go. @default 0 */
  readonly txId?: number;
}

export type LinuxAddress = VsockAddress | NetlinkAddress | PacketAddress | CanAddress;

const PACKET_TYPES = ['host', 'broadcast', 'multicast', 'other-host', 'outgoing'] as const;

/** Whom a received packet was for: us, everybody, a group, somebody else; or it is one of ours. */
export type PacketType = (typeof PACKET_TYPES)[number] | number;

const UINT32_MAX = 2 ** 32 - 1;
const HARDWARE_ADDRESS_MAX = SOCKADDR_LL.fields.sll_addr[1];

/** Whether an address is of one of these families, by the property that it must have. */
export function isLinuxAddress(address: object): address is LinuxAddress {
  return 'cid' in address || 'portId' in address || 'link' in address || 'can' in address;
}

function start(size: number, family: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family, true);
  return { bytes, view };
}

function encodeVsock({ cid, port }: VsockAddress): RawAddress {
  const { bytes, view } = start(SOCKADDR_VM.size, FAMILY.AF_VSOCK);
  view.setUint32(SOCKADDR_VM.fields.svm_cid[0], asInteger(cid, 'cid', 0, UINT32_MAX), true);
  view.setUint32(SOCKADDR_VM.fields.svm_port[0], asInteger(port, 'port', 0, UINT32_MAX), true);
  return { bytes, size: bytes.length };
}

function encodeNetlink({ portId, groups = 0 }: NetlinkAddress): RawAddress {
  const { bytes, view } = start(SOCKADDR_NL.size, FAMILY.AF_NETLINK);
  const { nl_pid, nl_groups } = SOCKADDR_NL.fields;
  view.setUint32(nl_pid[0], asInteger(portId, 'portId', 0, UINT32_MAX), true);
  view.setUint32(nl_groups[0], asInteger(groups, 'groups', 0, UINT32_MAX), true);
  return { bytes, size: bytes.length };
}

/** The bytes of `02:fc:00:00:00:01`. Throws TypeError naming `what`. */
export function encodeHardwareAddress(text: unknown, what: string): Uint8Array {
  const isRight = typeof text === 'string' && /^[\da-f]{2}(:[\da-f]{2}){0,7}$/i.test(text);
  if (isRight) return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
  const form = `1 to ${HARDWARE_ADDRESS_MAX} bytes as 02:fc:00:00:00:01`;
  throw new TypeError(`${what} must be ${form}, got ${inspect(text)}`);
}

/** The text of a hardware address. */
export function decodeHardwareAddress(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function encodePacket({ link, protocol = 0, hardwareAddress }: PacketAddress): RawAddress {
  const { bytes, view } = start(SOCKADDR_LL.size, FAMILY.AF_PACKET);
  const { sll_protocol, sll_ifindex, sll_halen, sll_addr } = SOCKADDR_LL.fields;
  // In network order, unlike everything else in this structure.
  view.setUint16(sll_protocol[0], asInteger(protocol, 'protocol', 0, 65_535));
  view.setInt32(sll_ifindex[0], interfaceIndex(link, 'link'), true);
  if (hardwareAddress !== undefined) {
    const hardware = encodeHardwareAddress(hardwareAddress, 'hardwareAddress');
    bytes[sll_halen[0]] = hardware.length;
    bytes.set(hardware, sll_addr[0]);
  }
  return { bytes, size: bytes.length };
}

function encodeCan({ can, rxId = 0, txId = 0 }: CanAddress): RawAddress {
  const { bytes, view } = start(SOCKADDR_CAN.size, FAMILY.AF_CAN);
  const { fields } = SOCKADDR_CAN;
  view.setInt32(fields.can_ifindex[0], interfaceIndex(can, 'can'), true);
  const [rx] = fields['can_addr.tp.rx_id'];
  const [tx] = fields['can_addr.tp.tx_id'];
  view.setUint32(rx, asInteger(rxId, 'rxId', 0, UINT32_MAX), true);
  view.setUint32(tx, asInteger(txId, 'txId', 0, UINT32_MAX), true);
  return { bytes, size: bytes.length };
}

/** The kernel's form. Throws TypeError, RangeError, SystemError ENODEV for a missing interface. */
export function encodeLinuxAddress(address: LinuxAddress): RawAddress {
  if ('cid' in address) return encodeVsock(address);
  if ('portId' in address) return encodeNetlink(address);
  return 'link' in address ? encodePacket(address) : encodeCan(address);
}

function decodePacket(bytes: Uint8Array, view: DataView): PacketAddress {
  const { fields } = SOCKADDR_LL;
  const type = view.getUint8(fields.sll_pkttype[0]);
  const length = Math.min(view.getUint8(fields.sll_halen[0]), HARDWARE_ADDRESS_MAX);
  const [from] = fields.sll_addr;
  const hardware = decodeHardwareAddress(bytes.subarray(from, from + length));
  return {
    link: view.getInt32(fields.sll_ifindex[0], true),
    protocol: view.getUint16(fields.sll_protocol[0]),
    ...(length === 0 ? {} : { hardwareAddress: hardware }),
    packetType: PACKET_TYPES[type] ?? type,
    hardwareType: view.getUint16(fields.sll_hatype[0], true),
  };
}

function decodeCan(view: DataView, size: number): CanAddress {
  const { fields } = SOCKADDR_CAN;
  const can = view.getInt32(fields.can_ifindex[0], true);
  const [rx] = fields['can_addr.tp.rx_id'];
  const [tx] = fields['can_addr.tp.tx_id'];
  const rxId = size < tx ? 0 : view.getUint32(rx, true);
  const txId = size < tx + 4 ? 0 : view.getUint32(tx, true);
  return rxId === 0 && txId === 0 ? { can } : { can, rxId, txId };
}

/** An address of one of these families, or null when the kernel's answer is none of them. */
export function decodeLinuxAddress(
  bytes: Uint8Array,
  size: number,
  family: number,
): LinuxAddress | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (family === FAMILY.AF_VSOCK) {
    const { svm_cid, svm_port } = SOCKADDR_VM.fields;
    return { cid: view.getUint32(svm_cid[0], true), port: view.getUint32(svm_port[0], true) };
  }
  if (family === FAMILY.AF_NETLINK) {
    const { nl_pid, nl_groups } = SOCKADDR_NL.fields;
    return { portId: view.getUint32(nl_pid[0], true), groups: view.getUint32(nl_groups[0], true) };
  }
  if (family === FAMILY.AF_PACKET) return decodePacket(bytes, view);
  return family === FAMILY.AF_CAN ? decodeCan(view, size) : null;
}

/** An address of these families for people: `vsock 2:80`, `netlink 0`, `link 1 0x0800`, `can vcan0`. */
export function formatLinuxAddress(address: LinuxAddress): string {
  if ('cid' in address) return `vsock ${address.cid}:${address.port}`;
  if ('portId' in address) {
    const groups = address.groups ? ` groups 0x${address.groups.toString(16)}` : '';
    return `netlink ${address.portId}${groups}`;
  }
  if ('can' in address) return `can ${address.can}`;
  const { link, protocol = 0, hardwareAddress } = address;
  const hardware = hardwareAddress === undefined ? '' : ` ${hardwareAddress}`;
  return `link ${link} 0x${protocol.toString(16).padStart(4, '0')}${hardware}`;
}
