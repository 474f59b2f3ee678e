/**
 * The kernel's own lists of interfaces, addresses, routes and rules: netlink(7), rtnetlink(7).
 *
 * Facts:
 * - A list comes as a dump: many messages in many datagrams, ended by NLMSG_DONE. When the list
 *   changed meanwhile, the messages carry NLM_F_DUMP_INTR and the list is a mixture: it is asked
 *   for again.
 * - A datagram is as large as the kernel likes, up to 32 KiB; a buffer that is too small loses the
 *   rest.
 * - Anybody on the machine may send to a netlink socket; only port 0 is the kernel.
 */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO } from '../sys/abi.ts';
import {
  IF_LINK,
  IFF,
  IFINFOMSG,
  NETLINK,
  RTMSG,
  RTNETLINK,
  VETH,
} from '../sys/linux/netlink/abi.ts';
import { decodeLink, type Link } from './netlink/link.ts';
import {
  attribute,
  decodeVerdict,
  encodeMessage,
  type NetlinkMessage,
  nestedAttribute,
  textAttribute,
  view,
  wordAttribute,
} from './netlink/message.ts';
import { BUFFER_SIZE, messagesOf } from './netlink/receive.ts';
import {
  decodeInterfaceAddress,
  decodeRoute,
  decodeRule,
  type InterfaceAddress,
  type Route,
  type RoutingRule,
} from './netlink/route.ts';
import { Socket } from './socket.ts';

const DUMP_TRIES_MAX = 16;
const SEQUENCE_MAX = 2 ** 31 - 1;
const NAME_MAX = IFF.IFNAMSIZ - 1;
const UINT16_MAX = 65_535;

/** Options of `Netlink.open`. */
export interface NetlinkOptions {
  /** How long an answer may take, in milliseconds (0 to 2^31-1). @default 10000 */
  readonly timeoutMs?: number;
}

/** What `createLink` makes. */
export interface NewLink {
  /** At most 15 bytes. */
  readonly name: string;
  /** `veth`, `dummy`, `bridge`, `vcan`: what the kernel knows. */
  readonly kind: string;
  /** The name of the other end, of a `veth`. */
  readonly peer?: string;
}

/** A request by its numbers. */
export interface NetlinkRequest {
  /** RTM_GETLINK and so on, 0 to 65535. */
  readonly type: number;
  /** NLM_F_CREATE and so on, besides NLM_F_REQUEST and NLM_F_ACK. @default 0 */
  readonly flags?: number;
  /** The structure and the attributes. */
  readonly body: Uint8Array;
}

function checkName(name: unknown, what: string): string {
  const isText = typeof name === 'string';
  const bytes = isText ? Buffer.byteLength(name) : 0;
  if (isText && bytes > 0 && bytes <= NAME_MAX && !name.includes('\0')) return name;
  const rule = `1 to ${NAME_MAX} bytes, none of them zero`;
  throw new RangeError(`${what} must be text of ${rule}, got ${inspect(name)}`);
}

function encodeLink(index: number, flags = 0, change = 0): Uint8Array {
  const { ifi_index, ifi_flags, ifi_change } = IFINFOMSG.fields;
  const bytes = new Uint8Array(IFINFOMSG.size);
  view(bytes).setInt32(ifi_index[0], index, true);
  view(bytes).setUint32(ifi_flags[0], flags, true);
  view(bytes).setUint32(ifi_change[0], change, true);
  return bytes;
}

/** A conversation with the kernel about the network: netlink of the family `route`. */
export class Netlink {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #sequence = 0;

