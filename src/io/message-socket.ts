import { SystemError } from '../errors.ts';
import type { Handle } from '../platform/fd.ts';
import { ERRNO, SOCKET } from '../sys/abi.ts';
import type { DatagramBatch } from './datagram-batch.ts';
import { receiveBatch, requireDatagrams, transmitBatch } from './datagram-calls.ts';
import { Descriptor } from './descriptor.ts';
import {
  type Message,
  type RecvMessageOptions,
  receiveMessage,
  type SendMessageOptions,
  transmitMessage,
} from './message.ts';
import type { Credentials } from './options/credentials.ts';
import { readPeerCredentials } from './peer-credentials.ts';
import { type SendFileOptions, sendPart, sendWhole } from './sendfile.ts';
import type { SocketFamily, SocketType } from './socket-family.ts';
import { readTcpInfo, type TcpInfo } from './tcp-info.ts';
import type { Deadline } from './waiting.ts';

/** One buffer, or several that are filled or sent in their order. */
type Buffers = ArrayBufferView | readonly ArrayBufferView[];

/** What a socket can do with whole messages, and what the kernel tells about its peer. */
export abstract class MessageSocket extends Descriptor {
  abstract readonly family: SocketFamily;
  abstract readonly type: SocketType;

  /**
   * Waits for a message: its bytes go into `buffer`, or into several in turn; the answer has the
   * rest. Descriptors that came with it are the caller's to close. Throws SystemError, RangeError.
   *
   * @see recvmsg(2), cmsg(3)
   */
  recvMessage(buffer: Buffers, options: RecvMessageOptions = {}): Message {
    const message = receiveMessage(this.#channel('recvMessage', 0), buffer, options);
    if (message === null) throw new SystemError(ERRNO.EAGAIN, 'recvmsg');
    return message;
  }

  /** Takes the message that is there, or answers null. */
  tryRecvMessage(buffer: Buffers, options: RecvMessageOptions = {}): Message | null {
    return receiveMessage(this.#channel('tryRecvMessage', SOCKET.MSG_DONTWAIT), buffer, options);
  }

  /**
   * Waits for room and sends a message: how many bytes were taken, in a stream perhaps not all.
   * Throws SystemError; TypeError for an option that a socket of this kind would ignore.
   *
   * @see sendmsg(2)
   */
  sendMessage(buffer: Buffers, options: SendMessageOptions = {}): number {
    const sent = transmitMessage(this.#channel('sendMessage', 0), buffer, options);
    if (sent === null) throw new SystemError(ERRNO.EAGAIN, 'sendmsg');
    return sent;
  }

  /** Sends a message if there is room: how many bytes were taken, or null. */
  trySendMessage(buffer: Buffers, options: SendMessageOptions = {}): number | null {
    const channel = this.#channel('trySendMessage', SOCKET.MSG_DONTWAIT);
    return transmitMessage(channel, buffer, options);
  }

  /**
   * Waits for datagrams and takes as many as are there and fit the batch: how many, at least one.
   * One system call. Over Unix sockets passed descriptors are refused: `recvMessage` takes them.
   *
   * @see recvmmsg(2)
   */
  recvMany(batch: DatagramBatch): number {
    const count = this.#receiveMany('recvMany', this.deadline(), batch);
    if (count === null) throw new SystemError(ERRNO.EAGAIN, 'recvmmsg');
    return count;
  }

  /** Takes the datagrams that are there: how many, or null when there are none. */
  tryRecvMany(batch: DatagramBatch): number | null {
    return this.#receiveMany('tryRecvMany', 0, batch);
  }

  /**
   * Waits for room and sends the datagrams of the batch from `start` on: how many were sent, at
   * least one; the others need another call. A received batch goes back to its senders. Throws
   * SystemError when the first of them cannot be sent, with its index.
   *
   * @see sendmmsg(2)
   */
  sendMany(batch: DatagramBatch, start = 0): number {
    const count = this.#sendMany('sendMany', this.deadline(), batch, start);
    if (count === null) throw new SystemError(ERRNO.EAGAIN, 'sendmmsg');
    return count;
  }

  /** Sends the datagrams that there is room for: how many, or null when there was no room. */
  trySendMany(batch: DatagramBatch, start = 0): number | null {
    return this.#sendMany('trySendMany', 0, batch, start);
  }

  /**
   * Sends a file, or a part of it, without a copy into this process: how many bytes, fewer than
   * `length` only when the file has ended. A timeout limits the whole of it; an error tells in its
   * message how many bytes were sent before it. @see sendfile(2)
   */
  sendFile(file: Handle, options: SendFileOptions = {}): number {
    return sendWhole(this.openFd('sendFile'), this.deadline(), file, options);
  }

  /**
   * Sends as much of the file as there is room for: how many bytes, 0 at its end, null when there
   * was no room. Throws TypeError on a blocking socket.
   */
  trySendFile(file: Handle, options: SendFileOptions = {}): number | null {
    this.requireNonBlocking('trySendFile');
    return sendPart(this.fd, file, options);
  }

  /**
   * The process at the other end of a Unix stream or pair, as it was when the connection was made.
   * Throws UnsupportedError on other families, SystemError ENOTCONN when nobody is known.
   *
   * @see unix(7)
   */
  peerCredentials(): Credentials {
    return readPeerCredentials(this.openFd('peerCredentials'), this.family);
  }

  /**
   * What the kernel knows about a TCP connection: round trip time, windows, retransmissions.
   * Throws SystemError (ENOTSUP, ENOPROTOOPT) on other sockets. @see tcp(7)
   */
  info(): TcpInfo {
    return readTcpInfo(this.openFd('info'));
  }

  #channel(call: string, flags: number) {
    const fd = this.openFd(call);
    const deadline = flags === 0 ? this.deadline() : 0;
    return { fd, family: this.family, type: this.type, deadline, flags };
  }

  #receiveMany(call: string, deadline: Deadline, batch: DatagramBatch): number | null {
    const fd = this.openFd(call);
    requireDatagrams(call, this.type);
    return receiveBatch(fd, deadline, this.family, batch);
  }

  #sendMany(call: string, deadline: Deadline, batch: DatagramBatch, start: number): number | null {
    const fd = this.openFd(call);
    requireDatagrams(call, this.type);
    return transmitBatch(fd, deadline, batch, start);
  }
}
