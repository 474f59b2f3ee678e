/** Sockets of this host. Results are bytes, descriptors or 0, or the negative error number. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/socket.ts';
import * as queue from './posix/socket-queue.ts';
import * as windows from './windows/socket.ts';

const here: Omit<typeof posix, 'QUIET_OPTION' | 'setReceiveTwin'> =
  HOST === 'win32' ? windows : posix;

export const {
  acceptSocket,
  adoptSocket,
  bindAddress,
  connect,
  getpeername,
  getsockname,
  getsockopt,
  listen,
  NO_SIGPIPE,
  openSocket,
  openSocketPair,
  prepareListener,
  recv,
  recvAt,
  recvfrom,
  removePeer,
  send,
  sendAt,
  sendto,
  setSocketTimeouts,
  setsockopt,
  sharePort,
  shutdown,
  socketDomain,
} = here;

/** What the peer has not acknowledged, in bytes. */
export const unsentBytes: (fd: number) => number =
  HOST === 'win32' ? windows.unsentBytes : queue.unsentBytes;
