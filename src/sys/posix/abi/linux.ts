/**
 * Numbers and layouts of the POSIX interfaces, as the C headers of Linux have them on x64 and arm64:
 * the two differ in a few open(2) flags only. Each table names its header; a test asks the C
 * compiler for every one of them.
 *
 * The names here are those of every system's tables: what one of them does not list, it lacks.
 */
import { ABSENT } from './shape.ts';

export * from './linux-layouts.ts';

const arm64 = process.arch === 'arm64';

/** <errno.h>: the ones that polyio decides on; their names for people come from Node. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
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
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  ETIME: 62,
  EPROTO: 71,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  ESOCKTNOSUPPORT: 94,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETOOMANYREFS: 109,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ECANCELED: 125,
} as const;

/** <fcntl.h> */
export const FCNTL = {
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_SETOWN: 8,
  F_DUPFD_CLOEXEC: 1030,
  FD_CLOEXEC: 1,
  AT_FDCWD: -100,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_ASYNC: 0o20000,
  O_DSYNC: 0o10000,
  O_SYNC: 0o4010000,
  O_NOATIME: 0o1000000,
  O_DIRECT: arm64 ? 0o200000 : 0o40000,
  O_CLOEXEC: 0o2000000,
  O_DIRECTORY: arm64 ? 0o40000 : 0o200000,
  O_NOFOLLOW: arm64 ? 0o100000 : 0o400000,
} as const;

/** <fcntl.h>: posix_fadvise(2). */
export const FADVISE = {
  POSIX_FADV_NORMAL: 0,
  POSIX_FADV_RANDOM: 1,
  POSIX_FADV_SEQUENTIAL: 2,
  POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4,
  POSIX_FADV_NOREUSE: 5,
} as const;

/** <sys/socket.h> */
export const SOCKET = {
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
  SOL_SOCKET: 1,
  SOMAXCONN: 4096,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_OOB: 0x1,
  MSG_PEEK: 0x2,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_WAITALL: 0x100,
  MSG_NOSIGNAL: 0x4000,
  SO_DEBUG: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_DONTROUTE: 5,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_PRIORITY: 12,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_PASSCRED: 16,
  SO_RCVLOWAT: 18,
  SO_SNDLOWAT: 19,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_BINDTODEVICE: 25,
  SO_TIMESTAMP: 29,
  SO_ACCEPTCONN: 30,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_MARK: 36,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
  SO_BUSY_POLL: 46,
  SO_INCOMING_CPU: 49,
  SO_ZEROCOPY: 60,
} as const;

/** <netinet/in.h> */
export const INET = {
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  IPPROTO_IPV6: 41,
  IP_TOS: 1,
  IP_TTL: 2,
  IP_MTU_DISCOVER: 10,
  IP_FREEBIND: 15,
  IP_TRANSPARENT: 19,
  IP_BIND_ADDRESS_NO_PORT: 24,
  IPV6_UNICAST_HOPS: 16,
  IPV6_V6ONLY: 26,
  IPV6_TCLASS: 67,
} as const;

/** <netinet/tcp.h> */
export const TCP = {
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_SYNCNT: 7,
  TCP_LINGER2: 8,
  TCP_DEFER_ACCEPT: 9,
  TCP_WINDOW_CLAMP: 10,
  TCP_QUICKACK: 12,
  TCP_CONGESTION: 13,
  TCP_USER_TIMEOUT: 18,
  TCP_FASTOPEN: 23,
  TCP_NOTSENT_LOWAT: 25,
  TCP_FASTOPEN_CONNECT: 30,
} as const;

/** <poll.h> */
export const POLL = {
  POLLIN: 0x001,
  POLLPRI: 0x002,
  POLLOUT: 0x004,
  POLLERR: 0x008,
  POLLHUP: 0x010,
  POLLNVAL: 0x020,
} as const;

/** <sys/select.h> */
export const SELECT = { FD_SETSIZE: 1024 } as const;

