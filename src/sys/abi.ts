/** The numbers and layouts of this host, for everything that is written once for all of them. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/abi.ts';
import * as windows from './windows/abi.ts';

/** A table of numbers by the names of another one. */
type Numbers<Table> = { readonly [Name in keyof Table]: number };

/** A layout with the fields of another one. */
type Shape<Table extends posix.Layout> = posix.Layout & {
  readonly fields: { readonly [Name in keyof Table['fields']]: readonly [number, number] };
};

const isWindows = HOST === 'win32';

// What only calls of POSIX take, and the form of the values of socket options, which is the same on
// all hosts. What follows below goes before it.
export * from './posix/abi.ts';

export const ERRNO: Numbers<typeof posix.ERRNO> = isWindows ? windows.ERRNO : posix.ERRNO;
export const SOCKET: Numbers<typeof posix.SOCKET> = isWindows ? windows.SOCKET : posix.SOCKET;
export const INET: Numbers<typeof posix.INET> = isWindows ? windows.INET : posix.INET;
export const TCP: Numbers<typeof posix.TCP> = isWindows ? windows.TCP : posix.TCP;
export const POLL: Numbers<typeof posix.POLL> = isWindows ? windows.POLL : posix.POLL;

export const SOCKADDR_IN: Shape<typeof posix.SOCKADDR_IN> = isWindows
  ? windows.SOCKADDR_IN
  : posix.SOCKADDR_IN;
export const SOCKADDR_IN6: Shape<typeof posix.SOCKADDR_IN6> = isWindows
  ? windows.SOCKADDR_IN6
  : posix.SOCKADDR_IN6;
export const SOCKADDR_UN: Shape<typeof posix.SOCKADDR_UN> = isWindows
  ? windows.SOCKADDR_UN
  : posix.SOCKADDR_UN;
export const SOCKADDR_STORAGE: Shape<typeof posix.SOCKADDR_STORAGE> = isWindows
  ? windows.SOCKADDR_STORAGE
  : posix.SOCKADDR_STORAGE;
export const POLLFD: Shape<typeof posix.POLLFD> = isWindows ? windows.POLLFD : posix.POLLFD;
