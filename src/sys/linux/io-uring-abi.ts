/**
 * Numbers and layouts of <linux/io_uring.h>; a test asks the C compiler for every one of them.
 * The header of a distribution is often older than its kernel: what came after 6.1 stands in tables
 * of its own, and the test says which of those the installed header does not know yet.
 */
import type { Layout } from '../posix/abi.ts';

/** The header of every table here. */
export const IO_URING_HEADER = 'linux/io_uring.h';

/** Flags of io_uring_setup(2), as far as 6.1 has them. */
export const IORING_SETUP = {
  IORING_SETUP_CQSIZE: 1 << 3,
  IORING_SETUP_CLAMP: 1 << 4,
  IORING_SETUP_SUBMIT_ALL: 1 << 7,
  IORING_SETUP_COOP_TASKRUN: 1 << 8,
  IORING_SETUP_TASKRUN_FLAG: 1 << 9,
  IORING_SETUP_SINGLE_ISSUER: 1 << 12,
  IORING_SETUP_DEFER_TASKRUN: 1 << 13,
} as const;

/** What a kernel says of itself in `features`. */
export const IORING_FEAT = {
  IORING_FEAT_SINGLE_MMAP: 1 << 0,
  IORING_FEAT_NODROP: 1 << 1,
  IORING_FEAT_SUBMIT_STABLE: 1 << 2,
  IORING_FEAT_RW_CUR_POS: 1 << 3,
  IORING_FEAT_FAST_POLL: 1 << 5,
  IORING_FEAT_EXT_ARG: 1 << 8,
  IORING_FEAT_CQE_SKIP: 1 << 11,
  IORING_FEAT_LINKED_FILE: 1 << 12,
} as const;

/** Flags and offsets of the ring's memory and of io_uring_enter(2). */
export const IORING = {
  IORING_OFF_SQ_RING: 0,
  IORING_OFF_SQES: 0x10000000,
  IORING_SQ_CQ_OVERFLOW: 1 << 1,
  IORING_SQ_TASKRUN: 1 << 2,
  IORING_ENTER_GETEVENTS: 1 << 0,
  IORING_ENTER_EXT_ARG: 1 << 3,
  IORING_ENTER_REGISTERED_RING: 1 << 4,
  IORING_CQE_F_BUFFER: 1 << 0,
  IORING_CQE_F_MORE: 1 << 1,
  IORING_CQE_F_SOCK_NONEMPTY: 1 << 2,
  IORING_CQE_F_NOTIF: 1 << 3,
  IORING_CQE_BUFFER_SHIFT: 16,
  IO_URING_OP_SUPPORTED: 1 << 0,
  IORING_RSRC_REGISTER_SPARSE: 1 << 0,
} as const;

/** Operations. */
export const IORING_OP = {
  IORING_OP_NOP: 0,
  IORING_OP_FSYNC: 3,
  IORING_OP_POLL_ADD: 6,
  IORING_OP_POLL_REMOVE: 7,
  IORING_OP_SENDMSG: 9,
  IORING_OP_RECVMSG: 10,
  IORING_OP_TIMEOUT: 11,
  IORING_OP_TIMEOUT_REMOVE: 12,
  IORING_OP_ACCEPT: 13,
  IORING_OP_ASYNC_CANCEL: 14,
  IORING_OP_LINK_TIMEOUT: 15,
  IORING_OP_CONNECT: 16,
  IORING_OP_OPENAT: 18,
  IORING_OP_CLOSE: 19,
  IORING_OP_FILES_UPDATE: 20,
  IORING_OP_READ: 22,
  IORING_OP_WRITE: 23,
  IORING_OP_SEND: 26,
  IORING_OP_RECV: 27,
  IORING_OP_SHUTDOWN: 34,
  IORING_OP_SOCKET: 45,
  IORING_OP_SEND_ZC: 47,
} as const;

