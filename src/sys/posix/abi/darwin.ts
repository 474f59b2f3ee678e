/**
 * Numbers and layouts of macOS, on x64 and arm64 alike; a test compares them with tables that were
 * made by machine from its headers. What neither this file nor bsd.ts lists does not exist there.
 *
 * MSG_NOSIGNAL is left out although newer headers have it: the kernels before it take no notice, and
 * the sockets' own SO_NOSIGPIPE works in all of them.
 */
import * as bsd from './bsd.ts';
import type { Layout, Listed } from './shape.ts';

/** <errno.h> */
const ERRNO = {
  ...bsd.ERRNO,
  ETIME: 101,
  EPROTO: 100,
  EOPNOTSUPP: 102,
  ECANCELED: 89,
};

/** <fcntl.h> */
const FCNTL = {
  ...bsd.FCNTL,
  F_DUPFD_CLOEXEC: 67,
  AT_FDCWD: -2,
  O_NOCTTY: 0x20000,
  O_DSYNC: 0x400000,
  O_CLOEXEC: 0x1000000,
  O_DIRECTORY: 0x100000,
};

/** <sys/socket.h> */
const SOCKET = {
  ...bsd.SOCKET,
  AF_INET6: 30,
  SO_TIMESTAMP: 0x400,
};

/** <netinet/in.h> */
const INET = {
  ...bsd.INET,
  IPV6_TCLASS: 36,
};

/** <netinet/tcp.h> */
const TCP = {
  ...bsd.TCP,
  TCP_KEEPIDLE: 0x10,
  TCP_KEEPINTVL: 0x101,
  TCP_KEEPCNT: 0x102,
  TCP_FASTOPEN: 0x105,
  TCP_NOTSENT_LOWAT: 0x201,
};

/** <time.h> */
const CLOCK = {
  ...bsd.CLOCK,
  CLOCK_MONOTONIC: 6,
  CLOCK_THREAD_CPUTIME_ID: 16,
};

/** <dlfcn.h> */
const DLFCN = {
  ...bsd.DLFCN,
  RTLD_NODELETE: 0x80,
};

/** <netinet/in.h> */
const IP = {
  ...bsd.IP,
  IPPROTO_SCTP: 132,
  IP_PKTINFO: 26,
  IP_RECVTTL: 24,
  IP_RECVTOS: 27,
  IP_UNBLOCK_SOURCE: 73,
  IP_BLOCK_SOURCE: 72,
  IP_ADD_SOURCE_MEMBERSHIP: 70,
  IP_DROP_SOURCE_MEMBERSHIP: 71,
  MCAST_JOIN_GROUP: 80,
  MCAST_BLOCK_SOURCE: 84,
  MCAST_UNBLOCK_SOURCE: 85,
  MCAST_LEAVE_GROUP: 81,
  MCAST_JOIN_SOURCE_GROUP: 82,
  MCAST_LEAVE_SOURCE_GROUP: 83,
  MCAST_EXCLUDE: 2,
  MCAST_INCLUDE: 1,
  IPV6_RECVPKTINFO: 61,
  IPV6_RTHDRDSTOPTS: 57,
  IPV6_RECVTCLASS: 35,
};

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
const MESSAGE = {
  ...bsd.MESSAGE,
  SCM_TIMESTAMP: 2,
};

/** What Linux has no name for: <sys/socket.h>, <sys/filio.h> */
const BSD = {
  ...bsd.BSD,
  SO_NOSIGPIPE: 0x1022,
  SO_NWRITE: 0x1024,
  _ALIGNBYTES: 3,
};

const SOCKADDR_STORAGE = {
  type: 'struct sockaddr_storage',
  header: 'sys/socket.h',
  size: 128,
  fields: { ss_family: [1, 1] },
} as const satisfies Layout;

const TIMEVAL = {
  type: 'struct timeval',
  header: 'sys/time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_usec: [8, 4] },
} as const satisfies Layout;

const SIGACTION = {
  type: 'struct sigaction',
  header: 'signal.h',
  size: 16,
  fields: { sa_handler: [0, 8], sa_mask: [8, 4], sa_flags: [12, 4] },
} as const satisfies Layout;

const GROUP_REQ = {
  type: 'struct group_req',
  header: 'netinet/in.h',
  size: 132,
  fields: { gr_interface: [0, 4], gr_group: [4, 128] },
} as const satisfies Layout;

const GROUP_SOURCE_REQ = {
  type: 'struct group_source_req',
  header: 'netinet/in.h',
  size: 260,
  fields: { gsr_interface: [0, 4], gsr_group: [4, 128], gsr_source: [132, 128] },
} as const satisfies Layout;

const IP_MREQ_SOURCE = {
  type: 'struct ip_mreq_source',
  header: 'netinet/in.h',
  size: 12,
  fields: { imr_multiaddr: [0, 4], imr_sourceaddr: [4, 4], imr_interface: [8, 4] },
} as const satisfies Layout;

const IN_PKTINFO = {
  type: 'struct in_pktinfo',
  header: 'netinet/in.h',
  size: 12,
  fields: { ipi_ifindex: [0, 4], ipi_spec_dst: [4, 4], ipi_addr: [8, 4] },
} as const satisfies Layout;

export const DARWIN = {
  ...bsd,
  ERRNO,
  FCNTL,
  SOCKET,
  INET,
  TCP,
  CLOCK,
  DLFCN,
  IP,
  MESSAGE,
  BSD,
  SOCKADDR_STORAGE,
  TIMEVAL,
  SIGACTION,
  GROUP_REQ,
  GROUP_SOURCE_REQ,
  IP_MREQ_SOURCE,
  IN_PKTINFO,
} satisfies Listed<typeof import('./linux.ts')>;
