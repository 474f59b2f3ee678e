/**
 * Numbers and layouts that macOS, FreeBSD and OpenBSD have in common, most of them since 4.4BSD. The
 * file of each system has what it adds and what it has otherwise; a test compares the whole with
 * tables that were made by machine from its headers.
 */
import type { Layout } from './shape.ts';

/** <errno.h> */
export const ERRNO = {
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
  ENOTSOCK: 38,
  EDESTADDRREQ: 39,
  EMSGSIZE: 40,
  ENOPROTOOPT: 42,
  EPROTONOSUPPORT: 43,
  ESOCKTNOSUPPORT: 44,
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
};

/** <fcntl.h> */
export const FCNTL = {
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_SETOWN: 6,
  FD_CLOEXEC: 1,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0x200,
  O_EXCL: 0x800,
  O_TRUNC: 0x400,
  O_APPEND: 8,
  O_NONBLOCK: 4,
  O_ASYNC: 0x40,
  O_SYNC: 0x80,
  O_NOFOLLOW: 0x100,
};

/** <sys/socket.h> */
export const SOCKET = {
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_INET: 2,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
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
  SO_ACCEPTCONN: 2,
};

/** <netinet/in.h> */
export const INET = {
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  IPPROTO_IPV6: 41,
  IP_TOS: 3,
  IP_TTL: 4,
  IPV6_UNICAST_HOPS: 4,
  IPV6_V6ONLY: 27,
};

/** <netinet/tcp.h> */
export const TCP = {
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
};

/** <poll.h> */
export const POLL = {
  POLLIN: 1,
  POLLPRI: 2,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
};

/** <sys/select.h> */
export const SELECT = {
  FD_SETSIZE: 1024,
};

/** <signal.h>. */
export const SIGNAL = {
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
export const MMAN = {
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x1000,
  MADV_DONTNEED: 4,
};

/** <time.h> */
export const CLOCK = {
  CLOCK_REALTIME: 0,
};

/** <limits.h>: the buffers that one vectored call takes. */
export const LIMITS = {
  IOV_MAX: 1024,
  PATH_MAX: 1024,
  NAME_MAX: 255,
};

/** <dlfcn.h> */
export const DLFCN = {
  RTLD_NOW: 2,
};

/** <sys/resource.h> */
export const RESOURCE = {
  RLIMIT_NOFILE: 8,
};

/** <netinet/in.h> */
export const IP = {
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_UDP: 17,
  IPPROTO_ICMPV6: 58,
  IPPROTO_RAW: 255,
  IP_HDRINCL: 2,
  IP_OPTIONS: 1,
  IP_RECVOPTS: 5,
  IP_RETOPTS: 8,
  IP_MULTICAST_IF: 9,
  IP_MULTICAST_TTL: 10,
  IP_MULTICAST_LOOP: 11,
  IP_ADD_MEMBERSHIP: 12,
  IP_DROP_MEMBERSHIP: 13,
  IPV6_CHECKSUM: 26,
  IPV6_MULTICAST_IF: 9,
  IPV6_MULTICAST_HOPS: 10,
  IPV6_MULTICAST_LOOP: 11,
  IPV6_ADD_MEMBERSHIP: 12,
  IPV6_DROP_MEMBERSHIP: 13,
  IPV6_PKTINFO: 46,
  IPV6_RECVHOPLIMIT: 37,
  IPV6_RECVHOPOPTS: 39,
  IPV6_HOPOPTS: 49,
  IPV6_RECVRTHDR: 38,
  IPV6_RTHDR: 51,
  IPV6_RECVDSTOPTS: 40,
  IPV6_DSTOPTS: 50,
  IPV6_RECVPATHMTU: 43,
  IPV6_DONTFRAG: 62,
  IPV6_AUTOFLOWLABEL: 59,
};

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
export const MESSAGE = {
  MSG_CTRUNC: 0x20,
  MSG_TRUNC: 0x10,
  SCM_RIGHTS: 1,
};

/** <netinet/in.h>: the hop limit of a datagram, as a control message. */
export const HOP_LIMIT = {
  IPV6_HOPLIMIT: 47,
};

/** <sys/ioctl.h> */
export const IOCTL = {
  FIONREAD: 0x4004667f,
};

/** What Linux has no name for: <sys/socket.h>, <sys/filio.h> */
export const BSD = {
  RTLD_DEFAULT: -2,
};

export const SOCKADDR_IN = {
  type: 'struct sockaddr_in',
  header: 'netinet/in.h',
  size: 16,
  fields: { sin_family: [1, 1], sin_port: [2, 2], sin_addr: [4, 4] },
} as const satisfies Layout;

export const SOCKADDR_IN6 = {
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

export const SOCKADDR_UN = {
  type: 'struct sockaddr_un',
  header: 'sys/un.h',
  size: 106,
  fields: { sun_family: [1, 1], sun_path: [2, 104] },
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

export const LINGER = {
  type: 'struct linger',
  header: 'sys/socket.h',
  size: 8,
  fields: { l_onoff: [0, 4], l_linger: [4, 4] },
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

export const CMSGHDR = {
  type: 'struct cmsghdr',
  header: 'sys/socket.h',
  size: 12,
  fields: { cmsg_len: [0, 4], cmsg_level: [4, 4], cmsg_type: [8, 4] },
} as const satisfies Layout;

export const TIMESPEC = {
  type: 'struct timespec',
  header: 'time.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_nsec: [8, 8] },
} as const satisfies Layout;

export const RLIMIT = {
  type: 'struct rlimit',
  header: 'sys/resource.h',
  size: 16,
  fields: { rlim_cur: [0, 8], rlim_max: [8, 8] },
} as const satisfies Layout;

export const IP_MREQN = {
  type: 'struct ip_mreqn',
  header: 'netinet/in.h',
  size: 12,
  fields: { imr_multiaddr: [0, 4], imr_address: [4, 4], imr_ifindex: [8, 4] },
} as const satisfies Layout;

export const IPV6_MREQ = {
  type: 'struct ipv6_mreq',
  header: 'netinet/in.h',
  size: 20,
  fields: { ipv6mr_multiaddr: [0, 16], ipv6mr_interface: [16, 4] },
} as const satisfies Layout;

export const IN6_PKTINFO = {
  type: 'struct in6_pktinfo',
  header: 'netinet/in.h',
  size: 20,
  fields: { ipi6_addr: [0, 16], ipi6_ifindex: [16, 4] },
} as const satisfies Layout;
