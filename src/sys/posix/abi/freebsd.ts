/**
 * Numbers and layouts of FreeBSD 12 and later, on x64 and arm64 alike; a test compares them with
 * tables that were made by machine from its headers. What is not listed does not exist there.
 */
import type { Layout, Listed } from './shape.ts';

/** <errno.h> */
const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 35,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 63,
  ENOSYS: 78,
  ELOOP: 62,
  EPROTO: 92,
  ENOTSOCK: 38,
  EDESTADDRREQ: 39,
  EMSGSIZE: 40,
  ENOPROTOOPT: 42,
  EPROTONOSUPPORT: 43,
  ESOCKTNOSUPPORT: 44,
  EOPNOTSUPP: 45,
  EAFNOSUPPORT: 47,
  EADDRINUSE: 48,
  EADDRNOTAVAIL: 49,
  ENETDOWN: 50,
  ENETUNREACH: 51,
  ECONNABORTED: 53,
  ECONNRESET: 54,
  ENOBUFS: 55,
  EISCONN: 56,
  ENOTCONN: 57,
  ETOOMANYREFS: 59,
  ETIMEDOUT: 60,
  ECONNREFUSED: 61,
  EHOSTUNREACH: 65,
  EALREADY: 37,
  EINPROGRESS: 36,
  ECANCELED: 85,
};

/** <fcntl.h> */
const FCNTL = {
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_SETOWN: 6,
  F_DUPFD_CLOEXEC: 17,
  FD_CLOEXEC: 1,
  AT_FDCWD: -100,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0x200,
  O_EXCL: 0x800,
  O_NOCTTY: 0x8000,
  O_TRUNC: 0x400,
  O_APPEND: 8,
  O_NONBLOCK: 4,
  O_ASYNC: 0x40,
  O_SYNC: 0x80,
  O_DIRECT: 0x10000,
  O_CLOEXEC: 0x100000,
  O_DIRECTORY: 0x20000,
  O_NOFOLLOW: 0x100,
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
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 28,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOCK_CLOEXEC: 0x10000000,
  SOCK_NONBLOCK: 0x20000000,
  SOL_SOCKET: 0xffff,
  SOMAXCONN: 128,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_OOB: 1,
  MSG_PEEK: 2,
  MSG_TRUNC: 0x10,
  MSG_DONTWAIT: 0x80,
  MSG_WAITALL: 0x40,
  MSG_NOSIGNAL: 0x20000,
  SO_DEBUG: 1,
  SO_REUSEADDR: 4,
  SO_TYPE: 0x1008,
  SO_ERROR: 0x1007,
  SO_DONTROUTE: 0x10,
  SO_BROADCAST: 0x20,
  SO_SNDBUF: 0x1001,
  SO_RCVBUF: 0x1002,
  SO_KEEPALIVE: 8,
  SO_OOBINLINE: 0x100,
  SO_LINGER: 0x80,
  SO_REUSEPORT: 0x200,
  SO_RCVLOWAT: 0x1004,
  SO_SNDLOWAT: 0x1003,
  SO_RCVTIMEO: 0x1006,
  SO_SNDTIMEO: 0x1005,
  SO_TIMESTAMP: 0x400,
  SO_ACCEPTCONN: 2,
  SO_PROTOCOL: 0x1016,
  SO_DOMAIN: 0x1019,
};

/** <netinet/in.h> */
const INET = {
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  IPPROTO_IPV6: 41,
  IP_TOS: 3,
  IP_TTL: 4,
  IPV6_UNICAST_HOPS: 4,
  IPV6_V6ONLY: 27,
  IPV6_TCLASS: 61,
};

/** <netinet/tcp.h> */
const TCP = {
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_KEEPIDLE: 0x100,
  TCP_KEEPINTVL: 0x200,
  TCP_KEEPCNT: 0x400,
  TCP_CONGESTION: 0x40,
  TCP_FASTOPEN: 0x401,
};

/** <poll.h> */
const POLL = {
  POLLIN: 1,
  POLLPRI: 2,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
};

/** <sys/select.h> */
const SELECT = {
  FD_SETSIZE: 1024,
};

