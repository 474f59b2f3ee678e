/**
 * Numbers and layouts of the interfaces that only Linux has, as its headers have them.
 * Each table names its header; a test asks the C compiler for every one of them.
 */
import type { Layout } from '../posix/abi.ts';

const arm64 = process.arch === 'arm64';

/** <sys/epoll.h> */
export const EPOLL = {
  EPOLL_CLOEXEC: 0o2000000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 0x001,
  EPOLLPRI: 0x002,
  EPOLLOUT: 0x004,
  EPOLLERR: 0x008,
  EPOLLHUP: 0x010,
  EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 1 << 28,
  EPOLLONESHOT: 1 << 30,
  EPOLLET: 1 << 31,
} as const;

/** <sys/eventfd.h> */
export const EVENTFD = { EFD_CLOEXEC: 0o2000000, EFD_NONBLOCK: 0o4000 } as const;

/** <sys/prctl.h> */
export const PRCTL = { PR_SET_PDEATHSIG: 1 } as const;

/** <sys/mman.h> */
export const MEMFD = { MFD_CLOEXEC: 1 } as const;

/** <sys/mman.h>, x64 only: a mapping in the first 2 GiB. */
export const MMAN_X64 = { MAP_32BIT: 0x40 } as const;

/** <sys/syscall.h>: calls that not every C library wraps. */
export const SYSCALL = {
  SYS_gettid: arm64 ? 178 : 186,
  SYS_tgkill: arm64 ? 131 : 234,
} as const;

/** <linux/sockios.h> */
export const SOCKIOS = { SIOCOUTQ: 0x5411 } as const;

/** <sys/ioctl.h> */
export const IOCTL = { FIONREAD: 0x541b } as const;

/** Packed on x64, where the kernel keeps the layout of 32-bit programs; natural everywhere else. */
export const EPOLL_EVENT = {
  type: 'struct epoll_event',
  header: 'sys/epoll.h',
  size: arm64 ? 16 : 12,
  fields: { events: [0, 4], data: [arm64 ? 8 : 4, 8] },
} as const satisfies Layout;

export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['sys/epoll.h', EPOLL],
  ['sys/eventfd.h', EVENTFD],
  ['sys/prctl.h', PRCTL],
  ['sys/mman.h', MEMFD],
  ...(arm64 ? [] : ([['sys/mman.h', MMAN_X64]] as const)),
  ['sys/syscall.h', SYSCALL],
  ['linux/sockios.h', SOCKIOS],
  ['sys/ioctl.h', IOCTL],
];

export const LAYOUTS: readonly Layout[] = [EPOLL_EVENT];
