/** For every option a value to set and what reading it gives, or the error that the kernel has. */
import type {
  SocketFamily,
  SocketOption,
  SocketOptionInput,
  SocketOptionValue,
  SocketType,
} from '../../src/io.ts';

/** The socket that a case is tried on. */
export type Opening = readonly [family: SocketFamily, type: SocketType, protocol?: string];

export interface Case<Name extends SocketOption> {
  /** @default the level's usual socket, see `usualOpening` */
  readonly on?: Opening;
  /** Set first, for options that need another one. */
  readonly after?: readonly [name: SocketOption, value: unknown];
  readonly set?: SocketOptionInput<Name>;
  /** What reading gives; without it the value that was set. */
  readonly reads?: SocketOptionValue<Name> | ((value: SocketOptionValue<Name>) => boolean);
  /** The kernel's error for setting it here. */
  readonly setFails?: string;
  /** The kernel's error for reading it here. */
  readonly readFails?: string;
  /** Setting it without privileges is EPERM, or that. */
  readonly privileged?: true | 'EACCES';
}

const on = { set: true } as const;
const UDP: Opening = ['ipv4', 'datagram'];
const UDP6: Opening = ['ipv6', 'datagram'];
const DATAGRAM: Opening = ['unix', 'datagram'];
const GROUP = { group: '239.255.3.2', interface: 'lo' };
const SOURCE = { group: '239.255.3.2', source: '127.0.0.1', address: '127.0.0.1' };
const GROUP6 = { group: 'ff02::3:2', interface: 'lo' };
const NOTHING_DONE = Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0);
const RING = { blockSize: 4_096, blockCount: 2, frameSize: 2_048, frameCount: 4 };
const ACCEPT_ALL = [[0x06, 0, 0, 0xffff]] as const;
const isSame = (bytes: Uint8Array) => Buffer.compare(bytes, NOTHING_DONE) === 0;

export function usualOpening(name: SocketOption): Opening {
  if (name.startsWith('SO_VM_')) return ['vsock', 'stream'];
  if (name.startsWith('UDP_')) return UDP;
  if (name.startsWith('IP_')) return UDP;
  if (name.startsWith('IPV6_')) return UDP6;
  if (name.startsWith('PACKET_')) return ['packet', 'raw', 'all'];
  if (name.startsWith('CAN_')) return ['can', 'raw'];
  if (name.startsWith('NETLINK_')) return ['netlink', 'raw', 'route'];
  return name.startsWith('ICMP_') ? ['ipv4', 'raw', 'icmp'] : ['ipv4', 'stream'];
}