/** Flags of one submission, and those of single operations. */
export const IOSQE = {
  IOSQE_FIXED_FILE: 1 << 0,
  IOSQE_IO_DRAIN: 1 << 1,
  IOSQE_IO_LINK: 1 << 2,
  IOSQE_IO_HARDLINK: 1 << 3,
  IOSQE_ASYNC: 1 << 4,
  IOSQE_BUFFER_SELECT: 1 << 5,
  IOSQE_CQE_SKIP_SUCCESS: 1 << 6,
  IORING_ACCEPT_MULTISHOT: 1 << 0,
  IORING_RECVSEND_POLL_FIRST: 1 << 0,
  IORING_RECV_MULTISHOT: 1 << 1,
  IORING_SEND_ZC_REPORT_USAGE: 1 << 3,
  IORING_NOTIF_USAGE_ZC_COPIED: 1 << 31,
  IORING_POLL_ADD_MULTI: 1 << 0,
  IORING_FSYNC_DATASYNC: 1 << 0,
  IORING_TIMEOUT_ETIME_SUCCESS: 1 << 5,
  IORING_ASYNC_CANCEL_ALL: 1 << 0,
  IORING_ASYNC_CANCEL_FD: 1 << 1,
  IORING_ASYNC_CANCEL_ANY: 1 << 2,
} as const;

/** Requests of io_uring_register(2). */
export const IORING_REGISTER = {
  IORING_UNREGISTER_FILES: 3,
  IORING_REGISTER_EVENTFD: 4,
  IORING_REGISTER_FILES_UPDATE: 6,
  IORING_REGISTER_PROBE: 8,
  IORING_REGISTER_FILES2: 13,
  IORING_REGISTER_RING_FDS: 20,
  IORING_UNREGISTER_RING_FDS: 21,
  IORING_REGISTER_PBUF_RING: 22,
  IORING_UNREGISTER_PBUF_RING: 23,
  IORING_REGISTER_SYNC_CANCEL: 24,
} as const;

/** Kernel 6.6: the submission ring without its array of indices. */
export const SINCE_6_6 = { IORING_SETUP_NO_SQARRAY: 1 << 16 } as const;

/** Kernel 6.12: buffers that several receives fill one after another. */
export const SINCE_6_12 = { IOU_PBUF_RING_INC: 2, IORING_CQE_F_BUF_MORE: 1 << 4 } as const;

/** Kernel 6.14. */
export const SINCE_6_14 = { IORING_FEAT_RW_ATTR: 1 << 16 } as const;

export const IO_URING_PARAMS = {
  type: 'struct io_uring_params',
  header: IO_URING_HEADER,
  size: 120,
  fields: {
    sq_entries: [0, 4],
    cq_entries: [4, 4],
    flags: [8, 4],
    features: [20, 4],
    wq_fd: [24, 4],
    sq_off: [40, 40],
    cq_off: [80, 40],
  },
} as const satisfies Layout;

export const IO_SQRING_OFFSETS = {
  type: 'struct io_sqring_offsets',
  header: IO_URING_HEADER,
  size: 40,
  fields: {
    head: [0, 4],
    tail: [4, 4],
    ring_mask: [8, 4],
    ring_entries: [12, 4],
    flags: [16, 4],
    dropped: [20, 4],
    array: [24, 4],
  },
} as const satisfies Layout;

export const IO_CQRING_OFFSETS = {
  type: 'struct io_cqring_offsets',
  header: IO_URING_HEADER,
  size: 40,
  fields: {
    head: [0, 4],
    tail: [4, 4],
    ring_mask: [8, 4],
    ring_entries: [12, 4],
    overflow: [16, 4],
    cqes: [20, 4],
    flags: [24, 4],
  },
} as const satisfies Layout;

export const IO_URING_SQE = {
  type: 'struct io_uring_sqe',
  header: IO_URING_HEADER,
  size: 64,
  fields: {
    opcode: [0, 1],
    flags: [1, 1],
    ioprio: [2, 2],
    fd: [4, 4],
    off: [8, 8],
    addr2: [8, 8],
    addr: [16, 8],
    len: [24, 4],
    rw_flags: [28, 4],
    msg_flags: [28, 4],
    accept_flags: [28, 4],
    cancel_flags: [28, 4],
    poll32_events: [28, 4],
    timeout_flags: [28, 4],
    open_flags: [28, 4],
    fsync_flags: [28, 4],
    user_data: [32, 8],
    buf_index: [40, 2],
    buf_group: [40, 2],
    personality: [42, 2],
    file_index: [44, 4],
    addr3: [48, 8],
  },
} as const satisfies Layout;

export const IO_URING_CQE = {
  type: 'struct io_uring_cqe',
  header: IO_URING_HEADER,
  size: 16,
  fields: { user_data: [0, 8], res: [8, 4], flags: [12, 4] },
} as const satisfies Layout;

