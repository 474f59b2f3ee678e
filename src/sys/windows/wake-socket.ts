/**
 * How a thread that waits in Winsock is woken from another one.
 *
 * Facts:
 * - There are no signals. CancelSynchronousIo reaches calls on files and pipes; a blocking Winsock
 *   call waits for an event of its own instead. CancelIoEx on the socket ends such a recv or
 *   accept, and with it every other operation that anybody has on that socket. What select and
 *   WSAPoll wait in belongs to one of their sockets at random, and is documented nowhere.
 * - A wait for several sockets ends when any of them is ready, and a datagram that has come stays.
 *
 * What this means for us: every wait is one for the caller's sockets and for a datagram socket of
 * the waiting thread. To wake it is to send a byte there. Nothing is cancelled, no other operation
 * is touched, and a wake that comes just before the wait is not lost. No call of ours sleeps in the
 * kernel anywhere else: sockets are non-blocking for Winsock, and one that is blocking for its user
 * is waited for before it is tried again (see socket.ts).
 *
 * The port is no secret: whoever sends to it from this machine makes a thread look at its stop
 * word, find nothing and wait again.
 *
 * Verified under Wine, not yet on Windows itself.
 */
import {
  FREE,
  ownerOf,
  ownSlot,
  SLOT_WORDS,
  STATE,
  table,
  WAKE_PORT,
  WAKE_SOCKET,
} from '../thread-table.ts';
import { ERRNO, SOCKADDR_IN, SOCKET, WINSOCK } from './abi.ts';
import {
  bindSocket,
  closesocket,
  getName,
  ioctlsocket,
  recvBytes,
  sendBytesToAddress,
  startWinsock,
  wsaSocket,
} from './winsock.ts';

const LOOPBACK = [127, 0, 0, 1];
const { sin_family, sin_port, sin_addr } = SOCKADDR_IN.fields;
const byte = Uint8Array.of(1);
const drain = new Uint8Array(8);

let own = -1;
let ownPort = 0;
let isOver = false;

function loopback(port: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_IN.size);
  const view = new DataView(address.buffer);
  view.setUint16(sin_family[0], SOCKET.AF_INET, true);
  view.setUint16(sin_port[0], port);
  address.set(LOOPBACK, sin_addr[0]);
  return address;
}

function openDatagramSocket(): number {
  startWinsock();
  const { WSA_FLAG_OVERLAPPED, WSA_FLAG_NO_HANDLE_INHERIT, FIONBIO } = WINSOCK;
  const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
  const fd = wsaSocket(SOCKET.AF_INET, SOCKET.SOCK_DGRAM, 0, null, 0, flags);
  if (fd >= 0) ioctlsocket(fd, FIONBIO, Int32Array.of(1));
  return fd;
}

/** A datagram socket on a port that the kernel chose, or the negative error number. */
export function openLoopback(): number {
  const fd = openDatagramSocket();
  if (fd < 0) return fd;
  const address = loopback(0);
  const result = bindSocket(fd, address, address.length);
  if (result >= 0) return fd;
  closesocket(fd);
  return result;
}

/** The port of such a socket. */
export function portOf(fd: number): number {
  const address = new Uint8Array(SOCKADDR_IN.size);
  getName(fd, address, Int32Array.of(address.length));
  return new DataView(address.buffer).getUint16(sin_port[0]);
}

function open(slot: number): void {
  // A thread that was terminated has left its socket behind.
  const left = Atomics.load(table, slot + WAKE_SOCKET);
  own = left > 0 ? left : openLoopback();
  if (own < 0) return;
  ownPort = portOf(own);
  // Before the slot is given back: its next owner must not find the socket in it.
  process.prependOnceListener('exit', close);
}

function close(): void {
  isOver = true;
  const slot = ownSlot();
  if (slot !== 0) {
    Atomics.store(table, slot + WAKE_PORT, 0);
    Atomics.store(table, slot + WAKE_SOCKET, 0);
  }
  closesocket(own);
  own = -1;
}

/**
 * The socket that belongs into every wait of this thread, or -1 when nobody could wake it: it is in
 * no wait that others know of, or no socket is left.
 */
export function wakeSocket(): number {
  const slot = ownSlot();
  if (slot === 0 || isOver) return -1;
  if (own < 0) open(slot);
  if (own >= 0 && Atomics.load(table, slot + WAKE_PORT) !== ownPort) {
    Atomics.store(table, slot + WAKE_SOCKET, own);
    Atomics.store(table, slot + WAKE_PORT, ownPort);
  }
  return own;
}

/** Takes in what woke this thread. */
export function clearWakes(): void {
  // A byte sent by others may be larger than the room for it: that one is gone all the same.
  while (own >= 0) {
    const result = recvBytes(own, drain, drain.length, 0);
    if (result < 0 && result !== -ERRNO.EMSGSIZE) return;
  }
}

/** Ends the wait of a thread: 0, or the negative error number, ESRCH when no such thread waits. */
export function wake(thread: number): number {
  for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
    if (ownerOf(slot) !== thread || table[slot + STATE] === FREE) continue;
    const port = Atomics.load(table, slot + WAKE_PORT);
    return port === 0 ? 0 : sendTo(port);
  }
  return -ERRNO.ESRCH;
}

function sendTo(port: number): number {
  const fd = openDatagramSocket();
  if (fd < 0) return fd;
  const address = loopback(port);
  const result = sendBytesToAddress(fd, byte, byte.length, 0, address, address.length);
  closesocket(fd);
  return Math.min(result, 0);
}
