/**
 * Numbers and layouts of overlapped I/O on Windows, as the headers of its kit have them; 64-bit
 * Windows only. Each table names its header; a test asks a C compiler for every one of them.
 */
import type { Layout } from '../posix/abi.ts';

/** <minwinbase.h>; its first half is the IO_STATUS_BLOCK of the native calls. */
export const OVERLAPPED = {
  type: 'OVERLAPPED',
  header: 'windows.h',
  size: 32,
  fields: {
    Internal: [0, 8],
    InternalHigh: [8, 8],
    Offset: [16, 4],
    OffsetHigh: [20, 4],
    hEvent: [24, 8],
  },
} as const satisfies Layout;

/** <minwinbase.h> */
export const OVERLAPPED_ENTRY = {
  type: 'OVERLAPPED_ENTRY',
  header: 'windows.h',
  size: 32,
  fields: {
    lpCompletionKey: [0, 8],
    lpOverlapped: [8, 8],
    Internal: [16, 8],
    dwNumberOfBytesTransferred: [24, 4],
  },
} as const satisfies Layout;

/** <ws2def.h> */
export const WSABUF = {
  type: 'WSABUF',
  header: 'winsock2.h',
  size: 16,
  fields: { len: [0, 4], buf: [8, 8] },
} as const satisfies Layout;

/** <ws2def.h> */
export const WSAMSG = {
  type: 'WSAMSG',
  header: 'winsock2.h',
  size: 56,
  fields: {
    name: [0, 8],
    namelen: [8, 4],
    lpBuffers: [16, 8],
    dwBufferCount: [24, 4],
    Control: [32, 16],
    dwFlags: [48, 4],
  },
} as const satisfies Layout;

/**
 * The input and output of IOCTL_AFD_POLL for one socket. No header has it: it is what Winsock's own
 * select and WSAPoll give their driver.
 */
export const AFD_POLL_INFO = {
  size: 32,
  fields: {
    Timeout: [0, 8],
    NumberOfHandles: [8, 4],
    Exclusive: [12, 4],
    Handle: [16, 8],
    Events: [24, 4],
    Status: [28, 4],
  },
} as const;

/** Of the driver's interface, which no header has either. */
export const AFD = {
  IOCTL_AFD_POLL: 0x12024,
  RECEIVE: 0x1,
  RECEIVE_EXPEDITED: 0x2,
  SEND: 0x4,
  DISCONNECT: 0x8,
  ABORT: 0x10,
  LOCAL_CLOSE: 0x20,
  ACCEPT: 0x80,
  CONNECT_FAIL: 0x100,
} as const;

/** <winternl.h> */
export const OBJECT_ATTRIBUTES = {
  type: 'OBJECT_ATTRIBUTES',
  header: 'winternl.h',
  size: 48,
  fields: {
    Length: [0, 4],
    RootDirectory: [8, 8],
    ObjectName: [16, 8],
    Attributes: [24, 4],
    SecurityDescriptor: [32, 8],
    SecurityQualityOfService: [40, 8],
  },
} as const satisfies Layout;

/** <winternl.h> */
export const UNICODE_STRING = {
  type: 'UNICODE_STRING',
  header: 'winternl.h',
  size: 16,
  fields: { Length: [0, 2], MaximumLength: [2, 2], Buffer: [8, 8] },
} as const satisfies Layout;

/** <ntstatus.h>; as 32-bit integers with a sign, which is how they are read. */
export const NTSTATUS = {
  STATUS_SUCCESS: 0,
  STATUS_PENDING: 0x103,
  STATUS_BUFFER_OVERFLOW: 0x80000005 | 0,
  STATUS_END_OF_FILE: 0xc0000011 | 0,
  STATUS_PIPE_BROKEN: 0xc000014b | 0,
  STATUS_CANCELLED: 0xc0000120 | 0,
} as const;

/** <winbase.h> */
export const COMPLETION_MODE = {
  FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: 1,
  FILE_SKIP_SET_EVENT_ON_HANDLE: 2,
} as const;

/** <mswsock.h> and <ws2def.h> */
export const EXTENSION = {
  SIO_GET_EXTENSION_FUNCTION_POINTER: 0xc8000006,
  SO_UPDATE_ACCEPT_CONTEXT: 0x700b,
  SO_UPDATE_CONNECT_CONTEXT: 0x7010,
} as const;

/** <winnt.h>, <fileapi.h>, <winbase.h> */
export const FILE = {
  GENERIC_READ: 0x80000000,
  GENERIC_WRITE: 0x40000000,
  FILE_APPEND_DATA: 0x4,
  SYNCHRONIZE: 0x100000,
  FILE_SHARE_READ: 0x1,
  FILE_SHARE_WRITE: 0x2,
  FILE_SHARE_DELETE: 0x4,
  CREATE_NEW: 1,
  CREATE_ALWAYS: 2,
  OPEN_EXISTING: 3,
  OPEN_ALWAYS: 4,
  TRUNCATE_EXISTING: 5,
  FILE_ATTRIBUTE_READONLY: 0x1,
  FILE_ATTRIBUTE_DIRECTORY: 0x10,
  FILE_ATTRIBUTE_NORMAL: 0x80,
  FILE_FLAG_OVERLAPPED: 0x40000000,
  INVALID_FILE_ATTRIBUTES: -1,
} as const;

/** <winbase.h> */
export const NAMED_PIPE = {
  PIPE_ACCESS_DUPLEX: 0x3,
  FILE_FLAG_FIRST_PIPE_INSTANCE: 0x80000,
  PIPE_TYPE_BYTE: 0x0,
  PIPE_READMODE_BYTE: 0x0,
  PIPE_WAIT: 0x0,
  PIPE_REJECT_REMOTE_CLIENTS: 0x8,
  PIPE_UNLIMITED_INSTANCES: 255,
} as const;

/** <ws2def.h>: flags of a message that was received. */
export const MESSAGE_FLAG = { MSG_TRUNC: 0x100, MSG_CTRUNC: 0x200 } as const;
