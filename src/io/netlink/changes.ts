/**
 * Changes of the network as the kernel tells them to the groups of rtnetlink(7).
 *
 * Facts:
 * - One datagram may tell several changes.
 * - Who reads too slowly gets ENOBUFS once, in place of what was lost.
 * - A change tells what is now, not what it was before.
 */
import { inspect } from 'node:util';
import type { SystemError } from '../../errors.ts';
import { RTNETLINK } from '../../sys/linux/netlink/abi.ts';
import type { Received } from '../datagrams.ts';
import { Socket } from '../socket.ts';
import { decodeLink, type Link } from './link.ts';
import type { NetlinkMessage } from './message.ts';
import { BUFFER_SIZE, messagesOf } from './receive.ts';
import {
  decodeInterfaceAddress,
  decodeRoute,
  decodeRule,
  type InterfaceAddress,
  type Route,
  type RoutingRule,
} from './route.ts';

const GROUPS = {
  link: [RTNETLINK.RTNLGRP_LINK],
  address: [RTNETLINK.RTNLGRP_IPV4_IFADDR, RTNETLINK.RTNLGRP_IPV6_IFADDR],
  route: [RTNETLINK.RTNLGRP_IPV4_ROUTE, RTNETLINK.RTNLGRP_IPV6_ROUTE],
  rule: [RTNETLINK.RTNLGRP_IPV4_RULE, RTNETLINK.RTNLGRP_IPV6_RULE],
} as const;

/** What can be followed. */
export type NetlinkSubject = keyof typeof GROUPS;

/**
 * What changed: `new` is also said of what was there and is different now. `overflow`: changes were
 * lost because they were not read in time; ask for the lists again.
 */
export type NetlinkChange =
  | { readonly subject: 'link'; readonly action: 'new' | 'delete'; readonly link: Link }
  | {
      readonly subject: 'address';
      readonly action: 'new' | 'delete';
      readonly address: InterfaceAddress;
    }
  | { readonly subject: 'route'; readonly action: 'new' | 'delete'; readonly route: Route }
  | { readonly subject: 'rule'; readonly action: 'new' | 'delete'; readonly rule: RoutingRule }
  | { readonly subject: 'overflow' };

function decodeChange({ type, body }: NetlinkMessage): NetlinkChange | null {
  switch (type) {
    case RTNETLINK.RTM_NEWLINK:
      return { subject: 'link', action: 'new', link: decodeLink(body) };
    case RTNETLINK.RTM_DELLINK:
      return { subject: 'link', action: 'delete', link: decodeLink(body) };
    case RTNETLINK.RTM_NEWADDR:
      return { subject: 'address', action: 'new', address: decodeInterfaceAddress(body) };
    case RTNETLINK.RTM_DELADDR:
      return { subject: 'address', action: 'delete', address: decodeInterfaceAddress(body) };
    case RTNETLINK.RTM_NEWROUTE:
      return { subject: 'route', action: 'new', route: decodeRoute(body) };
    case RTNETLINK.RTM_DELROUTE:
      return { subject: 'route', action: 'delete', route: decodeRoute(body) };
    case RTNETLINK.RTM_NEWRULE:
      return { subject: 'rule', action: 'new', rule: decodeRule(body) };
    case RTNETLINK.RTM_DELRULE:
      return { subject: 'rule', action: 'delete', rule: decodeRule(body) };
    default:
      return null;
  }
}

/**
 * The changes of the network as they happen: rtnetlink(7). Readable in a selector when one has come;
 * one read may bring several, so take them with `tryNext` until it answers null.
 */
export class NetlinkChanges {
  readonly #socket: Socket;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #queue: NetlinkChange[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Follows the subjects that are named. Throws TypeError, SystemError. */
  static follow(...subjects: NetlinkSubject[]): NetlinkChanges {
    const groups = subjects.flatMap((subject) => {
      if (Object.hasOwn(GROUPS, subject)) return [...GROUPS[subject]];
      const allowed = Object.keys(GROUPS).join(', ');
      throw new TypeError(`a subject is one of ${allowed}; got ${inspect(subject)}`);
    });
    if (groups.length === 0) throw new TypeError('follow needs at least one subject');
    const socket = Socket.open('netlink', 'raw', { protocol: 'route' });
    try {
      socket.bind({ portId: 0 });
      for (const group of groups) socket.setOption('NETLINK_ADD_MEMBERSHIP', group);
      return new NetlinkChanges(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** The descriptor's number, or -1 once it is closed. */
  get fd(): number {
    return this.#socket.fd;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** As of every descriptor: null waits for ever, 0 not at all. */
  setTimeout(timeoutMs: number | null): void {
    this.#socket.setTimeout(timeoutMs);
  }

  /** `true` waits for ever, the same as `setTimeout(null)`; `false` never, as `setTimeout(0)`. */
  setBlocking(on: boolean): void {
    this.#socket.setBlocking(on);
  }

  /** Waits for the next change. Throws SystemError (ETIMEDOUT, EAGAIN) as the timeout says. */
  next(): NetlinkChange {
    for (;;) {
      const change = this.#queue.shift() ?? this.#read(() => this.#socket.recvFrom(this.#buffer));
      if (change !== null) return change;
    }
  }

  /** The next change if one is there, else null. */
  tryNext(): NetlinkChange | null {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    let isEmpty = false;
    for (;;) {
      const change = this.#read(() => {
        const received = this.#socket.tryRecvFrom(this.#buffer);
        isEmpty = received === null;
        return received;
      });
      if (change !== null || isEmpty) return change;
    }
  }

  /** Stops following; closing it again does nothing. */
  close(): void {
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `NetlinkChanges{${inspect(this.#socket)}}`;
  }

  #read(receiveOne: () => Received | null): NetlinkChange | null {
    try {
      const received = receiveOne();
      if (received === null) return null;
      const changes = messagesOf(received, this.#buffer).map(decodeChange);
      this.#queue = changes.filter((change) => change !== null);
      return this.#queue.shift() ?? null;
    } catch (error) {
      if ((error as SystemError).code === 'ENOBUFS') return { subject: 'overflow' };
      throw error;
    }
  }
}