  /** Over a socket that answers as the kernel does; `open` makes one to the kernel. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Throws SystemError, EPROTONOSUPPORT where the kernel has no such netlink. */
  static open({ timeoutMs = 10_000 }: NetlinkOptions = {}): Netlink {
    const socket = Socket.open('netlink', 'raw', { protocol: 'route' });
    try {
      socket.setTimeout(timeoutMs);
      socket.bind({ portId: 0 });
      socket.setOption('NETLINK_EXT_ACK', true);
      socket.setOption('NETLINK_CAP_ACK', true);
      return new Netlink(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#socket.fd;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** Every network interface. */
  links(): Link[] {
    const wish = wordAttribute(IF_LINK.IFLA_EXT_MASK, RTNETLINK.RTEXT_FILTER_SKIP_STATS);
    const body = Buffer.concat([encodeLink(0), wish]);
    return this.#list(RTNETLINK.RTM_GETLINK, RTNETLINK.RTM_NEWLINK, body).map(decodeLink);
  }

  /** Every address of every interface. */
  addresses(): InterfaceAddress[] {
    const body = new Uint8Array(IFINFOMSG.size);
    const bodies = this.#list(RTNETLINK.RTM_GETADDR, RTNETLINK.RTM_NEWADDR, body);
    return bodies.map(decodeInterfaceAddress);
  }

  /** Every route of every table. */
  routes(): Route[] {
    const body = new Uint8Array(RTMSG.size);
    return this.#list(RTNETLINK.RTM_GETROUTE, RTNETLINK.RTM_NEWROUTE, body).map(decodeRoute);
  }

  /** Every rule of the routing policy. */
  rules(): RoutingRule[] {
    const body = new Uint8Array(RTMSG.size);
    return this.#list(RTNETLINK.RTM_GETRULE, RTNETLINK.RTM_NEWRULE, body).map(decodeRule);
  }

  /**
   * Makes an interface. Throws SystemError with the kernel's own words: EPERM, EEXIST, EOPNOTSUPP
   * for a kind that it does not know.
   */
  createLink({ name, kind, peer }: NewLink): void {
    const parts = [textAttribute(IF_LINK.IFLA_INFO_KIND, checkName(kind, 'kind'))];
    if (peer !== undefined) {
      const other = textAttribute(IF_LINK.IFLA_IFNAME, checkName(peer, 'peer'));
      const info = attribute(VETH.VETH_INFO_PEER, Buffer.concat([encodeLink(0), other]));
      parts.push(nestedAttribute(IF_LINK.IFLA_INFO_DATA, info));
    }
    const own = textAttribute(IF_LINK.IFLA_IFNAME, checkName(name, 'name'));
    const linkInfo = nestedAttribute(IF_LINK.IFLA_LINKINFO, ...parts);
    const body = Buffer.concat([encodeLink(0), own, linkInfo]);
    const flags = NETLINK.NLM_F_CREATE | NETLINK.NLM_F_EXCL;
    this.request({ type: RTNETLINK.RTM_NEWLINK, flags, body });
  }

  /** Switches an interface on or off, by its index. Throws SystemError (EPERM, ENODEV). */
  setLinkUp(index: number, on: boolean): void {
    asInteger(index, 'index', 1, SEQUENCE_MAX);
    const body = encodeLink(index, on ? IFF.IFF_UP : 0, IFF.IFF_UP);
    this.request({ type: RTNETLINK.RTM_NEWLINK, body });
  }

  /** Removes an interface, by its index. Throws SystemError (EPERM, ENODEV, EOPNOTSUPP). */
  deleteLink(index: number): void {
    asInteger(index, 'index', 1, SEQUENCE_MAX);
    this.request({ type: RTNETLINK.RTM_DELLINK, body: encodeLink(index) });
  }

  /**
   * Sends any request and waits until the kernel has done it: the messages that it answered before
   * it said so. Throws SystemError `netlink` with the kernel's reason.
   */
  request({ type, flags = 0, body }: NetlinkRequest): NetlinkMessage[] {
    asInteger(flags, 'flags', 0, UINT16_MAX);
    return this.#exchange(type, flags | NETLINK.NLM_F_ACK, body).messages;
  }

  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `Netlink{${inspect(this.#socket)}}`;
  }

  #list(type: number, answer: number, body: Uint8Array): Uint8Array[] {
    for (let tries = 0; tries < DUMP_TRIES_MAX; tries++) {
      const { messages, isMixed } = this.#exchange(type, NETLINK.NLM_F_DUMP, body);
      if (isMixed) continue;
      return messages.filter((message) => message.type === answer).map((message) => message.body);
    }
    const hint = `the list changed while it was read, ${DUMP_TRIES_MAX} times in a row; try again`;
    throw new SystemError(ERRNO.EAGAIN, 'netlink', { hint });
  }

  #exchange(
    type: number,
    flags: number,
    body: Uint8Array,
  ): { messages: NetlinkMessage[]; isMixed: boolean } {
    asInteger(type, 'type', 0, UINT16_MAX);
    const sequence = this.#sequence === SEQUENCE_MAX ? 1 : this.#sequence + 1;
    this.#sequence = sequence;
    const header = { type, flags: flags | NETLINK.NLM_F_REQUEST, sequence };
    this.#socket.send(encodeMessage(header, body));
    const messages: NetlinkMessage[] = [];
    let isMixed = false;
    for (;;) {
      for (const message of messagesOf(this.#socket.recvFrom(this.#buffer), this.#buffer)) {
        // An answer to an earlier request that ended with an error.
        if (message.sequence !== sequence) continue;
        if ((message.flags & NETLINK.NLM_F_DUMP_INTR) !== 0) isMixed = true;
        const isEnd = message.type === NETLINK.NLMSG_ERROR || message.type === NETLINK.NLMSG_DONE;
        if (!isEnd) {
          messages.push(message);
          continue;
        }
        const { result, reason } = decodeVerdict(message);
        if (result < 0) throw new SystemError(result, 'netlink', { hint: reason ?? undefined });
        return { messages, isMixed };
      }
    }
  }
}
