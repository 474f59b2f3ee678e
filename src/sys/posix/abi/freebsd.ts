/**
 * Numbers and layouts of FreeBSD 12 and later, on x64 and arm64 alike; a test compares them with
 * tables that were made by machine from its headers. What neither this file nor bsd.ts lists does not exist there.
 */
import * as bsd from './bsd.ts';
import type { Layout, Listed } from './shape.ts';

/** <errno.h> */
const ERRNO = {
  ...bsd.ERRNO,
  EPROTO: 92,
  EOPNOTSUPP: 45,
  ECANCELED: 85,
};

/** <fcntl.h> */
const FCNTL = {
  ...bsd.FCNTL,
  F_DUPFD_CLOEXEC: 17,
  AT_FDCWD: -100,
  O_NOCTTY: 0x8000,
  O_DIRECT: 0x10000,
  O_CLOEXEC: 0x100000,
  O_DIRECTORY: 0x20000,
};

/** <fcntl.h>: posix_fadvise(2). */
const FADVISE = {
  POSIX_FADV_NORMAL: 0,
  POSIX_FADV_RANDOM: 1,
  POSIX_FADV_SEQUENTIAL: 2,
  POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4,
  POSIX_FADV_NOREUSE: 5,
};

/** <sys/socket.h> */
const SOCKET = {
  ...bsd.SOCKET,
  AF_INET6: 28,
  SOCK_CLOEXEC: 0x10000000,
  SOCK_NONBLOCK: 0x20000000,
  MSG_NOSIGNAL: 0x20000,
  SO_TIMESTAMP: 0x400,
  SO_PROTOCOL: 0x1016,
  SO_DOMAIN: 0x1019,
};

/** <netinet/in.h> */
const INET = {
  ...bsd.INET,
  IPV6_TCLASS: 61,
};

/** <netinet/tcp.h> */
const TCP = {
  ...bsd.TCP,
  TCP_KEEPIDLE: 0x100,
  TCP_KEEPINTVL: 0x200,
  TCP_KEEPCNT: 0x400,
  TCP_CONGESTION: 0x40,
  TCP_FASTOPEN: 0x401,
};

/** <time.h> */
const CLOCK = {
  ...bsd.CLOCK,
  CLOCK_MONOTONIC: 4,
  CLOCK_THREAD_CPUTIME_ID: 14,
};

/** <dlfcn.h> */
const DLFCN = {
  ...bsd.DLFCN,
  RTLD_NODELETE: 0x1000,
};

/** <netinet/in.h> */
const IP = {
  ...bsd.IP,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IP_RECVTTL: 65,
  IP_RECVTOS: 68,
  IP_MINTTL: 66,
  IP_RECVORIGDSTADDR: 27,
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
  IPV6_RECVPKTINFO: 36,
  IPV6_RTHDRDSTOPTS: 35,
  IPV6_RECVTCLASS: 57,
  IPV6_RECVORIGDSTADDR: 72,
};

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
const MESSAGE = {
  ...bsd.MESSAGE,
  MSG_WAITFORONE: 0x80000,
  MSG_CMSG_CLOEXEC: 0x40000,
  SCM_TIMESTAMP: 2,
};

/** What Linux has no name for: <sys/socket.h>, <sys/filio.h> */
const BSD = {
  ...bsd.BSD,
  SO_NOSIGPIPE: 0x800,
  FIONWRITE: 0x40046677,
  _ALIGNBYTES: 7,
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
  fields: { tv_sec: [0, 8], tv_usec: [8, 8] },
} as const satisfies Layout;

const SIGACTION = {
  type: 'struct sigaction',
  header: 'signal.h',
  size: 32,
  fields: { sa_handler: [0, 8], sa_mask: [12, 16], sa_flags: [8, 4] },
} as const satisfies Layout;

const GROUP_REQ = {
  type: 'struct group_req',
  header: 'netinet/in.h',
  size: 136,
  fields: { gr_interface: [0, 4], gr_group: [8, 128] },
} as const satisfies Layout;

const GROUP_SOURCE_REQ = {
  type: 'struct group_source_req',
  header: 'netinet/in.h',
  size: 264,
  fields: { gsr_interface: [0, 4], gsr_group: [8, 128], gsr_source: [136, 128] },
} as const satisfies Layout;

const IP_MREQ_SOURCE = {
  type: 'struct ip_mreq_source',
  header: 'netinet/in.h',
  size: 12,
  fields: { imr_multiaddr: [0, 4], imr_sourceaddr: [4, 4], imr_interface: [8, 4] },
} as const satisfies Layout;

export const FREEBSD = {
  ...bsd,
  ERRNO,
  FCNTL,
  FADVISE,
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
} satisfies Listed<typeof import('./linux.ts')>;