export const CASES: { readonly [Name in SocketOption]: Case<Name> } = {
  SO_ACCEPTCONN: { reads: false },
  SO_ATTACH_BPF: { set: 0, setFails: 'EINVAL' },
  SO_ATTACH_FILTER: { set: ACCEPT_ALL, privileged: true },
  SO_ATTACH_REUSEPORT_CBPF: {
    after: ['SO_REUSEPORT', true],
    on: UDP,
    set: ACCEPT_ALL,
    privileged: true,
  },
  SO_ATTACH_REUSEPORT_EBPF: { set: 0, setFails: 'EINVAL' },
  SO_BINDTODEVICE: { set: 'lo' },
  SO_BPF_EXTENSIONS: { reads: (value) => value >= 64 },
  SO_BROADCAST: on,
  SO_BUF_LOCK: { set: 3 },
  SO_BUSY_POLL: { set: 50, privileged: true },
  SO_BUSY_POLL_BUDGET: { set: 8, privileged: true },
  SO_COOKIE: { reads: (value) => value > 0n },
  SO_DEBUG: { ...on, privileged: 'EACCES' },
  SO_DETACH_BPF: { set: true, setFails: 'ENOENT' },
  SO_DETACH_FILTER: { after: ['SO_ATTACH_FILTER', ACCEPT_ALL], set: true },
  SO_DETACH_REUSEPORT_BPF: { set: true, setFails: 'EINVAL' },
  SO_DOMAIN: { reads: 2 },
  SO_DONTROUTE: on,
  SO_ERROR: { reads: 0 },
  SO_INCOMING_CPU: { set: 0 },
  SO_INCOMING_NAPI_ID: { reads: 0 },
  SO_KEEPALIVE: on,
  SO_LINGER: { set: { on: true, seconds: 5 } },
  SO_LOCK_FILTER: on,
  SO_MARK: { set: 2 ** 32 - 1, privileged: true },
  SO_MAX_PACING_RATE: { set: 2 ** 40 },
  SO_MEMINFO: { reads: (value) => value.length >= 9 },
  SO_NOFCS: on,
  SO_OOBINLINE: on,
  SO_PASSCRED: { on: DATAGRAM, set: true },
  SO_PASSSEC: { on: DATAGRAM, set: true },
  SO_PEEK_OFF: { on: DATAGRAM, set: 3 },
  SO_PEERCRED: { on: DATAGRAM, reads: { pid: 0, uid: 2 ** 32 - 1, gid: 2 ** 32 - 1 } },
  SO_PEERGROUPS: { on: DATAGRAM, readFails: 'ENODATA' },
  SO_PEERSEC: { readFails: 'ENOPROTOOPT' },
  SO_PREFER_BUSY_POLL: { ...on, privileged: true },
  SO_PRIORITY: { set: 5 },
  SO_PROTOCOL: { reads: 6 },
  SO_RCVBUF: { set: 20_000, reads: 40_000 },
  SO_RCVBUFFORCE: { set: 20_000, privileged: true },
  SO_RCVLOWAT: { set: 3 },
  SO_RCVTIMEO: { set: 2_000 },
  SO_REUSEADDR: on,
  SO_REUSEPORT: on,
  SO_RXQ_OVFL: on,
  SO_SELECT_ERR_QUEUE: on,
  SO_SNDBUF: { set: 20_000, reads: 40_000 },
  SO_SNDBUFFORCE: { set: 20_000, privileged: true },
  SO_SNDLOWAT: { set: 3, setFails: 'ENOPROTOOPT', reads: 1 },
  SO_SNDTIMEO: { set: 1_000.5, reads: (value) => value >= 1_000.5 && value <= 1_020 },
  SO_TIMESTAMP: on,
  SO_TIMESTAMPING: { set: 8 },
  SO_TIMESTAMPNS: on,
  SO_TYPE: { reads: 1 },
  SO_ZEROCOPY: on,

  IP_ADD_MEMBERSHIP: { set: GROUP },
  IP_ADD_SOURCE_MEMBERSHIP: { set: SOURCE },
  IP_BIND_ADDRESS_NO_PORT: on,
  IP_BLOCK_SOURCE: {
    after: ['IP_ADD_MEMBERSHIP', { group: SOURCE.group, address: '127.0.0.1' }],
    set: SOURCE,
  },
  IP_CHECKSUM: on,
  IP_DROP_MEMBERSHIP: { after: ['IP_ADD_MEMBERSHIP', GROUP], set: GROUP },
  IP_DROP_SOURCE_MEMBERSHIP: { after: ['IP_ADD_SOURCE_MEMBERSHIP', SOURCE], set: SOURCE },
  IP_FREEBIND: on,
  IP_HDRINCL: { on: ['ipv4', 'raw', 'udp'], set: true },
  IP_MINTTL: { set: 200 },
  IP_MSFILTER: {
    after: ['IP_ADD_MEMBERSHIP', { group: SOURCE.group, address: '127.0.0.1' }],
    set: {
      group: SOURCE.group,
      address: '127.0.0.1',
      mode: 'exclude',
      sources: ['127.0.0.2', '127.0.0.3'],
    },
  },
  IP_MTU: { readFails: 'ENOTCONN' },
  IP_MTU_DISCOVER: { set: 2 },
  IP_MULTICAST_ALL: { set: false },
  IP_MULTICAST_IF: { set: { address: '127.0.0.1' } },
  IP_MULTICAST_LOOP: { set: false },
  IP_MULTICAST_TTL: { set: 7 },
  IP_NODEFRAG: { on: ['ipv4', 'raw', 'udp'], set: true },
  IP_OPTIONS: {
    set: Uint8Array.of(1, 1, 1, 0),
    reads: (value) => Buffer.compare(value, Uint8Array.of(1, 1, 1, 0)) === 0,
  },
  IP_ORIGDSTADDR: on,
  IP_PASSSEC: on,
  IP_PKTINFO: on,
  IP_RECVERR: on,
  IP_RECVFRAGSIZE: on,
  IP_RECVOPTS: on,
  IP_RECVORIGDSTADDR: on,
  IP_RECVTOS: on,
  IP_RECVTTL: on,
  IP_RETOPTS: on,
  IP_ROUTER_ALERT: { on: ['ipv4', 'raw', 'udp'], set: true },
  IP_TOS: { set: 0x10 },
  IP_TRANSPARENT: { ...on, privileged: true },
  IP_TTL: { set: 7 },
  IP_UNBLOCK_SOURCE: { set: SOURCE, setFails: 'EINVAL' },
  IP_UNICAST_IF: { set: 'lo', reads: 1 },
  ICMP_FILTER: { set: 2 ** 31 + 1 },

  IPV6_ADDRFORM: { set: 2, setFails: 'ENOTCONN', readFails: 'ENOTCONN' },
  IPV6_ADDR_PREFERENCES: { set: 1, reads: (value) => (value & 1) === 1 },
  IPV6_ADD_MEMBERSHIP: { set: GROUP6 },
  IPV6_AUTOFLOWLABEL: on,
  IPV6_CHECKSUM: { on: ['ipv6', 'raw', 'udp'], set: 6 },
  IPV6_DONTFRAG: on,
  IPV6_DROP_MEMBERSHIP: { after: ['IPV6_ADD_MEMBERSHIP', GROUP6], set: GROUP6 },
  IPV6_DSTOPTS: { set: NOTHING_DONE, reads: isSame, privileged: true },
  IPV6_FLOWINFO: on,
  IPV6_FREEBIND: on,
  IPV6_HDRINCL: { on: ['ipv6', 'raw', 'udp'], set: true },
  IPV6_HOPOPTS: { set: NOTHING_DONE, reads: isSame, privileged: true },
  IPV6_JOIN_ANYCAST: {
    set: { group: '::1', interface: 'lo' },
    setFails: 'EINVAL',
    privileged: true,
  },
  IPV6_LEAVE_ANYCAST: { set: { group: '::1', interface: 'lo' }, setFails: 'ENOENT' },
  IPV6_MINHOPCOUNT: { set: 9 },
  IPV6_MTU: { set: 1_400, readFails: 'ENOTCONN' },
  IPV6_MTU_DISCOVER: { set: 2 },
  IPV6_MULTICAST_ALL: { set: false },
  IPV6_MULTICAST_HOPS: { set: 7 },
  IPV6_MULTICAST_IF: { set: 'lo', reads: 1 },
  IPV6_MULTICAST_LOOP: { set: false },
  IPV6_PKTINFO: { set: { address: '::1', interface: 'lo' } },
  IPV6_RECVDSTOPTS: on,
  IPV6_RECVERR: on,
  IPV6_RECVFRAGSIZE: on,
  IPV6_RECVHOPLIMIT: on,
  IPV6_RECVHOPOPTS: on,
  IPV6_RECVORIGDSTADDR: on,
  IPV6_RECVPATHMTU: on,
  IPV6_RECVPKTINFO: on,
  IPV6_RECVRTHDR: on,
  IPV6_RECVTCLASS: on,
  // Reading tells only whether one is set.
  IPV6_ROUTER_ALERT: { on: ['ipv6', 'raw', 'raw'], set: 7, reads: 1 },
  IPV6_RTHDR: { set: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0), setFails: 'EINVAL', reads: () => true },
  IPV6_RTHDRDSTOPTS: { set: NOTHING_DONE, reads: isSame, privileged: true },
  IPV6_TCLASS: { set: 0x20 },
  IPV6_TRANSPARENT: { ...on, privileged: true },
  IPV6_UNICAST_HOPS: { set: 9 },
  IPV6_UNICAST_IF: { set: 'lo', reads: 1 },
  IPV6_V6ONLY: on,

  TCP_CONGESTION: { set: 'reno' },
  TCP_CORK: on,
  TCP_DEFER_ACCEPT: { set: 3, reads: (value) => value >= 3 },
  TCP_FASTOPEN: { set: 5 },
  TCP_FASTOPEN_CONNECT: on,
  TCP_FASTOPEN_NO_COOKIE: on,
  TCP_INFO: { reads: (value) => value.length > 100 && value[0] === 7 },
  TCP_INQ: on,
  TCP_KEEPCNT: { set: 4 },
  TCP_KEEPIDLE: { set: 30 },
  TCP_KEEPINTVL: { set: 10 },
  TCP_LINGER2: { set: 20 },
  TCP_MAXSEG: { set: 1_000, reads: (value) => value > 0 },
  TCP_NODELAY: on,
  TCP_NOTSENT_LOWAT: { set: 16_384 },
  TCP_QUICKACK: { set: false },
  TCP_SAVED_SYN: { reads: (value) => value.length === 0 },
  TCP_SAVE_SYN: { set: 1 },
  TCP_SYNCNT: { set: 4 },
  TCP_THIN_LINEAR_TIMEOUTS: on,
  TCP_TX_DELAY: { set: 5 },
  TCP_ULP: { set: 'no-such-layer', setFails: 'ENOENT', reads: '' },
  TCP_USER_TIMEOUT: { set: 10_000 },
  TCP_WINDOW_CLAMP: { set: 30_000 },

  UDP_CORK: on,
  UDP_ENCAP: { set: 2, reads: 2 },
  UDP_GRO: on,
  UDP_NO_CHECK6_RX: on,
  UDP_NO_CHECK6_TX: on,
  UDP_SEGMENT: { set: 1_200 },

  PACKET_ADD_MEMBERSHIP: { set: { interface: 'lo', type: 'promiscuous' } },
  PACKET_AUXDATA: on,
  PACKET_COPY_THRESH: { set: 5 },
  PACKET_DROP_MEMBERSHIP: { set: { interface: 'lo', type: 'promiscuous' } },
  PACKET_FANOUT: { set: { id: 4_711, mode: 'load-balance', flags: 0x80 } },
  PACKET_IGNORE_OUTGOING: on,
  PACKET_LOSS: on,
  PACKET_ORIGDEV: on,
  PACKET_QDISC_BYPASS: on,
  PACKET_RESERVE: { set: 16 },
  PACKET_RX_RING: { set: RING },
  PACKET_STATISTICS: { reads: ({ packets, drops }) => packets >= 0 && drops >= 0 },
  PACKET_TIMESTAMP: { set: 64 },
  PACKET_TX_HAS_OFF: on,
  PACKET_TX_RING: { set: RING },
  PACKET_VERSION: { set: 1 },
  PACKET_VNET_HDR: { on: ['packet', 'raw'], set: true },

  NETLINK_ADD_MEMBERSHIP: { set: 1 },
  NETLINK_BROADCAST_ERROR: on,
  NETLINK_CAP_ACK: on,
  NETLINK_DROP_MEMBERSHIP: { after: ['NETLINK_ADD_MEMBERSHIP', 1], set: 1 },
  NETLINK_EXT_ACK: on,
  NETLINK_GET_STRICT_CHK: on,
  NETLINK_LISTEN_ALL_NSID: { ...on, privileged: true },
  NETLINK_LIST_MEMBERSHIPS: { after: ['NETLINK_ADD_MEMBERSHIP', 33], reads: [33] },
  NETLINK_NO_ENOBUFS: on,
  NETLINK_PKTINFO: on,

  SO_VM_SOCKETS_BUFFER_MAX_SIZE: { set: 2 ** 20 },
  SO_VM_SOCKETS_BUFFER_MIN_SIZE: { set: 1_024 },
  SO_VM_SOCKETS_BUFFER_SIZE: { set: 100_000 },
  SO_VM_SOCKETS_CONNECT_TIMEOUT: { set: 1_000 },
  SO_VM_SOCKETS_PEER_HOST_VM_ID: { readFails: 'ENOPROTOOPT' },
  SO_VM_SOCKETS_TRUSTED: { readFails: 'ENOPROTOOPT' },

  CAN_RAW_ERR_FILTER: { set: 1 },
  CAN_RAW_FD_FRAMES: on,
  CAN_RAW_FILTER: { set: [{ id: 0x123, mask: 0x7ff }] },
  CAN_RAW_JOIN_FILTERS: on,
  CAN_RAW_LOOPBACK: { set: false },
  CAN_RAW_RECV_OWN_MSGS: on,
};

