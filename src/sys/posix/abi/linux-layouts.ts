/** Where the fields of the POSIX structures lie on Linux, on x64 and arm64 alike. */
import type { Layout } from './shape.ts';

export const SOCKADDR_IN = {
  type: 'struct sockaddr_in',
  header: 'netinet/in.h',
  size: 16,
  fields: { sin_family: [0, 2], sin_port: [2, 2], sin_addr: [4, 4] },
} as const satisfies Layout;

export const SOCKADDR_IN6 = {
  type: 'struct sockaddr_in6',
  header: 'netinet/in.h',
  size: 28,
  fields: {
    sin6_family: [0, 2],
    sin6_port: [2, 2],
    sin6_flowinfo: [4, 4],
    sin6_addr: [8, 16],
    sin6_scope_id: [24, 4],
  },
} as const satisfies Layout;

export const SOCKADDR_UN = {
  type: 'struct sockaddr_un',
  header: 'sys/un.h',
  size: 110,
  fields: { sun_family: [0, 2], sun_path: [2, 108] },
} as const satisfies Layout;

export const SOCKADDR_STORAGE = {
  type: 'struct sockaddr_storage',
  header: 'sys/socket.h',
  size: 128,
  fields: { ss_family: [0, 2] },
} as const satisfies Layout;

export const POLLFD = {
  type: 'struct pollfd',
  header: 'poll.h',
  size: 8,
  fields: { fd: [0, 4], events: [4, 2], revents: [6, 2] },
} as const satisfies Layout;

export const FD_SET = {
  type: 'fd_set',
  header: 'sys/select.h',
  size: 128,
  fields: {},
} as const satisfies Layout;

export const TIMEVAL = {
  type: 'struct timeval',
  header: 'sys/time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_usec: [8, 8] },
} as const satisfies Layout;

export const LINGER = {
  type: 'struct linger',
  header: 'sys/socket.h',
  size: 8,
  fields: { l_onoff: [0, 4], l_linger: [4, 4] },
} as const satisfies Layout;

export const ITIMERSPEC = {
  type: 'struct itimerspec',
  header: 'time.h',
  size: 32,
  fields: {
    'it_interval.tv_sec': [0, 8],
    'it_interval.tv_nsec': [8, 8],
    'it_value.tv_sec': [16, 8],
    'it_value.tv_nsec': [24, 8],
  },
} as const satisfies Layout;

export const IOVEC = {
  type: 'struct iovec',
  header: 'sys/uio.h',
  size: 16,
  fields: { iov_base: [0, 8], iov_len: [8, 8] },
} as const satisfies Layout;

export const MSGHDR = {
  type: 'struct msghdr',
  header: 'sys/socket.h',
  size: 56,
  fields: {
    msg_name: [0, 8],
    msg_namelen: [8, 4],
    msg_iov: [16, 8],
    msg_iovlen: [24, 8],
    msg_control: [32, 8],
    msg_controllen: [40, 8],
    msg_flags: [48, 4],
  },
} as const satisfies Layout;

export const CMSGHDR = {
  type: 'struct cmsghdr',
  header: 'sys/socket.h',
  size: 16,
  fields: { cmsg_len: [0, 8], cmsg_level: [8, 4], cmsg_type: [12, 4] },
} as const satisfies Layout;

export const TIMESPEC = {
  type: 'struct timespec',
  header: 'time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_nsec: [8, 8] },
} as const satisfies Layout;

export const SIGACTION = {
  type: 'struct sigaction',
  header: 'signal.h',
  size: 152,
  fields: { sa_handler: [0, 8], sa_mask: [8, 128], sa_flags: [136, 4] },
} as const satisfies Layout;

export const RLIMIT = {
  type: 'struct rlimit',
  header: 'sys/resource.h',
  size: 16,
  fields: { rlim_cur: [0, 8], rlim_max: [8, 8] },
} as const satisfies Layout;

export const GROUP_REQ = {
  type: 'struct group_req',
  header: 'netinet/in.h',
  size: 136,
  fields: {
    gr_interface: [0, 4],
    gr_group: [8, 128],
  },
} as const satisfies Layout;

export const GROUP_SOURCE_REQ = {
  type: 'struct group_source_req',
  header: 'netinet/in.h',
  size: 264,
  fields: {
    gsr_interface: [0, 4],
    gsr_group: [8, 128],
    gsr_source: [136, 128],
  },
} as const satisfies Layout;

export const IP_MREQN = {
  type: 'struct ip_mreqn',
  header: 'netinet/in.h',
  size: 12,
  fields: {
    imr_multiaddr: [0, 4],
    imr_address: [4, 4],
    imr_ifindex: [8, 4],
  },
} as const satisfies Layout;

export const IP_MREQ_SOURCE = {
  type: 'struct ip_mreq_source',
  header: 'netinet/in.h',
  size: 12,
  fields: {
    imr_multiaddr: [0, 4],
    imr_interface: [4, 4],
    imr_sourceaddr: [8, 4],
  },
} as const satisfies Layout;

export const IPV6_MREQ = {
  type: 'struct ipv6_mreq',
  header: 'netinet/in.h',
  size: 20,
  fields: {
    ipv6mr_multiaddr: [0, 16],
    ipv6mr_interface: [16, 4],
  },
} as const satisfies Layout;

export const IN6_PKTINFO = {
  type: 'struct in6_pktinfo',
  header: 'netinet/in.h',
  size: 20,
  fields: {
    ipi6_addr: [0, 16],
    ipi6_ifindex: [16, 4],
  },
} as const satisfies Layout;

export const IN_PKTINFO = {
  type: 'struct in_pktinfo',
  header: 'netinet/in.h',
  size: 12,
  fields: { ipi_ifindex: [0, 4], ipi_spec_dst: [4, 4], ipi_addr: [8, 4] },
} as const satisfies Layout;

/** Every layout of this file, for the same test. */
export const LAYOUTS: readonly Layout[] = [
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKADDR_UN,
  SOCKADDR_STORAGE,
  POLLFD,
  FD_SET,
  TIMEVAL,
  LINGER,
  ITIMERSPEC,
  IOVEC,
  MSGHDR,
  CMSGHDR,
  TIMESPEC,
  SIGACTION,
  RLIMIT,
  GROUP_REQ,
  GROUP_SOURCE_REQ,
  IP_MREQN,
  IP_MREQ_SOURCE,
  IPV6_MREQ,
  IN6_PKTINFO,
  IN_PKTINFO,
];