/** <signal.h>. */
const SIGNAL = {
  SIGILL: 4,
  SIGTRAP: 5,
  SIGBUS: 10,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
  SIGCHLD: 20,
  SIGSTOP: 17,
  SIGURG: 16,
  SIGIO: 23,
  SIG_BLOCK: 1,
  SIG_UNBLOCK: 2,
};

/** <sys/mman.h> */
const MMAN = {
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x1000,
  MADV_DONTNEED: 4,
};

/** <time.h> */
const CLOCK = {
  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 4,
};

/** <limits.h>: the buffers that one vectored call takes. */
const LIMITS = {
  IOV_MAX: 1024,
  PATH_MAX: 1024,
  NAME_MAX: 255,
};

/** <dlfcn.h> */
const DLFCN = {
  RTLD_NOW: 2,
  RTLD_NODELETE: 0x1000,
};

/** <sys/resource.h> */
const RESOURCE = {
  RLIMIT_NOFILE: 8,
};

/** <netinet/in.h> */
const IP = {
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_UDP: 17,
  IPPROTO_ICMPV6: 58,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_RAW: 255,
  IP_HDRINCL: 2,
  IP_OPTIONS: 1,
  IP_RECVOPTS: 5,
  IP_RETOPTS: 8,
  IP_RECVTTL: 65,
  IP_RECVTOS: 68,
  IP_MINTTL: 66,
  IP_RECVORIGDSTADDR: 27,
  IP_MULTICAST_IF: 9,
  IP_MULTICAST_TTL: 10,
  IP_MULTICAST_LOOP: 11,
  IP_ADD_MEMBERSHIP: 12,
  IP_DROP_MEMBERSHIP: 13,
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
  IPV6_CHECKSUM: 26,
  IPV6_MULTICAST_IF: 9,
  IPV6_MULTICAST_HOPS: 10,
  IPV6_MULTICAST_LOOP: 11,
  IPV6_ADD_MEMBERSHIP: 12,
  IPV6_DROP_MEMBERSHIP: 13,
  IPV6_RECVPKTINFO: 36,
  IPV6_PKTINFO: 46,
  IPV6_RECVHOPLIMIT: 37,
  IPV6_RECVHOPOPTS: 39,
  IPV6_HOPOPTS: 49,
  IPV6_RTHDRDSTOPTS: 35,
  IPV6_RECVRTHDR: 38,
  IPV6_RTHDR: 51,
  IPV6_RECVDSTOPTS: 40,
  IPV6_DSTOPTS: 50,
  IPV6_RECVPATHMTU: 43,
  IPV6_DONTFRAG: 62,
  IPV6_RECVTCLASS: 57,
  IPV6_AUTOFLOWLABEL: 59,
  IPV6_RECVORIGDSTADDR: 72,
};

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
const MESSAGE = {
  MSG_CTRUNC: 0x20,
  MSG_TRUNC: 0x10,
  MSG_WAITFORONE: 0x80000,
  MSG_CMSG_CLOEXEC: 0x40000,
  SCM_RIGHTS: 1,
  SCM_TIMESTAMP: 2,
};

/** <netinet/in.h>: the hop limit of a datagram, as a control message. */
const HOP_LIMIT = {
  IPV6_HOPLIMIT: 47,
};

/** <sys/ioctl.h> */
const IOCTL = {
  FIONREAD: 0x4004667f,
};

/** What Linux has no name for: <sys/socket.h>, <sys/filio.h> */
const BSD = {
  SO_NOSIGPIPE: 0x800,
  FIONWRITE: 0x40046677,
  _ALIGNBYTES: 7,
  RTLD_DEFAULT: -2,
};

const SOCKADDR_IN = {
  type: 'struct sockaddr_in',
  header: 'netinet/in.h',
  size: 16,
  fields: { sin_family: [1, 1], sin_port: [2, 2], sin_addr: [4, 4] },
} as const satisfies Layout;

const SOCKADDR_IN6 = {
  type: 'struct sockaddr_in6',
  header: 'netinet/in.h',
  size: 28,
  fields: {
    sin6_family: [1, 1],
    sin6_port: [2, 2],
    sin6_flowinfo: [4, 4],
    sin6_addr: [8, 16],
    sin6_scope_id: [24, 4],
  },
} as const satisfies Layout;

