/**
 * Numbers and layouts of Winsock and of the Win32 interface, as the headers of Windows have them.
 * Each table names its header; a test asks a compiler for Windows about every one of them.
 *
 * The names are those of POSIX where both have the thing, so that what is written once for all
 * hosts finds its number here. What Windows lacks is `ABSENT`: no call takes it. 64-bit only.
 */
import type { Layout } from '../posix/abi.ts';

/** The number of what this system does not have. */
export const ABSENT = -1;

/**
 * Error numbers: libuv's, negated, as Windows has none of its own that Node would name; `errno` of
 * an error is then Node's. The few that libuv lacks have the number of the C library (<errno.h>).
 */
export const ERRNO = {
  EPERM: 4048,
  ENOENT: 4058,
  ESRCH: 4040,
  EINTR: 4072,
  EIO: 4070,
  ENXIO: 4033,
  EBADF: 4083,
  ECHILD: 10,
  EAGAIN: 4088,
  ENOMEM: 4057,
  EACCES: 4092,
  EBUSY: 4082,
  EEXIST: 4075,
  ENODEV: 4059,
  ENOTDIR: 4052,
  EISDIR: 4068,
  EINVAL: 4071,
  ENFILE: 4061,
  EMFILE: 4066,
  ENOTTY: 4029,
  ETXTBSY: 4038,
  EFBIG: 4036,
  ENOSPC: 4055,
  EROFS: 4043,
  EPIPE: 4047,
  ENAMETOOLONG: 4064,
  ENOSYS: 4054,
  ELOOP: 4067,
  ETIME: 137,
  EPROTO: 4046,
  ENOTSOCK: 4050,
  EDESTADDRREQ: 4076,
  EMSGSIZE: 4065,
  ENOPROTOOPT: 4035,
  EPROTONOSUPPORT: 4045,
  ESOCKTNOSUPPORT: 4025,
  EOPNOTSUPP: 4049,
  EAFNOSUPPORT: 4089,
  EADDRINUSE: 4091,
  EADDRNOTAVAIL: 4090,
  ENETDOWN: 4063,
  ENETUNREACH: 4062,
  ECONNABORTED: 4079,
  ECONNRESET: 4077,
  ENOBUFS: 4060,
  EISCONN: 4069,
  ENOTCONN: 4053,
  ETOOMANYREFS: 10059,
  ETIMEDOUT: 4039,
  ECONNREFUSED: 4078,
  EHOSTUNREACH: 4073,
  EALREADY: 4084,
  EINPROGRESS: 112,
  ECANCELED: 4081,
} as const;

/** <winsock2.h>: the part of it that POSIX has too. */
const SHARED_SOCKET = {
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 23,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOL_SOCKET: 0xffff,
  SOMAXCONN: 0x7fffffff,
  MSG_OOB: 0x1,
  MSG_PEEK: 0x2,
  MSG_WAITALL: 0x8,
  SO_DEBUG: 0x1,
  SO_ACCEPTCONN: 0x2,
  SO_REUSEADDR: 0x4,
  SO_KEEPALIVE: 0x8,
  SO_DONTROUTE: 0x10,
  SO_BROADCAST: 0x20,
  SO_LINGER: 0x80,
  SO_OOBINLINE: 0x100,
  SO_SNDBUF: 0x1001,
  SO_RCVBUF: 0x1002,
  SO_SNDLOWAT: 0x1003,
  SO_RCVLOWAT: 0x1004,
  SO_SNDTIMEO: 0x1005,
  SO_RCVTIMEO: 0x1006,
  SO_ERROR: 0x1007,
  SO_TYPE: 0x1008,
} as const;

/** <winsock2.h>: directions of shutdown. */
const DIRECTIONS = { SD_RECEIVE: 0, SD_SEND: 1, SD_BOTH: 2 } as const;

/** Flags of calls that Winsock does not know: bits that only our own calls read. */
export const OWN_FLAG = {
  /** Not to wait, although the socket is blocking. */
  DONTWAIT: 1 << 30,
  /** To answer a message's whole length although the buffer is too small for it. */
  TRUNC: 1 << 29,
} as const;

