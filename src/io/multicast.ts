/**
 * Groups of receivers: joining, leaving, and choosing the senders.
 *
 * Facts:
 * - IPv4 has options of its own for each of these steps (IP_ADD_MEMBERSHIP and so on) which name
 *   the interface by an address; the protocol-independent ones of RFC 3678 (MCAST_JOIN_GROUP) take
 *   its index and work for both families.
 * - A socket is a member through either all senders except some, or none except some. Joining a
 *   source is the second form; blocking one needs the first. Mixing them is EINVAL, leaving a group
 *   or a source that was never joined is EADDRNOTAVAIL.
 * - Without an interface the routing table chooses one, which fails with ENODEV where it has no
 *   route for the group.
 * - A TCP socket may join a group, from which it never receives anything.
 * - A Linux socket receives what any socket of the machine joined on its port unless
 *   IP_MULTICAST_ALL is off.
 */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ABSENT, ERRNO, GROUP_REQ, GROUP_SOURCE_REQ, INET, IP } from '../sys/abi.ts';
import { absence } from '../sys/absence.ts';
import { encodeAddress } from '../sys/address.ts';
import { interfaceIndex } from '../sys/linux/interface.ts';
import { setsockopt } from '../sys/socket.ts';
import type { SocketOption, SocketOptionInput } from './socket-options.ts';

/** Which interface a step is about. */
export interface MulticastOptions {
  /** The interface's index or name. @default 0, the kernel's choice by its routes */
  readonly interface?: number | string;
}

/** What joining and leaving take besides the group. */
export interface MembershipOptions extends MulticastOptions {
  /** Receive from this sender only; several joins admit several senders. */
  readonly source?: string;
}

/** The socket behind it, as far as groups need it. */
export interface MulticastSocket {
  readonly fd: number;
  readonly family: string;
  readonly type: string;
  setOption<Name extends SocketOption>(name: Name, value: SocketOptionInput<Name>): void;
}

const TTL_MAX = 255;

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EADDRINUSE]: 'the group was joined on that interface before',
  [ERRNO.EADDRNOTAVAIL]: 'the group or the source was not joined on that interface',
  [ERRNO.ENODEV]: 'no interface has a route for the group: name one',
  [ERRNO.EINVAL]: 'not a multicast group, or a group joined as a whole has no sources to join',
};

/**
 * The multicast side of an ipv4 or ipv6 socket of datagrams or raw packets: `socket.multicast`.
 *
 * @see ip(7), ipv6(7)
 */
export class Multicast {
  readonly #socket: MulticastSocket;
  readonly #level: number;

  /** Throws TypeError for a socket of another family, or of a stream. */
  constructor(socket: MulticastSocket) {
    const { family, type } = socket;
    if (family !== 'ipv4' && family !== 'ipv6') {
      throw new TypeError(`multicast is of ipv4 and ipv6 sockets; this one is ${family}`);
    }
    if (type === 'stream') {
      throw new TypeError('multicast is of datagrams; nothing sent to a group reaches a stream');
    }
    this.#socket = socket;
    this.#level = family === 'ipv4' ? INET.IPPROTO_IP : INET.IPPROTO_IPV6;
  }

  /**
   * Receives what is sent to `group`, from everybody or from one source. Throws SystemError
   * (EADDRINUSE, ENODEV, EINVAL, ENOBUFS at the limit net.ipv4.igmp_max_memberships).
   */
  join(group: string, { source, interface: device = 0 }: MembershipOptions = {}): void {
    if (source === undefined) this.#changeGroup('join', IP.MCAST_JOIN_GROUP, group, device);
    else this.#changeSource('join', IP.MCAST_JOIN_SOURCE_GROUP, group, source, device);
  }

  /** Ends a `join` with the same arguments. Throws SystemError (EADDRNOTAVAIL). */
  leave(group: string, { source, interface: device = 0 }: MembershipOptions = {}): void {
    if (source === undefined) this.#changeGroup('leave', IP.MCAST_LEAVE_GROUP, group, device);
    else this.#changeSource('leave', IP.MCAST_LEAVE_SOURCE_GROUP, group, source, device);
  }