const SOCKADDR_UN = {
  type: 'struct sockaddr_un',
  header: 'sys/un.h',
  size: 106,
  fields: { sun_family: [1, 1], sun_path: [2, 104] },
} as const satisfies Layout;

const SOCKADDR_STORAGE = {
  type: 'struct sockaddr_storage',
  header: 'sys/socket.h',
  size: 128,
  fields: { ss_family: [1, 1] },
} as const satisfies Layout;

const POLLFD = {
  type: 'struct pollfd',
  header: 'poll.h',
  size: 8,
  fields: { fd: [0, 4], events: [4, 2], revents: [6, 2] },
} as const satisfies Layout;

const FD_SET = {
  type: 'fd_set',
  header: 'sys/select.h',
  size: 128,
  fields: {},
} as const satisfies Layout;

const TIMEVAL = {
  type: 'struct timeval',
  header: 'sys/time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_usec: [8, 8] },
} as const satisfies Layout;

const LINGER = {
  type: 'struct linger',
  header: 'sys/socket.h',
  size: 8,
  fields: { l_onoff: [0, 4], l_linger: [4, 4] },
} as const satisfies Layout;

const IOVEC = {
  type: 'struct iovec',
  header: 'sys/uio.h',
  size: 16,
  fields: { iov_base: [0, 8], iov_len: [8, 8] },
} as const satisfies Layout;

const MSGHDR = {
  type: 'struct msghdr',
  header: 'sys/socket.h',
  size: 48,
  fields: {
    msg_name: [0, 8],
    msg_namelen: [8, 4],
    msg_iov: [16, 8],
    msg_iovlen: [24, 4],
    msg_control: [32, 8],
    msg_controllen: [40, 4],
    msg_flags: [44, 4],
  },
} as const satisfies Layout;

const CMSGHDR = {
  type: 'struct cmsghdr',
  header: 'sys/socket.h',
  size: 12,
  fields: { cmsg_len: [0, 4], cmsg_level: [4, 4], cmsg_type: [8, 4] },
} as const satisfies Layout;

const TIMESPEC = {
  type: 'struct timespec',
  header: 'time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_nsec: [8, 8] },
} as const satisfies Layout;

const SIGACTION = {
  type: 'struct sigaction',
  header: 'signal.h',
  size: 32,
  fields: { sa_handler: [0, 8], sa_mask: [12, 16], sa_flags: [8, 4] },
} as const satisfies Layout;

const RLIMIT = {
  type: 'struct rlimit',
  header: 'sys/resource.h',
  size: 16,
  fields: { rlim_cur: [0, 8], rlim_max: [8, 8] },
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

const IP_MREQN = {
  type: 'struct ip_mreqn',
  header: 'netinet/in.h',
  size: 12,
  fields: { imr_multiaddr: [0, 4], imr_address: [4, 4], imr_ifindex: [8, 4] },
} as const satisfies Layout;

const IP_MREQ_SOURCE = {
  type: 'struct ip_mreq_source',
  header: 'netinet/in.h',
  size: 12,
  fields: { imr_multiaddr: [0, 4], imr_sourceaddr: [4, 4], imr_interface: [8, 4] },
} as const satisfies Layout;

const IPV6_MREQ = {
  type: 'struct ipv6_mreq',
  header: 'netinet/in.h',
  size: 20,
  fields: { ipv6mr_multiaddr: [0, 16], ipv6mr_interface: [16, 4] },
} as const satisfies Layout;

const IN6_PKTINFO = {
  type: 'struct in6_pktinfo',
  header: 'netinet/in.h',
  size: 20,
  fields: { ipi6_addr: [0, 16], ipi6_ifindex: [16, 4] },
} as const satisfies Layout;

export const FREEBSD = {
  ERRNO,
  FCNTL,
  FADVISE,
  SOCKET,
  INET,
  TCP,
  POLL,
  SELECT,
  SIGNAL,
  MMAN,
  CLOCK,
  LIMITS,
  DLFCN,
  RESOURCE,
  IP,
  MESSAGE,
  HOP_LIMIT,
  IOCTL,
  BSD,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  SOCKADDR_UN,
  SOCKADDR_STORAGE,
  POLLFD,
  FD_SET,
  TIMEVAL,
  LINGER,
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
} satisfies Listed<typeof import('./linux.ts')>;
