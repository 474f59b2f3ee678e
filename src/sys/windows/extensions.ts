/**
 * Functions of Winsock that no library exports for certain: WSAIoctl answers where they are.
 *
 * Facts: AcceptEx takes a socket that it is to make the connection of, and room for two addresses
 * with 16 bytes more than each takes; ConnectEx wants a socket that is bound. Both leave the socket
 * without what it should know (its addresses, how to be shut down) until it is told so.
 *
 * What this means for us: the functions are asked for once per thread, of the first socket at hand;
 * `finishAccept` and `finishConnect` are part of the operations.
 */
import { type Native, resolve, resolvePointer, settle, settleTruth } from '../ffi.ts';
import { SOCKET } from './abi.ts';
import { EXTENSION } from './completion-abi.ts';
import { WS2_32 } from './libraries.ts';
import { started } from './overlapped.ts';
import { getsockopt, setsockopt } from './winsock.ts';

const { SOL_SOCKET } = SOCKET;
/** Room for one address of an accept, in bytes. */
const ADDRESS_ROOM = 128 + 16;
/** Room for the two addresses that AcceptEx writes, in bytes. */
export const ACCEPT_ROOM = 2 * ADDRESS_ROOM;

/** <mswsock.h>, as their bytes lie in memory. */
const GUID = {
  acceptEx: 'f17d36b5accbcf1195ca00805f48a192',
  connectEx: 'b907a225f3dd60468ee976e58c74063e',
  recvMsg: 'd7ad89f6fbae31408aaefeb9b5f4d1dd',
} as const;

let ioctl: Native | undefined;

/** The address of an extension function, or the negative error number. */
function addressOfExtension(socket: number, guid: string): number {
  ioctl ??= resolve(
    'WSAIoctl',
    'int',
    ['fd', 'uint', 'buffer', 'uint', 'buffer', 'uint', 'buffer', 'address', 'address'],
    WS2_32,
  );
  const answer = new BigUint64Array(1);
  const got = new Uint32Array(1);
  const request = EXTENSION.SIO_GET_EXTENSION_FUNCTION_POINTER;
  const name = Buffer.from(guid, 'hex');
  const result = settle(
    ioctl(socket, request, name, name.length, answer, answer.byteLength, got, 0, 0),
  );
  return result < 0 ? result : Number(answer[0]);
}

let acceptNative: Native | undefined;

/**
 * AcceptEx: `socket` becomes the connection; `room` is the address of ACCEPT_ROOM bytes. NOW,
 * PENDING, or the negative error number.
 */
export function startAccept(
  listener: number,
  socket: number,
  room: number,
  overlapped: number,
): number {
  if (acceptNative === undefined) {
    const address = addressOfExtension(listener, GUID.acceptEx);
    if (address < 0) return address;
    acceptNative = resolvePointer(address, 'int', [
      'address',
      'address',
      'address',
      'uint',
      'uint',
      'uint',
      'buffer',
      'address',
    ]);
  }
  const got = acceptedBytes;
  const size = ADDRESS_ROOM;
  return started(settleTruth(acceptNative(listener, socket, room, 0, size, size, got, overlapped)));
}

/** AcceptEx wants a place for a count that is not looked at. */
const acceptedBytes = new Uint32Array(1);

let connectNative: Native | undefined;

/** ConnectEx to the address of `size` bytes at `name`; the socket must be bound. */
export function startConnect(
  socket: number,
  name: number,
  size: number,
  overlapped: number,
): number {
  if (connectNative === undefined) {
    const address = addressOfExtension(socket, GUID.connectEx);
    if (address < 0) return address;
    connectNative = resolvePointer(address, 'int', [
      'address',
      'address',
      'int',
      'address',
      'uint',
      'address',
      'address',
    ]);
  }
  return started(settleTruth(connectNative(socket, name, size, 0, 0, 0, overlapped)));
}

let recvMessageNative: Native | undefined;

/** WSARecvMsg of a datagram socket; `message` is the address of a WSAMSG. */
export function startRecvMessage(socket: number, message: number, overlapped: number): number {
  if (recvMessageNative === undefined) {
    const address = addressOfExtension(socket, GUID.recvMsg);
    if (address < 0) return address;
    recvMessageNative = resolvePointer(address, 'int', [
      'address',
      'address',
      'address',
      'address',
      'address',
    ]);
  }
  return started(settle(recvMessageNative(socket, message, 0, overlapped, 0)));
}

const listenerWord = new BigUint64Array(1);
const listenerBytes = new Uint8Array(listenerWord.buffer);
const nothing = new Uint8Array(0);

/** Tells an accepted socket whose connection it is: 0, or the negative error number. */
export function finishAccept(socket: number, listener: number): number {
  listenerWord[0] = BigInt(listener);
  const option = EXTENSION.SO_UPDATE_ACCEPT_CONTEXT;
  return setsockopt(socket, SOL_SOCKET, option, listenerBytes, listenerBytes.length);
}

/** Tells a socket that it is connected: 0, or the negative error number. */
export function finishConnect(socket: number): number {
  return setsockopt(socket, SOL_SOCKET, EXTENSION.SO_UPDATE_CONNECT_CONTEXT, nothing, 0);
}

const word = new Int32Array(1);
const wordBytes = new Uint8Array(word.buffer);
const wordSize = new Int32Array(1);

function askSocket(socket: number, option: number): number {
  wordSize[0] = wordBytes.length;
  const result = getsockopt(socket, SOL_SOCKET, option, wordBytes, wordSize);
  return result < 0 ? result : (word[0] as number);
}

/** A socket's type (SOCK_STREAM, SOCK_DGRAM), or the negative error number: ENOTSOCK. */
export function socketType(socket: number): number {
  return askSocket(socket, SOCKET.SO_TYPE);
}

/** Whether a socket listens. An accept of one that does not waits for ever on some versions. */
export function isListening(socket: number): boolean {
  return askSocket(socket, SOCKET.SO_ACCEPTCONN) > 0;
}
