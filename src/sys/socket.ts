/** Sockets of this host. Results are bytes, descriptors or 0, or the negative error number. */
export { unsentBytes } from './linux/socket-queue.ts';
export {
  acceptSocket,
  bindAddress,
  connect,
  getpeername,
  getsockname,
  getsockopt,
  listen,
  openSocket,
  openSocketPair,
  recv,
  recvAt,
  recvfrom,
  send,
  sendAt,
  sendto,
  setSocketTimeouts,
  setsockopt,
  shutdown,
} from './posix/socket.ts';