export const IO_URING_BUF = {
  type: 'struct io_uring_buf',
  header: IO_URING_HEADER,
  size: 16,
  fields: { addr: [0, 8], len: [8, 4], bid: [12, 2], resv: [14, 2] },
} as const satisfies Layout;

/** The ring of buffers; its tail lies in the unused part of the first entry. */
export const IO_URING_BUF_RING = {
  type: 'struct io_uring_buf_ring',
  header: IO_URING_HEADER,
  size: 16,
  fields: { tail: [14, 2] },
} as const satisfies Layout;

/** `pad` became `flags` in 6.4; the size and the place are the same. */
export const IO_URING_BUF_REG = {
  type: 'struct io_uring_buf_reg',
  header: IO_URING_HEADER,
  size: 40,
  fields: { ring_addr: [0, 8], ring_entries: [8, 4], bgid: [12, 2] },
} as const satisfies Layout;

/** Where `flags` of `struct io_uring_buf_reg` lies: what 6.1 calls `pad`, in bytes. */
export const BUF_REG_FLAGS = 14;

export const IO_URING_GETEVENTS_ARG = {
  type: 'struct io_uring_getevents_arg',
  header: IO_URING_HEADER,
  size: 24,
  fields: { sigmask: [0, 8], sigmask_sz: [8, 4], ts: [16, 8] },
} as const satisfies Layout;

export const KERNEL_TIMESPEC = {
  type: 'struct __kernel_timespec',
  header: 'linux/time_types.h',
  size: 16,
  fields: { tv_sec: [0, 8], tv_nsec: [8, 8] },
} as const satisfies Layout;

export const IO_URING_RSRC_REGISTER = {
  type: 'struct io_uring_rsrc_register',
  header: IO_URING_HEADER,
  size: 32,
  fields: { nr: [0, 4], flags: [4, 4], data: [16, 8], tags: [24, 8] },
} as const satisfies Layout;

/** For a ring's own number, and for entries of the file table. */
export const IO_URING_RSRC_UPDATE = {
  type: 'struct io_uring_rsrc_update',
  header: IO_URING_HEADER,
  size: 16,
  fields: { offset: [0, 4], resv: [4, 4], data: [8, 8] },
} as const satisfies Layout;

export const IO_URING_FILES_UPDATE = {
  type: 'struct io_uring_files_update',
  header: IO_URING_HEADER,
  size: 16,
  fields: { offset: [0, 4], resv: [4, 4], fds: [8, 8] },
} as const satisfies Layout;

export const IO_URING_PROBE = {
  type: 'struct io_uring_probe',
  header: IO_URING_HEADER,
  size: 16,
  fields: { last_op: [0, 1], ops_len: [1, 1] },
} as const satisfies Layout;

export const IO_URING_PROBE_OP = {
  type: 'struct io_uring_probe_op',
  header: IO_URING_HEADER,
  size: 8,
  fields: { op: [0, 1], flags: [2, 2] },
} as const satisfies Layout;

export const IO_URING_SYNC_CANCEL_REG = {
  type: 'struct io_uring_sync_cancel_reg',
  header: IO_URING_HEADER,
  size: 64,
  fields: { addr: [0, 8], fd: [8, 4], flags: [12, 4], timeout: [16, 16] },
} as const satisfies Layout;

/** What every header since 6.1 has. */
export const IO_URING_CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] =
  [IORING_SETUP, IORING_FEAT, IORING, IORING_OP, IOSQE, IORING_REGISTER].map((table) => [
    IO_URING_HEADER,
    table,
  ]);

/** What newer headers have too, with the kernel that brought it. */
export const IO_URING_NEWER: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['6.6', SINCE_6_6],
  ['6.12', SINCE_6_12],
  ['6.14', SINCE_6_14],
];

export const IO_URING_LAYOUTS: readonly Layout[] = [
  IO_URING_PARAMS,
  IO_SQRING_OFFSETS,
  IO_CQRING_OFFSETS,
  IO_URING_SQE,
  IO_URING_CQE,
  IO_URING_BUF,
  IO_URING_BUF_RING,
  IO_URING_BUF_REG,
  IO_URING_GETEVENTS_ARG,
  KERNEL_TIMESPEC,
  IO_URING_RSRC_REGISTER,
  IO_URING_RSRC_UPDATE,
  IO_URING_FILES_UPDATE,
  IO_URING_PROBE,
  IO_URING_PROBE_OP,
  IO_URING_SYNC_CANCEL_REG,
];
