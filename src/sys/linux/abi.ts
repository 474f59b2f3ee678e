/**
 * Numbers and layouts of the interfaces that only Linux has, as its headers have them.
 * Each table names its header; a test asks the C compiler for every one of them.
 */
import { HOST } from '../../platform/host.ts';
import type { Layout } from '../posix/abi.ts';
import { EVENT_CONSTANTS, EVENT_LAYOUTS } from './event-abi.ts';
import { IO_URING_CONSTANTS, IO_URING_LAYOUTS } from './io-uring-abi.ts';
import { MESSAGE_CONSTANTS, MESSAGE_LAYOUTS } from './message-abi.ts';
import * as netlink from './netlink/abi.ts';
import { numbersOfLinux } from './presence.ts';
import * as sockets from './sockets/abi.ts';

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
export const EVENTFD = { EFD_SEMAPHORE: 1, EFD_CLOEXEC: 0o2000000, EFD_NONBLOCK: 0o4000 } as const;

/** <sys/prctl.h> */
export const PRCTL = { PR_SET_PDEATHSIG: 1 } as const;

/** <sys/mman.h> */
export const MEMFD = { MFD_CLOEXEC: 1, MFD_ALLOW_SEALING: 2 } as const;

/** <sys/mman.h>, x64 only: a mapping in the first 2 GiB. Elsewhere nothing is asked for. */
export const MMAN_X64 = { MAP_32BIT: HOST === 'linux' ? 0x40 : 0 } as const;

/** <sys/syscall.h>: calls that not every C library wraps. */
export const SYSCALL = {
  SYS_gettid: arm64 ? 178 : 186,
  SYS_tgkill: arm64 ? 131 : 234,
  SYS_timer_create: arm64 ? 107 : 222,
  SYS_timer_settime: arm64 ? 110 : 223,
  SYS_timer_delete: arm64 ? 111 : 226,
  SYS_io_uring_setup: 425,
  SYS_io_uring_enter: 426,
  SYS_io_uring_register: 427,
} as const;

/** <linux/sockios.h> */
export const SOCKIOS = numbersOfLinux({ SIOCOUTQ: 0x5411 });

/** <sys/ioctl.h>: terminals. */
export const TERMINAL_IOCTL = {
  TCSBRK: 0x5409,
  TCFLSH: 0x540b,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  TIOCPKT: 0x5420,
  TIOCGPKT: 0x80045438,
  TIOCPKT_FLUSHREAD: 1,
  TIOCPKT_FLUSHWRITE: 2,
  TIOCPKT_STOP: 4,
  TIOCPKT_START: 8,
  TIOCPKT_NOSTOP: 16,
  TIOCPKT_DOSTOP: 32,
} as const;

/** <asm/termbits.h>: the kernel's own, as <termios.h> knows only the baud rates that have a name. */
export const TERMIOS = {
  TCGETS2: 0x802c542a,
  TCSETS2: 0x402c542b,
  TCSETSW2: 0x402c542c,
  TCSETSF2: 0x402c542d,
  TCIFLUSH: 0,
  TCOFLUSH: 1,
  TCIOFLUSH: 2,
  VTIME: 5,
  VMIN: 6,
  BRKINT: 0o2,
  IGNBRK: 0o1,
  PARMRK: 0o10,
  INPCK: 0o20,
  ISTRIP: 0o40,
  INLCR: 0o100,
  IGNCR: 0o200,
  ICRNL: 0o400,
  IXON: 0o2000,
  IXOFF: 0o10000,
  OPOST: 0o1,
  CSIZE: 0o60,
  CS5: 0,
  CS6: 0o20,
  CS7: 0o40,
  CS8: 0o60,
  CSTOPB: 0o100,
  CREAD: 0o200,
  PARENB: 0o400,
  PARODD: 0o1000,
  CLOCAL: 0o4000,
  CBAUD: 0o10017,
  BOTHER: 0o10000,
  IBSHIFT: 16,
  CRTSCTS: 0o20000000000,
  ISIG: 0o1,
  ICANON: 0o2,
  ECHO: 0o10,
  ECHONL: 0o100,
  IEXTEN: 0o100000,
} as const;

/** <sys/uio.h>: flags of preadv2(2). */
export const UIO = numbersOfLinux({ RWF_NOWAIT: 8 });

/** <signal.h>: a timer that signals one thread. */
export const SIGNAL_EVENT = { SIGEV_THREAD_ID: 4 } as const;