/** <signal.h>; the first real-time signals belong to the C library, which is why `SIGRTMIN` is 34. */
export const SIGNAL = {
  SIGILL: 4,
  SIGTRAP: 5,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGSTOP: 19,
  SIGURG: 23,
  SIGIO: 29,
  SIGRTMIN: 34,
  SIGRTMAX: 64,
  SIG_BLOCK: 0,
  SIG_UNBLOCK: 1,
} as const;

/** <sys/mman.h> */
export const MMAN = {
  PROT_READ: 1,
  PROT_WRITE: 2,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MADV_DONTNEED: 4,
  MADV_HUGEPAGE: 14,
} as const;

/** <pthread.h> */
export const PTHREAD = { PTHREAD_CANCEL_DISABLE: 1, PTHREAD_CANCEL_ASYNCHRONOUS: 1 } as const;

/** <time.h> */
export const CLOCK = {
  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 1,
  CLOCK_THREAD_CPUTIME_ID: 3,
  CLOCK_BOOTTIME: 7,
  CLOCK_REALTIME_ALARM: 8,
  CLOCK_BOOTTIME_ALARM: 9,
} as const;

/** <limits.h>: the buffers that one vectored call takes. */
export const LIMITS = { IOV_MAX: 1024, PATH_MAX: 4096, NAME_MAX: 255 } as const;

/** <dlfcn.h> */
export const DLFCN = { RTLD_NOW: 2, RTLD_NODELETE: 0x1000 } as const;

/** <sys/resource.h> */
export const RESOURCE = { RLIMIT_NOFILE: 7 } as const;

/** <netinet/in.h> */
export const IP = {
  IPPROTO_ICMP: 1,
  IPPROTO_IGMP: 2,
  IPPROTO_UDP: 17,
  IPPROTO_ICMPV6: 58,
  IPPROTO_SCTP: 132,
  IPPROTO_UDPLITE: 136,
  IPPROTO_RAW: 255,
  IPPROTO_MPTCP: 262,
  IP_HDRINCL: 3,
  IP_OPTIONS: 4,
  IP_ROUTER_ALERT: 5,
  IP_RECVOPTS: 6,
  IP_RETOPTS: 7,
  IP_PKTINFO: 8,
  IP_RECVERR: 11,
  IP_RECVTTL: 12,
  IP_RECVTOS: 13,
  IP_MTU: 14,
  IP_PASSSEC: 18,
  IP_MINTTL: 21,
  IP_NODEFRAG: 22,
  IP_CHECKSUM: 23,
  IP_RECVFRAGSIZE: 25,
  IP_RECVORIGDSTADDR: 20,
  IP_MULTICAST_IF: 32,
  IP_MULTICAST_TTL: 33,
  IP_MULTICAST_LOOP: 34,
  IP_ADD_MEMBERSHIP: 35,
  IP_DROP_MEMBERSHIP: 36,
  IP_UNBLOCK_SOURCE: 37,
  IP_BLOCK_SOURCE: 38,
  IP_ADD_SOURCE_MEMBERSHIP: 39,
  IP_DROP_SOURCE_MEMBERSHIP: 40,
  IP_MSFILTER: 41,
  IP_MULTICAST_ALL: 49,
  IP_UNICAST_IF: 50,
  IP_PMTUDISC_DONT: 0,
  IP_PMTUDISC_WANT: 1,
  IP_PMTUDISC_DO: 2,
  IP_PMTUDISC_PROBE: 3,
  MCAST_JOIN_GROUP: 42,
  MCAST_BLOCK_SOURCE: 43,
  MCAST_UNBLOCK_SOURCE: 44,
  MCAST_LEAVE_GROUP: 45,
  MCAST_JOIN_SOURCE_GROUP: 46,
  MCAST_LEAVE_SOURCE_GROUP: 47,
  MCAST_MSFILTER: 48,
  MCAST_EXCLUDE: 0,
  MCAST_INCLUDE: 1,
  IPV6_ADDRFORM: 1,
  IPV6_CHECKSUM: 7,
  IPV6_MULTICAST_IF: 17,
  IPV6_MULTICAST_HOPS: 18,
  IPV6_MULTICAST_LOOP: 19,
  IPV6_ADD_MEMBERSHIP: 20,
  IPV6_DROP_MEMBERSHIP: 21,
  IPV6_ROUTER_ALERT: 22,
  IPV6_MTU_DISCOVER: 23,
  IPV6_MTU: 24,
  IPV6_RECVERR: 25,
  IPV6_JOIN_ANYCAST: 27,
  IPV6_LEAVE_ANYCAST: 28,
  IPV6_MULTICAST_ALL: 29,
  IPV6_ROUTER_ALERT_ISOLATE: 30,
  IPV6_HDRINCL: 36,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_RECVHOPLIMIT: 51,
  IPV6_RECVHOPOPTS: 53,
  IPV6_HOPOPTS: 54,
  IPV6_RTHDRDSTOPTS: 55,
  IPV6_RECVRTHDR: 56,
  IPV6_RTHDR: 57,
  IPV6_RECVDSTOPTS: 58,
  IPV6_DSTOPTS: 59,
  IPV6_RECVPATHMTU: 60,
  IPV6_DONTFRAG: 62,
  IPV6_RECVTCLASS: 66,
  IPV6_AUTOFLOWLABEL: 70,
  IPV6_ADDR_PREFERENCES: 72,
  IPV6_MINHOPCOUNT: 73,
  IPV6_RECVORIGDSTADDR: 74,
  IPV6_TRANSPARENT: 75,
  IPV6_UNICAST_IF: 76,
  IPV6_RECVFRAGSIZE: 77,
  IPV6_FREEBIND: 78,
} as const;

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
export const MESSAGE = {
  MSG_CTRUNC: 0x8,
  MSG_TRUNC: 0x20,
  MSG_WAITFORONE: 0x10000,
  MSG_CMSG_CLOEXEC: 0x40000000,
  SCM_RIGHTS: 1,
  SCM_CREDENTIALS: 2,
  SCM_TIMESTAMP: 29,
} as const;

