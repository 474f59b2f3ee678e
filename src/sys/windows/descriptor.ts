/**
 * Handles: closing, their mode, and reading and writing those that are sockets.
 *
 * A number here is a SOCKET or a HANDLE. The numbers of Node's fs are another thing: positions in a
 * table of the C library, which no call of the kernel knows.
 */
import { bindTruth } from '../ffi.ts';
import { ERRNO, SOCKET } from './abi.ts';
import { KERNEL32 } from './libraries.ts';
import { adoptSocket, closeSocket, duplicateSocket, getsockopt, recv, send } from './socket.ts';
import { forgetSocket, isKnownSocket, isMarkedNonBlocking, noteSocket } from './socket-table.ts';
import { openLoopback, portOf } from './wake-socket.ts';
import { connectSocket, getName } from './winsock.ts';

const closeHandle = bindTruth<[handle: number]>('CloseHandle', 'int', ['fd'], KERNEL32);

const getHandleInformation = bindTruth<[handle: number, flags: Int32Array]>(
  'GetHandleInformation',
  'int',
  ['fd', 'buffer'],
  KERNEL32,
);

const ADDRESS_ROOM = 16;

/** Closes a socket or a handle: 0, or the negative error number. */
export function close(fd: number): number {
  const result = closeSocket(fd);
  if (result !== -ERRNO.ENOTSOCK) return result;
  return Math.min(closeHandle(fd), 0);
}

/** recv on a socket. */
export function read(fd: number, bytes: Uint8Array, size: number): number {
  return recv(fd, bytes, size, 0);
}

/** send on a socket. */
export function write(fd: number, bytes: Uint8Array, size: number): number {
  return send(fd, bytes, size, 0);
}

/** Whether calls on it answer would-block instead of waiting: 0, or the negative error number. */
export function setNonBlocking(fd: number, on: boolean): number {
  const known = isKnownSocket(fd) ? 0 : adoptSocket(fd);
  if (known < 0) return known;
  noteSocket(fd, on);
  return 0;
}

/** 0 or 1, or the negative error number. A socket that others opened is taken for a blocking one. */
export function isNonBlocking(fd: number): number {
  const known = isKnownSocket(fd) ? 0 : adoptSocket(fd);
  return known < 0 ? known : Number(isMarkedNonBlocking(fd));
}

/** Whether the number names an open handle. */
export function isOpen(fd: number): boolean {
  const type = new Uint8Array(4);
  const { SOL_SOCKET, SO_TYPE } = SOCKET;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, type, Int32Array.of(type.length)) >= 0) return true;
  // Closed behind our back: what has the number next is somebody else's.
  forgetSocket(fd);
  return getHandleInformation(fd, new Int32Array(1)) >= 0;
}

/**
 * What a waker writes to and a wait sees: a datagram socket that is connected to itself, or the
 * negative error number.
 */
export function openSelfConnected(): number {
  const fd = openLoopback();
  if (fd < 0) return fd;
  const address = new Uint8Array(ADDRESS_ROOM);
  getName(fd, address, Int32Array.of(address.length));
  const result = connectSocket(fd, address, address.length);
  if (result >= 0 && portOf(fd) > 0 && noteSocket(fd, true)) return fd;
  closeSocket(fd);
  return result < 0 ? result : -ERRNO.EMFILE;
}

/** A descriptor that is held to be given up, or the negative error number. */
export function openSpareDescriptor(): number {
  const fd = openLoopback();
  if (fd >= 0) noteSocket(fd, true);
  return fd;
}

/** A second handle of the same socket, for whoever closes what he is given. */
export const duplicate = duplicateSocket;