  /** Keeps one sender out of a group that was joined as a whole. */
  block(group: string, source: string, { interface: device = 0 }: MulticastOptions = {}): void {
    this.#changeSource('block', IP.MCAST_BLOCK_SOURCE, group, source, device);
  }

  /** Lets a sender in again that `block` kept out. */
  unblock(group: string, source: string, { interface: device = 0 }: MulticastOptions = {}): void {
    this.#changeSource('unblock', IP.MCAST_UNBLOCK_SOURCE, group, source, device);
  }

  /** The interface, by index or name, that what is sent to groups leaves by. */
  setInterface(device: number | string): void {
    if (this.#isIpv4) this.#socket.setOption('IP_MULTICAST_IF', { interface: device });
    else this.#socket.setOption('IPV6_MULTICAST_IF', device);
  }

  /**
   * Whether members on this machine receive what it sends. On by default; on the sender for IPv4
   * and IPv6 alike.
   */
  setLoop(on: boolean): void {
    this.#socket.setOption(this.#isIpv4 ? 'IP_MULTICAST_LOOP' : 'IPV6_MULTICAST_LOOP', on);
  }

  /** How many routers what is sent may pass, 0 to 255: 0 stays here, 1 (the default) on the link. */
  setTtl(hops: number): void {
    asInteger(hops, 'hops', 0, TTL_MAX);
    this.#socket.setOption(this.#isIpv4 ? 'IP_MULTICAST_TTL' : 'IPV6_MULTICAST_HOPS', hops);
  }

  [inspect.custom](): string {
    return `Multicast{fd ${this.#socket.fd} ${this.#socket.family}}`;
  }

  get #isIpv4(): boolean {
    return this.#level === INET.IPPROTO_IP;
  }

  #encode(host: string, what: string): Uint8Array {
    const { family } = this.#socket;
    const isText = typeof host === 'string';
    if (!isText || host.includes(':') !== (family === 'ipv6')) {
      const wanted = family === 'ipv6' ? 'IPv6' : 'IPv4';
      throw new TypeError(`${what} must be a numeric ${wanted} address, got ${inspect(host)}`);
    }
    return encodeAddress({ host, port: 0 }).bytes;
  }

  #changeGroup(step: string, option: number, group: string, device: number | string): void {
    const { gr_interface, gr_group } = GROUP_REQ.fields;
    const bytes = new Uint8Array(GROUP_REQ.size);
    new DataView(bytes.buffer).setUint32(gr_interface[0], interfaceIndex(device), true);
    bytes.set(this.#encode(group, 'group'), gr_group[0]);
    this.#set(step, option, bytes, group);
  }

  #changeSource(
    step: string,
    option: number,
    group: string,
    source: string,
    device: number | string,
  ): void {
    const { gsr_interface, gsr_group, gsr_source } = GROUP_SOURCE_REQ.fields;
    const bytes = new Uint8Array(GROUP_SOURCE_REQ.size);
    new DataView(bytes.buffer).setUint32(gsr_interface[0], interfaceIndex(device), true);
    bytes.set(this.#encode(group, 'group'), gsr_group[0]);
    bytes.set(this.#encode(source, 'source'), gsr_source[0]);
    this.#set(step, option, bytes, group);
  }

  #set(step: string, option: number, bytes: Uint8Array, group: string): void {
    if (option === ABSENT) {
      const hint = absence(`multicast.${step}`);
      throw new SystemError(ERRNO.ENOPROTOOPT, 'setsockopt', { address: group, hint });
    }
    const result = setsockopt(this.#socket.fd, this.#level, option, bytes, bytes.length);
    if (result >= 0) return;
    const reason = HINTS[-result];
    const hint = `multicast.${step}${reason === undefined ? '' : `: ${reason}`}`;
    throw new SystemError(result, 'setsockopt', { address: group, hint });
  }
}
