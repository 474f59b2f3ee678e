/** Numbers and layouts of the descriptors that stand for an event; a test asks the compiler. */
import type { Layout } from '../posix/abi.ts';
import { numbersOfLinux } from './presence.ts';

const arm64 = process.arch === 'arm64';

/** <sys/timerfd.h> */
export const TIMERFD = {
  TFD_CLOEXEC: 0o2000000,
  TFD_TIMER_ABSTIME: 1,
  TFD_TIMER_CANCEL_ON_SET: 2,
} as const;

/** <sys/signalfd.h> */
export const SIGNALFD = { SFD_CLOEXEC: 0o2000000 } as const;

/** <fcntl.h>: signals that say that a descriptor is ready. */
export const SIGNAL_IO = numbersOfLinux({
  O_ASYNC: 0o20000,
  F_SETSIG: 10,
  F_GETSIG: 11,
  F_SETOWN_EX: 15,
  F_OWNER_TID: 0,
});

export const F_OWNER_EX = {
  type: 'struct f_owner_ex',
  header: 'fcntl.h',
  size: 8,
  fields: { type: [0, 4], pid: [4, 4] },
} as const satisfies Layout;

/** <sys/inotify.h> */
export const INOTIFY = {
  IN_CLOEXEC: 0o2000000,
  IN_ACCESS: 0x1,
  IN_MODIFY: 0x2,
  IN_ATTRIB: 0x4,
  IN_CLOSE_WRITE: 0x8,
  IN_CLOSE_NOWRITE: 0x10,
  IN_OPEN: 0x20,
  IN_MOVED_FROM: 0x40,
  IN_MOVED_TO: 0x80,
  IN_CREATE: 0x100,
  IN_DELETE: 0x200,
  IN_DELETE_SELF: 0x400,
  IN_MOVE_SELF: 0x800,
  IN_UNMOUNT: 0x2000,
  IN_Q_OVERFLOW: 0x4000,
  IN_IGNORED: 0x8000,
  IN_CLOSE: 0x18,
  IN_MOVE: 0xc0,
  IN_ALL_EVENTS: 0xfff,
  IN_ONLYDIR: 0x01000000,
  IN_DONT_FOLLOW: 0x02000000,
  IN_EXCL_UNLINK: 0x04000000,
  IN_MASK_CREATE: 0x10000000,
  IN_MASK_ADD: 0x20000000,
  IN_ISDIR: 0x40000000,
  IN_ONESHOT: 1 << 31,
} as const;

/** <sys/wait.h> */
export const WAIT = { P_PIDFD: 3, WNOHANG: 1, WEXITED: 4, WNOWAIT: 0x01000000 } as const;

/** <signal.h>: why a signal was sent, and how a child changed. */
export const SIGINFO_CODES = {
  SI_USER: 0,
  SI_KERNEL: 0x80,
  SI_QUEUE: -1,
  SI_TIMER: -2,
  SI_MESGQ: -3,
  SI_ASYNCIO: -4,
  SI_SIGIO: -5,
  SI_TKILL: -6,
} as const;

/** <signal.h>: the codes of SIGCHLD. */
export const CHILD_CODES = {
  CLD_EXITED: 1,
  CLD_KILLED: 2,
  CLD_DUMPED: 3,
  CLD_TRAPPED: 4,
  CLD_STOPPED: 5,
  CLD_CONTINUED: 6,
} as const;

/** <signal.h>: the codes of a signal that tells of a descriptor (O_ASYNC). */
export const POLL_CODES = {
  POLL_IN: 1,
  POLL_OUT: 2,
  POLL_MSG: 3,
  POLL_ERR: 4,
  POLL_PRI: 5,
  POLL_HUP: 6,
} as const;

/** <fcntl.h> */
export const SEAL = numbersOfLinux({
  F_ADD_SEALS: 1033,
  F_GET_SEALS: 1034,
  F_SEAL_SEAL: 1,
  F_SEAL_SHRINK: 2,
  F_SEAL_GROW: 4,
  F_SEAL_WRITE: 8,
  F_SEAL_FUTURE_WRITE: 16,
});

/** <sys/syscall.h>: calls that not every C library wraps. */
export const EVENT_SYSCALL = {
  SYS_pidfd_send_signal: 424,
  SYS_pidfd_open: 434,
  SYS_pidfd_getfd: 438,
  SYS_rt_tgsigqueueinfo: arm64 ? 240 : 297,
} as const;

export const SIGNALFD_SIGINFO = {
  type: 'struct signalfd_siginfo',
  header: 'sys/signalfd.h',
  size: 128,
  fields: {
    ssi_signo: [0, 4],
    ssi_code: [8, 4],
    ssi_pid: [12, 4],
    ssi_uid: [16, 4],
    ssi_fd: [20, 4],
    ssi_band: [28, 4],
    ssi_overrun: [32, 4],
    ssi_int: [44, 4],
  },
} as const satisfies Layout;

/** The names of its fields are macros; what they stand for overlaps by kind of signal. */
export const SIGINFO = {
  type: 'siginfo_t',
  header: 'signal.h',
  size: 128,
  fields: {
    si_signo: [0, 4],
    si_code: [8, 4],
    si_pid: [16, 4],
    si_uid: [20, 4],
    si_status: [24, 4],
    si_value: [24, 8],
    si_band: [16, 8],
    si_fd: [24, 4],
  },
} as const satisfies Layout;

/** The name follows, `len` bytes of it, filled up with zeros. */
export const INOTIFY_EVENT = {
  type: 'struct inotify_event',
  header: 'sys/inotify.h',
  size: 16,
  fields: { wd: [0, 4], mask: [4, 4], cookie: [8, 4], len: [12, 4] },
} as const satisfies Layout;

export const EVENT_CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['sys/timerfd.h', TIMERFD],
  ['sys/signalfd.h', SIGNALFD],
  ['fcntl.h', SIGNAL_IO],
  ['sys/inotify.h', INOTIFY],
  ['sys/wait.h', WAIT],
  ['signal.h', SIGINFO_CODES],
  ['signal.h', CHILD_CODES],
  ['signal.h', POLL_CODES],
  ['fcntl.h', SEAL],
  ['sys/syscall.h', EVENT_SYSCALL],
];

export const EVENT_LAYOUTS: readonly Layout[] = [
  SIGNALFD_SIGINFO,
  F_OWNER_EX,
  SIGINFO,
  INOTIFY_EVENT,
];
