/** Control messages to send: cmsg(3). */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import {
  ABSENT,
  CMSGHDR,
  ERRNO,
  HOP_LIMIT,
  IN_PKTINFO,
  IN6_PKTINFO,
  INET,
  IP,
  MESSAGE,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKET,
} from '../sys/abi.ts';
import { absence } from '../sys/absence.ts';
import { encodeAddress } from '../sys/address.ts';
import { UCRED, UDP } from '../sys/linux/sockets/abi.ts';
import { CONTROL_HEADER } from '../sys/posix/message.ts';
import { type ControlMessage, controlSpace, type PacketInfo } from './control-messages.ts';
import type { Credentials } from './options/credentials.ts';

const INT_SIZE = 4;
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const UINT_MAX = 2 ** 32 - 1;
const { IPPROTO_IP, IPPROTO_IPV6 } = INET;
const { IP_PKTINFO, IPV6_PKTINFO } = IP;
const { IPV6_HOPLIMIT } = HOP_LIMIT;

/** Writes control messages one behind the other. */
export class ControlWriter {
  readonly #view: DataView;
  #size = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** What has been written so far, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Adds a message and answers where its data goes, zeroed. Throws RangeError when it is too much. */
  append(level: number, type: number, dataSize: number): DataView {
    if (level === ABSENT || type === ABSENT) {
      const hint = absence('a control message of this kind');
      throw new SystemError(ERRNO.ENOPROTOOPT, 'sendmsg', { hint });
    }
    const start = this.#size;
    const end = start + controlSpace(dataSize);
    if (end > this.#view.byteLength) {
      const room = this.#view.byteLength;
      throw new RangeError(`the control messages take ${end} bytes, there is room for ${room}`);
    }
    new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, end - start).fill(0);
    const { cmsg_len, cmsg_level, cmsg_type } = CMSGHDR.fields;
    this.#view.setUint32(start + cmsg_len[0], CONTROL_HEADER + dataSize, true);
    this.#view.setInt32(start + cmsg_level[0], level, true);
    this.#view.setInt32(start + cmsg_type[0], type, true);
    this.#size = end;
    return new DataView(
      this.#view.buffer,
      this.#view.byteOffset + start + CONTROL_HEADER,
      end - start - CONTROL_HEADER,
    );
  }

  /** Adds a message that is one integer. */
  appendInteger(level: number, type: number, value: number): void {
    this.append(level, type, INT_SIZE).setInt32(0, value, true);
  }

  appendDescriptors(fds: readonly number[]): void {
    const data = this.append(SOCKET.SOL_SOCKET, MESSAGE.SCM_RIGHTS, fds.length * INT_SIZE);
    for (const [index, fd] of fds.entries()) data.setInt32(index * INT_SIZE, fd, true);
  }

  appendCredentials({ pid, uid, gid }: Credentials): void {
    asInteger(pid, 'credentials.pid', 1, INT_MAX);
    asInteger(uid, 'credentials.uid', 0, UINT_MAX);
    asInteger(gid, 'credentials.gid', 0, UINT_MAX);
    const data = this.append(SOCKET.SOL_SOCKET, MESSAGE.SCM_CREDENTIALS, UCRED.size);
    data.setInt32(UCRED.fields.pid[0], pid, true);
    data.setUint32(UCRED.fields.uid[0], uid, true);
    data.setUint32(UCRED.fields.gid[0], gid, true);
  }

  /** Where a datagram leaves from: an address of this machine, an interface, or both. */
  appendPacketInfo(isV4: boolean, source: Partial<PacketInfo>): void {
    const { host, interface: index = 0 } = source;
    asInteger(index, 'packetInfo.interface', 0, INT_MAX);
    const bytes = host === undefined ? null : hostBytes(isV4, host);
    if (isV4) {
      const data = this.append(IPPROTO_IP, IP_PKTINFO, IN_PKTINFO.size);
      data.setInt32(IN_PKTINFO.fields.ipi_ifindex[0], index, true);
      copyInto(data, IN_PKTINFO.fields.ipi_spec_dst[0], bytes);
    } else {
      const data = this.append(IPPROTO_IPV6, IPV6_PKTINFO, IN6_PKTINFO.size);
      data.setUint32(IN6_PKTINFO.fields.ipi6_ifindex[0], index, true);
      copyInto(data, IN6_PKTINFO.fields.ipi6_addr[0], bytes);
    }
  }

  /** How a datagram travels: over IPv4, or over IPv6. */
  appendHeaderFields(isV4: boolean, tos: number | undefined, ttl: number | undefined): void {
    const level = isV4 ? IPPROTO_IP : IPPROTO_IPV6;
    if (tos !== undefined) {
      asInteger(tos, 'tos', 0, 255);
      this.appendInteger(level, isV4 ? INET.IP_TOS : INET.IPV6_TCLASS, tos);
    }
    if (ttl !== undefined) {
      asInteger(ttl, 'ttl', 1, 255);
      this.appendInteger(level, isV4 ? INET.IP_TTL : IPV6_HOPLIMIT, ttl);
    }
  }

  /** Asks the kernel to cut the bytes into datagrams of that size. */
  appendSegmentSize(size: number): void {
    const data = this.append(IP.IPPROTO_UDP, UDP.UDP_SEGMENT, 2);
    data.setUint16(0, asInteger(size, 'segmentSize', 1, 65_535), true);
  }

  /** Adds a control message as the kernel has it. */
  appendRaw({ level, type, data }: ControlMessage): void {
    if (!(data instanceof Uint8Array)) {
      throw new TypeError(`the data of a control message is a Uint8Array, got ${inspect(data)}`);
    }
    asInteger(level, 'level', INT_MIN, INT_MAX);
    asInteger(type, 'type', INT_MIN, INT_MAX);
    copyInto(this.append(level, type, data.length), 0, data);
  }
}

function hostBytes(isV4: boolean, host: string): Uint8Array {
  const { bytes } = encodeAddress({ host, port: 0 });
  if ((bytes.length === SOCKADDR_IN.size) !== isV4) {
    const wanted = isV4 ? 'an IPv4' : 'an IPv6';
    throw new TypeError(`packetInfo.host must be ${wanted} address, got ${inspect(host)}`);
  }
  const [start, size] = isV4 ? SOCKADDR_IN.fields.sin_addr : SOCKADDR_IN6.fields.sin6_addr;
  return bytes.subarray(start, start + size);
}

function copyInto(view: DataView, offset: number, bytes: Uint8Array | null): void {
  if (bytes === null) return;
  new Uint8Array(view.buffer, view.byteOffset + offset, bytes.length).set(bytes);
}