/** What POSIX calls <sys/socket.h>. */
export const SOCKET = {
  ...SHARED_SOCKET,
  SHUT_RD: DIRECTIONS.SD_RECEIVE,
  SHUT_WR: DIRECTIONS.SD_SEND,
  SHUT_RDWR: DIRECTIONS.SD_BOTH,
  SOCK_CLOEXEC: 0,
  SOCK_NONBLOCK: 0,
  MSG_DONTWAIT: OWN_FLAG.DONTWAIT,
  MSG_TRUNC: OWN_FLAG.TRUNC,
  // Winsock raises no signal.
  MSG_NOSIGNAL: 0,
  SO_PRIORITY: ABSENT,
  SO_REUSEPORT: ABSENT,
  SO_PASSCRED: ABSENT,
  SO_BINDTODEVICE: ABSENT,
  SO_TIMESTAMP: ABSENT,
  SO_SNDBUFFORCE: ABSENT,
  SO_RCVBUFFORCE: ABSENT,
  SO_MARK: ABSENT,
  SO_PROTOCOL: ABSENT,
  SO_DOMAIN: ABSENT,
  SO_BUSY_POLL: ABSENT,
  SO_INCOMING_CPU: ABSENT,
  SO_ZEROCOPY: ABSENT,
} as const;

/** <winsock2.h>: what only Winsock has. */
export const WINSOCK = {
  WSA_FLAG_OVERLAPPED: 0x01,
  WSA_FLAG_NO_HANDLE_INHERIT: 0x80,
  SO_EXCLUSIVEADDRUSE: -5,
  SO_PROTOCOL_INFOW: 0x2005,
  FIONBIO: 0x8004667e | 0,
  FIONREAD: 0x4004667f,
} as const;

/** <ws2tcpip.h>: the part of it that POSIX calls <netinet/in.h>. */
const SHARED_INET = {
  IPPROTO_IP: 0,
  IPPROTO_TCP: 6,
  IPPROTO_IPV6: 41,
  IP_TOS: 3,
  IP_TTL: 4,
  IPV6_UNICAST_HOPS: 4,
  IPV6_V6ONLY: 27,
} as const;

export const INET = {
  ...SHARED_INET,
  IP_MTU_DISCOVER: ABSENT,
  IP_FREEBIND: ABSENT,
  IP_TRANSPARENT: ABSENT,
  IP_BIND_ADDRESS_NO_PORT: ABSENT,
  IPV6_TCLASS: ABSENT,
} as const;

/** <winsock2.h>: the part of it that POSIX calls <netinet/tcp.h>. */
const SHARED_TCP = { TCP_NODELAY: 1 } as const;

/** What POSIX calls <netinet/tcp.h>. The times of keep-alive are newer than the compiler's headers. */
export const TCP = {
  ...SHARED_TCP,
  TCP_KEEPIDLE: ABSENT,
  TCP_KEEPINTVL: ABSENT,
  TCP_KEEPCNT: ABSENT,
  TCP_MAXSEG: ABSENT,
  TCP_FASTOPEN: ABSENT,
  TCP_CORK: ABSENT,
  TCP_SYNCNT: ABSENT,
  TCP_LINGER2: ABSENT,
  TCP_DEFER_ACCEPT: ABSENT,
  TCP_WINDOW_CLAMP: ABSENT,
  TCP_QUICKACK: ABSENT,
  TCP_CONGESTION: ABSENT,
  TCP_USER_TIMEOUT: ABSENT,
  TCP_NOTSENT_LOWAT: ABSENT,
  TCP_FASTOPEN_CONNECT: ABSENT,
} as const;

/** <winsock2.h>: WSAPoll. */
const WSA_POLL = {
  POLLRDNORM: 0x100,
  POLLRDBAND: 0x200,
  POLLWRNORM: 0x10,
  POLLERR: 0x1,
  POLLHUP: 0x2,
  POLLNVAL: 0x4,
} as const;