/** The options that each manual page names; those of tcp(7) and others repeat none of socket(7). */
export const MANUAL: Readonly<Record<string, string>> = {
  'socket(7)': `SO_ACCEPTCONN SO_ATTACH_FILTER SO_ATTACH_BPF SO_ATTACH_REUSEPORT_CBPF
    SO_ATTACH_REUSEPORT_EBPF SO_BINDTODEVICE SO_BROADCAST SO_BSDCOMPAT SO_DEBUG SO_DETACH_FILTER
    SO_DETACH_BPF SO_DOMAIN SO_ERROR SO_DONTROUTE SO_INCOMING_CPU SO_INCOMING_NAPI_ID SO_KEEPALIVE
    SO_LINGER SO_LOCK_FILTER SO_MARK SO_OOBINLINE SO_PASSCRED SO_PASSSEC SO_PEEK_OFF SO_PEERCRED
    SO_PEERSEC SO_PRIORITY SO_PROTOCOL SO_RCVBUF SO_RCVBUFFORCE SO_RCVLOWAT SO_SNDLOWAT SO_RCVTIMEO
    SO_SNDTIMEO SO_REUSEADDR SO_REUSEPORT SO_RXQ_OVFL SO_SELECT_ERR_QUEUE SO_SNDBUF SO_SNDBUFFORCE
    SO_TIMESTAMP SO_TIMESTAMPNS SO_TYPE SO_BUSY_POLL`,
  'ip(7)': `IP_ADD_MEMBERSHIP IP_ADD_SOURCE_MEMBERSHIP IP_BIND_ADDRESS_NO_PORT IP_BLOCK_SOURCE
    IP_DROP_MEMBERSHIP IP_DROP_SOURCE_MEMBERSHIP IP_FREEBIND IP_HDRINCL IP_MSFILTER IP_MTU
    IP_MTU_DISCOVER IP_MULTICAST_ALL IP_MULTICAST_IF IP_MULTICAST_LOOP IP_MULTICAST_TTL IP_NODEFRAG
    IP_OPTIONS IP_PASSSEC IP_PKTINFO IP_RECVERR IP_RECVOPTS IP_RECVORIGDSTADDR IP_ORIGDSTADDR
    IP_RECVTOS IP_RECVTTL IP_RETOPTS IP_ROUTER_ALERT IP_TOS IP_TRANSPARENT IP_TTL IP_UNBLOCK_SOURCE
    IP_RECVDSTADDR IP_RECVIF`,
  'ipv6(7)': `IPV6_ADDRFORM IPV6_ADD_MEMBERSHIP IPV6_DROP_MEMBERSHIP IPV6_MTU IPV6_MTU_DISCOVER
    IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_LOOP IPV6_RECVPKTINFO IPV6_PKTINFO
    IPV6_RTHDR IPV6_AUTHHDR IPV6_DSTOPTS IPV6_HOPOPTS IPV6_FLOWINFO IPV6_HOPLIMIT IPV6_RECVERR
    IPV6_ROUTER_ALERT IPV6_UNICAST_HOPS IPV6_V6ONLY`,
  'tcp(7)': `TCP_CONGESTION TCP_CORK TCP_DEFER_ACCEPT TCP_INFO TCP_KEEPCNT TCP_KEEPIDLE
    TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_NODELAY TCP_QUICKACK TCP_SYNCNT TCP_USER_TIMEOUT
    TCP_WINDOW_CLAMP TCP_FASTOPEN TCP_FASTOPEN_CONNECT`,
  'udp(7)': 'UDP_CORK UDP_SEGMENT UDP_GRO',
  'unix(7)': 'SO_PASSCRED SO_PASSSEC SO_PEEK_OFF SO_PEERCRED SO_PEERSEC',
  'raw(7)': 'ICMP_FILTER IP_HDRINCL',
  'packet(7)': `PACKET_ADD_MEMBERSHIP PACKET_DROP_MEMBERSHIP PACKET_AUXDATA PACKET_FANOUT
    PACKET_LOSS PACKET_RESERVE PACKET_RX_RING PACKET_STATISTICS PACKET_TIMESTAMP PACKET_TX_RING
    PACKET_VERSION PACKET_QDISC_BYPASS`,
  'netlink(7)': `NETLINK_PKTINFO NETLINK_ADD_MEMBERSHIP NETLINK_DROP_MEMBERSHIP
    NETLINK_LIST_MEMBERSHIPS NETLINK_BROADCAST_ERROR NETLINK_NO_ENOBUFS NETLINK_LISTEN_ALL_NSID
    NETLINK_CAP_ACK NETLINK_EXT_ACK`,
  'vsock(7)': `SO_VM_SOCKETS_BUFFER_SIZE SO_VM_SOCKETS_BUFFER_MIN_SIZE
    SO_VM_SOCKETS_BUFFER_MAX_SIZE SO_VM_SOCKETS_CONNECT_TIMEOUT`,
};