export const TERMIOS2 = {
  type: 'struct termios2',
  header: 'asm/termbits.h',
  size: 44,
  fields: {
    c_iflag: [0, 4],
    c_oflag: [4, 4],
    c_cflag: [8, 4],
    c_lflag: [12, 4],
    c_line: [16, 1],
    c_cc: [17, 19],
    c_ispeed: [36, 4],
    c_ospeed: [40, 4],
  },
} as const satisfies Layout;

export const WINSIZE = {
  type: 'struct winsize',
  header: 'sys/ioctl.h',
  size: 8,
  fields: { ws_row: [0, 2], ws_col: [2, 2], ws_xpixel: [4, 2], ws_ypixel: [6, 2] },
} as const satisfies Layout;

/** The thread's number is the first word of the union at the end. */
export const SIGEVENT = {
  type: 'struct sigevent',
  header: 'signal.h',
  size: 64,
  fields: { sigev_value: [0, 8], sigev_signo: [8, 4], sigev_notify: [12, 4], _sigev_un: [16, 48] },
} as const satisfies Layout;

/** Packed on x64, where the kernel keeps the layout of 32-bit programs; natural everywhere else. */
export const EPOLL_EVENT = {
  type: 'struct epoll_event',
  header: 'sys/epoll.h',
  size: arm64 ? 16 : 12,
  fields: { events: [0, 4], data: [arm64 ? 8 : 4, 8] },
} as const satisfies Layout;

/** <sys/socket.h>: the families that only Linux has. */
export const FAMILY = numbersOfLinux({ AF_NETLINK: 16, AF_PACKET: 17, AF_CAN: 29, AF_VSOCK: 40 });

/** <linux/vm_sockets.h>; the two that stand for "any" are -1 in C, all bits set. */
export const VSOCK = {
  VMADDR_CID_ANY: -1,
  VMADDR_CID_HYPERVISOR: 0,
  VMADDR_CID_LOCAL: 1,
  VMADDR_CID_HOST: 2,
  VMADDR_PORT_ANY: -1,
} as const;

export const SOCKADDR_VM = {
  type: 'struct sockaddr_vm',
  header: 'linux/vm_sockets.h',
  size: 16,
  fields: { svm_family: [0, 2], svm_port: [4, 4], svm_cid: [8, 4] },
} as const satisfies Layout;

export const SOCKADDR_NL = {
  type: 'struct sockaddr_nl',
  header: 'linux/netlink.h',
  size: 12,
  fields: { nl_family: [0, 2], nl_pid: [4, 4], nl_groups: [8, 4] },
} as const satisfies Layout;

export const SOCKADDR_LL = {
  type: 'struct sockaddr_ll',
  header: 'linux/if_packet.h',
  size: 20,
  fields: {
    sll_family: [0, 2],
    sll_protocol: [2, 2],
    sll_ifindex: [4, 4],
    sll_hatype: [8, 2],
    sll_pkttype: [10, 1],
    sll_halen: [11, 1],
    sll_addr: [12, 8],
  },
} as const satisfies Layout;

export const SOCKADDR_CAN = {
  type: 'struct sockaddr_can',
  header: 'linux/can.h',
  size: 24,
  fields: {
    can_family: [0, 2],
    can_ifindex: [4, 4],
    'can_addr.tp.rx_id': [8, 4],
    'can_addr.tp.tx_id': [12, 4],
  },
} as const satisfies Layout;

export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['sys/epoll.h', EPOLL],
  ['sys/eventfd.h', EVENTFD],
  ['sys/prctl.h', PRCTL],
  ['sys/mman.h', MEMFD],
  ...(arm64 ? [] : ([['sys/mman.h', MMAN_X64]] as const)),
  ['sys/syscall.h', SYSCALL],
  ['linux/sockios.h', SOCKIOS],
  ['sys/ioctl.h', TERMINAL_IOCTL],
  ['asm/termbits.h', TERMIOS],
  ['sys/uio.h', UIO],
  ['signal.h', SIGNAL_EVENT],
  ...EVENT_CONSTANTS,
  ['sys/socket.h', FAMILY],
  ['linux/vm_sockets.h', VSOCK],
  ...sockets.CONSTANTS,
  ...netlink.CONSTANTS,
  ...MESSAGE_CONSTANTS,
  ...IO_URING_CONSTANTS,
];

export const LAYOUTS: readonly Layout[] = [
  EPOLL_EVENT,
  TERMIOS2,
  WINSIZE,
  SIGEVENT,
  ...EVENT_LAYOUTS,
  SOCKADDR_VM,
  SOCKADDR_NL,
  SOCKADDR_LL,
  SOCKADDR_CAN,
  ...sockets.LAYOUTS,
  ...netlink.LAYOUTS,
  ...MESSAGE_LAYOUTS,
  ...IO_URING_LAYOUTS,
];