/** What POSIX calls <poll.h>. WSAPoll refuses POLLPRI; urgent data is its POLLRDBAND. */
export const POLL = {
  POLLIN: WSA_POLL.POLLRDNORM,
  POLLPRI: WSA_POLL.POLLRDBAND,
  POLLOUT: WSA_POLL.POLLWRNORM,
  POLLERR: WSA_POLL.POLLERR,
  POLLHUP: WSA_POLL.POLLHUP,
  POLLNVAL: WSA_POLL.POLLNVAL,
} as const;

/** <winbase.h>, <winnt.h>, <memoryapi.h> */
export const WIN32 = {
  MEM_COMMIT: 0x1000,
  MEM_RESERVE: 0x2000,
  MEM_DECOMMIT: 0x4000,
  MEM_RELEASE: 0x8000,
  PAGE_READWRITE: 4,
  HANDLE_FLAG_INHERIT: 1,
  STILL_ACTIVE: 259,
  THREAD_QUERY_LIMITED_INFORMATION: 0x800,
} as const;

export const SOCKADDR_IN = {
  type: 'struct sockaddr_in',
  header: 'winsock2.h',
  size: 16,
  fields: { sin_family: [0, 2], sin_port: [2, 2], sin_addr: [4, 4] },
} as const satisfies Layout;

export const SOCKADDR_IN6 = {
  type: 'struct sockaddr_in6',
  header: 'ws2tcpip.h',
  size: 28,
  fields: {
    sin6_family: [0, 2],
    sin6_port: [2, 2],
    sin6_flowinfo: [4, 4],
    sin6_addr: [8, 16],
    sin6_scope_id: [24, 4],
  },
} as const satisfies Layout;

/** <afunix.h>, which not every compiler for Windows has. */
export const SOCKADDR_UN = {
  type: 'struct sockaddr_un',
  header: 'afunix.h',
  size: 110,
  fields: { sun_family: [0, 2], sun_path: [2, 108] },
} as const satisfies Layout;

export const SOCKADDR_STORAGE = {
  type: 'struct sockaddr_storage',
  header: 'winsock2.h',
  size: 128,
  fields: { ss_family: [0, 2] },
} as const satisfies Layout;

/** A SOCKET takes 8 bytes, of which the upper half is 0. */
export const POLLFD = {
  type: 'WSAPOLLFD',
  header: 'winsock2.h',
  size: 16,
  fields: { fd: [0, 8], events: [8, 2], revents: [10, 2] },
} as const satisfies Layout;

/** A count and an array of SOCKETs, whose length of 64 is the compiler's and not the kernel's. */
export const FD_SET = {
  type: 'fd_set',
  header: 'winsock2.h',
  size: 520,
  fields: { fd_count: [0, 4], fd_array: [8, 512] },
} as const satisfies Layout;

export const TIMEVAL = {
  type: 'struct timeval',
  header: 'winsock2.h',
  size: 8,
  fields: { tv_sec: [0, 4], tv_usec: [4, 4] },
} as const satisfies Layout;

export const LINGER = {
  type: 'struct linger',
  header: 'winsock2.h',
  size: 4,
  fields: { l_onoff: [0, 2], l_linger: [2, 2] },
} as const satisfies Layout;

export const WSADATA = {
  type: 'WSADATA',
  header: 'winsock2.h',
  size: 408,
  fields: { wVersion: [0, 2], wHighVersion: [2, 2] },
} as const satisfies Layout;

/** What SO_PROTOCOL_INFOW answers, and WSADuplicateSocketW. */
export const WSAPROTOCOL_INFO = {
  type: 'WSAPROTOCOL_INFOW',
  header: 'winsock2.h',
  size: 628,
  fields: { iAddressFamily: [76, 4], iSocketType: [88, 4], iProtocol: [92, 4] },
} as const satisfies Layout;

/** Every table of numbers by its header, for the test that compares them with the compiler's. */
export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['winsock2.h', SHARED_SOCKET],
  ['winsock2.h', DIRECTIONS],
  ['winsock2.h', WINSOCK],
  ['winsock2.h', WSA_POLL],
  ['ws2tcpip.h', SHARED_INET],
  ['winsock2.h', SHARED_TCP],
  ['windows.h', WIN32],
];

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
  WSADATA,
  WSAPROTOCOL_INFO,
];