/** <netinet/in.h>: the hop limit of a datagram, as a control message. */
export const HOP_LIMIT = { IPV6_HOPLIMIT: 52 } as const;

/** <sys/ioctl.h> */
export const IOCTL = { FIONREAD: 0x541b } as const;

/**
 * What no header of Linux has a name for; no compiler is asked about it. A socket's own word against
 * SIGPIPE, the bytes that were not acknowledged yet (as an option, as a request), what the entries
 * of control data are aligned to, less one, and the handle that stands for the whole program.
 */
export const BSD: Readonly<
  Record<'SO_NOSIGPIPE' | 'SO_NWRITE' | 'FIONWRITE' | '_ALIGNBYTES' | 'RTLD_DEFAULT', number>
> = {
  SO_NOSIGPIPE: ABSENT,
  SO_NWRITE: ABSENT,
  FIONWRITE: ABSENT,
  _ALIGNBYTES: 7,
  RTLD_DEFAULT: 0,
};

/** Every table of numbers by its header, for the test that compares them with the compiler's. */
export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['errno.h', ERRNO],
  ['fcntl.h', FCNTL],
  ['fcntl.h', FADVISE],
  ['time.h', CLOCK],
  ['limits.h', LIMITS],
  ['sys/socket.h', SOCKET],
  ['netinet/in.h', INET],
  ['netinet/tcp.h', TCP],
  ['poll.h', POLL],
  ['sys/select.h', SELECT],
  ['signal.h', SIGNAL],
  ['sys/mman.h', MMAN],
  ['pthread.h', PTHREAD],
  ['dlfcn.h', DLFCN],
  ['sys/resource.h', RESOURCE],
  ['netinet/in.h', IP],
  ['netinet/in.h', HOP_LIMIT],
  ['sys/socket.h', MESSAGE],
  ['sys/ioctl.h', IOCTL],
];
