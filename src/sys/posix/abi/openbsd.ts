/**
 * Numbers and layouts of OpenBSD, on x64 and arm64 alike; a test compares them with tables that were
 * made by machine from its headers. What neither this file nor bsd.ts lists does not exist there.
 */
import * as bsd from './bsd.ts';
import type { Layout, Listed } from './shape.ts';

/** <errno.h> */
const ERRNO = {
  ...bsd.ERRNO,
  EPROTO: 95,
  EOPNOTSUPP: 45,
  ECANCELED: 88,
};

/** <fcntl.h> */
const FCNTL = {
  ...bsd.FCNTL,
  F_DUPFD_CLOEXEC: 10,
  AT_FDCWD: -100,
  O_NOCTTY: 0x8000,
  O_DSYNC: 0x80,
  O_CLOEXEC: 0x10000,
  O_DIRECTORY: 0x20000,
};

/** <sys/socket.h> */
const SOCKET = {
  ...bsd.SOCKET,
  AF_INET6: 24,
  SOCK_CLOEXEC: 0x8000,
  SOCK_NONBLOCK: 0x4000,
  MSG_NOSIGNAL: 0x400,
  SO_TIMESTAMP: 0x800,
};

/** <netinet/in.h> */
const INET = {
  ...bsd.INET,
  IPV6_TCLASS: 61,
};

/** <time.h> */
const CLOCK = {
  ...bsd.CLOCK,
  CLOCK_MONOTONIC: 3,
  CLOCK_THREAD_CPUTIME_ID: 4,
  CLOCK_BOOTTIME: 6,
};

/** <netinet/in.h> */
const IP = {
  ...bsd.IP,
  IP_RECVTTL: 31,
  IP_MINTTL: 32,
  IPV6_RECVPKTINFO: 36,
  IPV6_RTHDRDSTOPTS: 35,
  IPV6_RECVTCLASS: 57,
  IPV6_MINHOPCOUNT: 65,
};

/** <sys/socket.h>: messages with control data, as recvmsg(2) and sendmsg(2) carry them. */
const MESSAGE = {
  ...bsd.MESSAGE,
  MSG_CMSG_CLOEXEC: 0x800,
  SCM_TIMESTAMP: 4,
};

/** What Linux has no name for: <sys/socket.h> */
const BSD = {
  ...bsd.BSD,
  _ALIGNBYTES: 7,
};

const SOCKADDR_STORAGE = {
  type: 'struct sockaddr_storage',
  header: 'sys/socket.h',
  size: 256,
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
  size: 16,
  fields: { sa_handler: [0, 8], sa_mask: [8, 4], sa_flags: [12, 4] },
} as const satisfies Layout;

export const OPENBSD = {
  ...bsd,
  ERRNO,
  FCNTL,
  SOCKET,
  INET,
  CLOCK,
  IP,
  MESSAGE,
  BSD,
  SOCKADDR_STORAGE,
  TIMEVAL,
  SIGACTION,
} satisfies Listed<typeof import('./linux.ts')>;
