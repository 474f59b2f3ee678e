/**
 * Numbers and layouts of socket options, protocols and filters, as the headers of Linux have them.
 * Each table names its header; a test asks the C compiler for every one of them.
 */
import type { Layout } from '../../posix/abi.ts';
import { numbersOfLinux } from '../presence.ts';

/** <sys/socket.h>: the levels that options belong to */
export const LEVEL = numbersOfLinux({
  SOL_PACKET: 263,
  SOL_NETLINK: 270,
  SOL_RAW: 255,
});

/** <sys/socket.h>: options of Linux */
export const SO = numbersOfLinux({
  SO_BSDCOMPAT: 14,
  SO_PEERCRED: 17,
  SO_ATTACH_FILTER: 26,
  SO_DETACH_FILTER: 27,
  SO_PEERSEC: 31,
  SO_PASSSEC: 34,
  SO_TIMESTAMPNS: 35,
  SO_TIMESTAMPING: 37,
  SO_RXQ_OVFL: 40,
  SO_PEEK_OFF: 42,
  SO_LOCK_FILTER: 44,
  SO_SELECT_ERR_QUEUE: 45,
  SO_BPF_EXTENSIONS: 48,
  SO_ATTACH_BPF: 50,
  SO_ATTACH_REUSEPORT_CBPF: 51,
  SO_ATTACH_REUSEPORT_EBPF: 52,
  SO_INCOMING_NAPI_ID: 56,
  SO_COOKIE: 57,
  SO_PEERGROUPS: 59,
  SO_MAX_PACING_RATE: 47,
  SO_DETACH_REUSEPORT_BPF: 68,
  SO_PREFER_BUSY_POLL: 69,
  SO_BUSY_POLL_BUDGET: 70,
  SO_BUF_LOCK: 72,
  SO_NOFCS: 43,
  SO_MEMINFO: 55,
});

/** <netinet/tcp.h> */
export const TCP_LINUX = numbersOfLinux({
  TCP_INFO: 11,
  TCP_INQ: 36,
  TCP_SAVE_SYN: 27,
  TCP_SAVED_SYN: 28,
  TCP_FASTOPEN_NO_COOKIE: 34,
  TCP_THIN_LINEAR_TIMEOUTS: 16,
  TCP_TIMESTAMP: 24,
  TCP_ULP: 31,
  TCP_TX_DELAY: 37,
  TCP_MD5SIG: 14,
});

/** <netinet/udp.h> */
export const UDP = numbersOfLinux({
  UDP_CORK: 1,
  UDP_ENCAP: 100,
  UDP_NO_CHECK6_TX: 101,
  UDP_NO_CHECK6_RX: 102,
  UDP_SEGMENT: 103,
  UDP_GRO: 104,
});

/** <linux/in6.h> */
export const IN6 = numbersOfLinux({
  IPV6_FLOWINFO: 11,
});

/** <linux/icmp.h> */
export const ICMP = numbersOfLinux({
  ICMP_FILTER: 1,
  ICMP_ECHO: 8,
  ICMP_ECHOREPLY: 0,
});

/** <linux/if_packet.h> */
export const PACKET = numbersOfLinux({
  PACKET_ADD_MEMBERSHIP: 1,
  PACKET_DROP_MEMBERSHIP: 2,
  PACKET_RECV_OUTPUT: 3,
  PACKET_RX_RING: 5,
  PACKET_STATISTICS: 6,
  PACKET_COPY_THRESH: 7,
  PACKET_AUXDATA: 8,
  PACKET_ORIGDEV: 9,
  PACKET_VERSION: 10,
  PACKET_HDRLEN: 11,
  PACKET_RESERVE: 12,
  PACKET_TX_RING: 13,
  PACKET_LOSS: 14,
  PACKET_VNET_HDR: 15,
  PACKET_TX_TIMESTAMP: 16,
  PACKET_TIMESTAMP: 17,
  PACKET_FANOUT: 18,
  PACKET_TX_HAS_OFF: 19,
  PACKET_QDISC_BYPASS: 20,
  PACKET_ROLLOVER_STATS: 21,
  PACKET_FANOUT_DATA: 22,
  PACKET_IGNORE_OUTGOING: 23,
  PACKET_MR_MULTICAST: 0,
  PACKET_MR_PROMISC: 1,
  PACKET_MR_ALLMULTI: 2,
  PACKET_MR_UNICAST: 3,
  PACKET_FANOUT_HASH: 0,
  PACKET_FANOUT_LB: 1,
  PACKET_FANOUT_CPU: 2,
  PACKET_FANOUT_ROLLOVER: 3,
  PACKET_FANOUT_RND: 4,
  PACKET_FANOUT_QM: 5,
  PACKET_FANOUT_FLAG_ROLLOVER: 0x1000,
  PACKET_FANOUT_FLAG_UNIQUEID: 0x2000,
  PACKET_FANOUT_FLAG_DEFRAG: 0x8000,
});

