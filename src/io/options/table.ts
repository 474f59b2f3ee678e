import { CAN_LEVEL } from './can.ts';
import { IP_LEVEL } from './ip.ts';
import { IPV6_LEVEL } from './ipv6.ts';
import { NETLINK_LEVEL } from './netlink.ts';
import { PACKET_LEVEL } from './packet.ts';
import { SOCKET_LEVEL } from './socket.ts';
import { TCP_LEVEL, UDP_LEVEL } from './transport.ts';
import { VSOCK_LEVEL } from './vsock.ts';

/** Every option that has a name here. */
export const SOCKET_OPTIONS = {
  ...SOCKET_LEVEL,
  ...IP_LEVEL,
  ...IPV6_LEVEL,
  ...TCP_LEVEL,
  ...UDP_LEVEL,
  ...PACKET_LEVEL,
  ...NETLINK_LEVEL,
  ...VSOCK_LEVEL,
  ...CAN_LEVEL,
} as const;

/** Names that manual pages have and that set nothing, with what to do instead. */
export const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  SO_BSDCOMPAT: 'the kernel accepts it and does nothing: leave it out',
  IP_RECVDSTADDR: 'Linux has IP_PKTINFO in its place',
  IP_RECVIF: 'Linux has IP_PKTINFO in its place',
  IPV6_AUTHHDR: 'Linux does not implement it',
  IPV6_HOPLIMIT: 'it is a control message; IPV6_RECVHOPLIMIT asks for it',
};
