/** <winsock2.h>: the bare calls. Results are bytes, sockets or 0, or the negative error number. */
import { bind, bindTruth, bindValue } from '../ffi.ts';
import { WSADATA } from './abi.ts';
import { KERNEL32, WS2_32 } from './libraries.ts';

const VERSION_2_2 = 0x202;

const wsaStartup = bindValue<[version: number, data: Uint8Array]>(
  'WSAStartup',
  'int',
  ['uint', 'buffer'],
  WS2_32,
);

let isStarted = false;

/** Winsock counts its users; Node is one from its start, and each thread of ours is another. */
export function startWinsock(): void {
  if (isStarted) return;
  isStarted = true;
  wsaStartup(VERSION_2_2, new Uint8Array(WSADATA.size));
}

type SocketParameters = [
  domain: number,
  type: number,
  protocol: number,
  info: Uint8Array | null,
  group: number,
  flags: number,
];

export const wsaSocket = bind<SocketParameters>(
  'WSASocketW',
  'ssize',
  ['int', 'int', 'int', 'buffer', 'uint', 'uint'],
  WS2_32,
);

export const wsaDuplicateSocket = bind<[fd: number, pid: number, info: Uint8Array]>(
  'WSADuplicateSocketW',
  'int',
  ['fd', 'uint', 'buffer'],
  WS2_32,
);

export const ioctlsocket = bind<[fd: number, command: number, value: Int32Array]>(
  'ioctlsocket',
  'int',
  ['fd', 'int', 'buffer'],
  WS2_32,
);

export const closesocket = bind<[fd: number]>('closesocket', 'int', ['fd'], WS2_32);

export const setHandleInformation = bindTruth<[fd: number, mask: number, flags: number]>(
  'SetHandleInformation',
  'int',
  ['fd', 'uint', 'uint'],
  KERNEL32,
);

type AddressIn = [fd: number, address: Uint8Array, size: number];
type AddressOut = [fd: number, address: Uint8Array, size: Int32Array];

export const bindSocket = bind<AddressIn>('bind', 'int', ['fd', 'buffer', 'int'], WS2_32);
export const connectSocket = bind<AddressIn>('connect', 'int', ['fd', 'buffer', 'int'], WS2_32);
export const accept = bind<AddressOut>('accept', 'ssize', ['fd', 'buffer', 'buffer'], WS2_32);
export const getName = bind<AddressOut>('getsockname', 'int', ['fd', 'buffer', 'buffer'], WS2_32);
export const getpeername = bind<AddressOut>(
  'getpeername',
  'int',
  ['fd', 'buffer', 'buffer'],
  WS2_32,
);
export const listen = bind<[fd: number, backlog: number]>('listen', 'int', ['fd', 'int'], WS2_32);
export const shutdown = bind<[fd: number, how: number]>('shutdown', 'int', ['fd', 'int'], WS2_32);

type Transfer<Memory> = [fd: number, memory: Memory, size: number, flags: number];
const TRANSFER = ['fd', 'buffer', 'int', 'int'] as const;
const TRANSFER_AT = ['fd', 'address', 'int', 'int'] as const;

export const recvBytes = bind<Transfer<Uint8Array>>('recv', 'int', TRANSFER, WS2_32);
export const sendBytes = bind<Transfer<Uint8Array>>('send', 'int', TRANSFER, WS2_32);
export const recvMemory = bind<Transfer<number>>('recv', 'int', TRANSFER_AT, WS2_32);
export const sendMemory = bind<Transfer<number>>('send', 'int', TRANSFER_AT, WS2_32);

export const sendBytesTo = bind<[...Transfer<Uint8Array>, address: number, addressSize: number]>(
  'sendto',
  'int',
  [...TRANSFER, 'address', 'int'],
  WS2_32,
);

/** The same with the address in the caller's memory. */
export const sendBytesToAddress = bind<
  [...Transfer<Uint8Array>, address: Uint8Array, addressSize: number]
>('sendto', 'int', [...TRANSFER, 'buffer', 'int'], WS2_32);

export const recvBytesFrom = bind<[...Transfer<Uint8Array>, address: number, sizeAddress: number]>(
  'recvfrom',
  'int',
  [...TRANSFER, 'address', 'address'],
  WS2_32,
);

type Option = [fd: number, level: number, option: number, value: Uint8Array];
const OPTION = ['fd', 'int', 'int', 'buffer'] as const;

export const setsockopt = bind<[...Option, size: number]>(
  'setsockopt',
  'int',
  [...OPTION, 'int'],
  WS2_32,
);
export const getsockopt = bind<[...Option, size: Int32Array]>(
  'getsockopt',
  'int',
  [...OPTION, 'buffer'],
  WS2_32,
);

/** WSAPoll over entries at an address. */
export const wsaPoll = bind<[entries: number, count: number, timeout: number]>(
  'WSAPoll',
  'int',
  ['address', 'uint', 'int'],
  WS2_32,
);

/** WSAPoll over the caller's entries. */
export const wsaPollEntries = bind<[entries: Int32Array, count: number, timeout: number]>(
  'WSAPoll',
  'int',
  ['buffer', 'uint', 'int'],
  WS2_32,
);

/** select over three sets and a time limit at addresses; 0 in place of one means none. */
export const selectSockets = bind<
  [ignored: number, readable: number, writable: number, exceptional: number, timeout: number]
>('select', 'int', ['int', 'address', 'address', 'address', 'address'], WS2_32);