/** <linux/vm_sockets.h> */
export const VSOCK_OPTION = numbersOfLinux({
  SO_VM_SOCKETS_BUFFER_SIZE: 0,
  SO_VM_SOCKETS_BUFFER_MIN_SIZE: 1,
  SO_VM_SOCKETS_BUFFER_MAX_SIZE: 2,
  SO_VM_SOCKETS_PEER_HOST_VM_ID: 3,
  SO_VM_SOCKETS_TRUSTED: 5,
  SO_VM_SOCKETS_CONNECT_TIMEOUT: 6,
  SO_VM_SOCKETS_NONBLOCK_TXRX: 7,
  IOCTL_VM_SOCKETS_GET_LOCAL_CID: 0x7b9,
});

/** <linux/if_ether.h>: in host order */
export const ETHERTYPE = {
  ETH_P_ALL: 0x3,
  ETH_P_IP: 0x800,
  ETH_P_ARP: 0x806,
  ETH_P_IPV6: 0x86dd,
  ETH_P_8021Q: 0x8100,
  ETH_P_PPP_DISC: 0x8863,
  ETH_P_LLDP: 0x88cc,
  ETH_P_LOOP: 0x60,
} as const;

/** <linux/can.h> */
export const CAN = {
  CAN_RAW: 1,
  CAN_BCM: 2,
  CAN_ISOTP: 6,
  CAN_J1939: 7,
  SOL_CAN_BASE: 100,
  CAN_EFF_FLAG: 1 << 31,
  CAN_RTR_FLAG: 1 << 30,
  CAN_ERR_FLAG: 1 << 29,
  CAN_SFF_MASK: 0x7ff,
  CAN_EFF_MASK: 0x1fffffff,
} as const;

/** <linux/can/raw.h> */
export const CAN_RAW = numbersOfLinux({
  SOL_CAN_RAW: 101,
  CAN_RAW_FILTER: 1,
  CAN_RAW_ERR_FILTER: 2,
  CAN_RAW_LOOPBACK: 3,
  CAN_RAW_RECV_OWN_MSGS: 4,
  CAN_RAW_FD_FRAMES: 5,
  CAN_RAW_JOIN_FILTERS: 6,
});

export const UCRED = {
  type: 'struct ucred',
  header: 'sys/socket.h',
  size: 12,
  fields: {
    pid: [0, 4],
    uid: [4, 4],
    gid: [8, 4],
  },
} as const satisfies Layout;

export const SOCK_FPROG = {
  type: 'struct sock_fprog',
  header: 'linux/filter.h',
  size: 16,
  fields: {
    len: [0, 2],
    filter: [8, 8],
  },
} as const satisfies Layout;

export const SOCK_FILTER = {
  type: 'struct sock_filter',
  header: 'linux/filter.h',
  size: 8,
  fields: {
    code: [0, 2],
    jt: [2, 1],
    jf: [3, 1],
    k: [4, 4],
  },
} as const satisfies Layout;

export const PACKET_MREQ = {
  type: 'struct packet_mreq',
  header: 'linux/if_packet.h',
  size: 16,
  fields: {
    mr_ifindex: [0, 4],
    mr_type: [4, 2],
    mr_alen: [6, 2],
    mr_address: [8, 8],
  },
} as const satisfies Layout;

export const TPACKET_REQ = {
  type: 'struct tpacket_req',
  header: 'linux/if_packet.h',
  size: 16,
  fields: {
    tp_block_size: [0, 4],
    tp_block_nr: [4, 4],
    tp_frame_size: [8, 4],
    tp_frame_nr: [12, 4],
  },
} as const satisfies Layout;

export const TPACKET_STATS = {
  type: 'struct tpacket_stats',
  header: 'linux/if_packet.h',
  size: 8,
  fields: {
    tp_packets: [0, 4],
    tp_drops: [4, 4],
  },
} as const satisfies Layout;

export const CAN_FRAME = {
  type: 'struct can_frame',
  header: 'linux/can.h',
  size: 16,
  fields: { can_id: [0, 4], can_dlc: [4, 1], data: [8, 8] },
} as const satisfies Layout;

export const CANFD_FRAME = {
  type: 'struct canfd_frame',
  header: 'linux/can.h',
  size: 72,
  fields: { can_id: [0, 4], len: [4, 1], flags: [5, 1], data: [8, 64] },
} as const satisfies Layout;

/** Every table of this file by its header, for the test that compares them with the compiler's. */
export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['sys/socket.h', LEVEL],
  ['sys/socket.h', SO],
  ['netinet/tcp.h', TCP_LINUX],
  ['netinet/udp.h', UDP],
  ['linux/in6.h', IN6],
  ['linux/icmp.h', ICMP],
  ['linux/if_packet.h', PACKET],
  ['linux/vm_sockets.h', VSOCK_OPTION],
  ['linux/if_ether.h', ETHERTYPE],
  ['linux/can.h', CAN],
  ['linux/can/raw.h', CAN_RAW],
];

/** Every layout of this file, for the same test. */
export const LAYOUTS: readonly Layout[] = [
  UCRED,
  SOCK_FPROG,
  SOCK_FILTER,
  PACKET_MREQ,
  TPACKET_REQ,
  TPACKET_STATS,
  CAN_FRAME,
  CANFD_FRAME,
];
