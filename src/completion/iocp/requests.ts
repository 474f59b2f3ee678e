/** What each kind of operation asks of the kernel, and what its answer means. */
import { ERRNO, SOCKET } from '../../sys/abi.ts';
import { encodeAddress, type RawAddress } from '../../sys/address.ts';
import { close } from '../../sys/descriptor.ts';
import { bindAddress, connect, openSocket, socketDomain } from '../../sys/socket.ts';
import {
  afdEvents,
  readAfdPoll,
  readyOfAfd,
  startAfdPoll,
  writeAfdPoll,
} from '../../sys/windows/afd.ts';
import {
  finishAccept,
  finishConnect,
  isListening,
  socketType,
  startAccept,
  startConnect,
} from '../../sys/windows/extensions.ts';
import {
  cancelOverlapped,
  PENDING,
  startRead,
  startRecv,
  startSend,
  startWrite,
} from '../../sys/windows/overlapped.ts';
import type { Place } from '../operation-buffer.ts';
import type { Engine } from './engine.ts';
import { type OperationBlocks, PART } from './operation-blocks.ts';
import type { Request } from './task.ts';

const { AF_INET, AF_INET6, SOCK_STREAM } = SOCKET;
const { EINVAL, ENOTSOCK } = ERRNO;

/** Where a transfer begins in its file. */
export interface FilePosition {
  /** Called when it starts: the offset in bytes. */
  begin(): number;
  /** Called when it is complete, with how many bytes it moved or the negative error number. */
  end(moved: number): void;
}

function recvInto(fd: number, blocks: OperationBlocks, slot: number): number {
  const vector = blocks.addressOf(slot, PART.vector);
  return startRecv(fd, vector, blocks.addressOf(slot, PART.flags), blocks.overlappedOf(slot));
}

/** Receives whatever comes first; `all`: again and again, until the buffer is full. */
export function recvRequest(fd: number, { address, length }: Place, all: boolean): Request {
  let received = 0;
  return {
    fd,
    least: all ? length : 0,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, address + received, length - received);
      return recvInto(fd, blocks, slot);
    },
    take: (result, _block, isEnding) => {
      if (result > 0) received += result;
      const isOver = !all || result <= 0 || received === length || isEnding;
      if (!isOver) return null;
      // What came before it failed is a result all the same.
      return received > 0 ? received : result;
    },
  };
}

/** Receives nothing: it is complete when bytes, or the end of the stream, are there. */
export function idleRequest(fd: number): Request {
  return {
    fd,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, 0, 0);
      return recvInto(fd, blocks, slot);
    },
  };
}

/** Receives what is there already. One that would wait is broken off, and holds its buffer no longer. */
export function recvAtOnceRequest(fd: number, address: number, length: number): Request {
  return {
    fd,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, address, length);
      const answer = recvInto(fd, blocks, slot);
      if (answer === PENDING) cancelOverlapped(fd, blocks.overlappedOf(slot));
      return answer;
    },
  };
}

/** Sends: on a stream it is complete when the kernel has taken all of it. */
export function sendRequest(fd: number, { address, length }: Place, least: number): Request {
  return {
    fd,
    least,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, address, length);
      return startSend(fd, blocks.addressOf(slot, PART.vector), blocks.overlappedOf(slot));
    },
  };
}

/** Where the bytes of a transfer lie, and where in its file they are. */
interface FileTransfer {
  readonly place: Place;
  readonly position: FilePosition;
}

/** Reads from a file, or from a pipe. */
export function readRequest(fd: number, { place, position }: FileTransfer): Request {
  const { address, length } = place;
  return {
    fd,
    offset: position.begin,
    least: length,
    start: (blocks, slot) => startRead(fd, address, length, blocks.overlappedOf(slot)),
    take: (result) => {
      position.end(result);
      return result;
    },
  };
}

/** Writes to a file, or to a pipe. */
export function writeRequest(fd: number, { place, position }: FileTransfer): Request {
  const { address, length } = place;
  return {
    fd,
    offset: position.begin,
    least: length,
    start: (blocks, slot) => startWrite(fd, address, length, blocks.overlappedOf(slot)),
    take: (result) => {
      position.end(result);
      return result;
    },
  };
}

/** Accepts one connection: its socket, which is made before and closed when nobody comes. */
export function acceptRequest(listener: number): Request {
  let socket = -1;
  return {
    fd: listener,
    start: (blocks, slot) => {
      if (!isListening(listener)) return -EINVAL;
      const domain = socketDomain(listener);
      if (domain < 0) return domain;
      socket = openSocket(domain, SOCK_STREAM, 0);
      if (socket < 0) return socket;
      const room = blocks.addressOf(slot, PART.accept);
      return startAccept(listener, socket, room, blocks.overlappedOf(slot));
    },
    take: (result) => {
      if (socket < 0) return result;
      const answer = result < 0 ? result : finishAccept(socket, listener);
      if (answer < 0) close(socket);
      return answer < 0 ? answer : socket;
    },
  };
}

/** The address that stands for any: ConnectEx wants a socket that is bound. */
function bindToAny(fd: number): number {
  const domain = socketDomain(fd);
  if (domain < 0) return domain;
  if (domain !== AF_INET && domain !== AF_INET6) return 0;
  const host = domain === AF_INET ? '0.0.0.0' : '::';
  const { bytes, size } = encodeAddress({ host, port: 0 });
  const result = bindAddress(fd, bytes, size);
  // It is bound already.
  return result === -EINVAL ? 0 : result;
}

/** Connects a stream; a datagram socket's peer is only written down, which takes no time. */
export function connectRequest(fd: number, name: RawAddress): Request {
  const type = socketType(fd);
  if (type >= 0 && type !== SOCK_STREAM) {
    return { fd, perform: () => connect(fd, name.bytes, name.size) };
  }
  return {
    fd,
    start: (blocks, slot) => {
      const bound = bindToAny(fd);
      if (bound < 0) return bound;
      blocks.setName(slot, name);
      const address = blocks.addressOf(slot, PART.name);
      return startConnect(fd, address, name.size, blocks.overlappedOf(slot));
    },
    take: (result) => (result < 0 ? result : finishConnect(fd)),
  };
}

/** Waits until a socket is ready, by the driver of Winsock: the ready bits. */
export function pollRequest(engine: Engine, fd: number, interest: number): Request {
  return {
    fd,
    isPoll: true,
    start: (blocks, slot) => {
      if (socketType(fd) < 0) return -ENOTSOCK;
      const at = blocks.at(slot, PART.poll);
      writeAfdPoll(blocks.words, at, { socket: fd, events: afdEvents(interest) });
      const info = blocks.addressOf(slot, PART.poll);
      return startAfdPoll(engine.afd, info, blocks.overlappedOf(slot));
    },
    take: (result, { blocks, slot }) =>
      result < 0 ? result : readyOfAfd(readAfdPoll(blocks.words, blocks.at(slot, PART.poll))),
  };
}
