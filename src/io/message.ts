/** recvmsg(2) and sendmsg(2): bytes with an address and control data. */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { fdOf, type Handle } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, MESSAGE, POLL } from '../sys/abi.ts';
import { type Address, addressDetails } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import {
  finishDescriptors,
  messageOverflow,
  RECEIVE_FLAGS,
  recvmsg,
  sendmsg,
} from '../sys/posix/message.ts';
import { NO_SIGPIPE } from '../sys/socket.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import {
  type ControlData,
  type ControlMessage,
  DESCRIPTORS_MAX,
  decodeControl,
  type PacketInfo,
} from './control-messages.ts';
import { ControlWriter } from './control-writer.ts';
import { lengthFlag } from './datagrams.ts';
import {
  asBufferList,
  BUFFERS_MAX,
  CONTROL_SIZE_MAX,
  type MessageFrame,
  messageFrame,
  totalSize,
} from './message-frame.ts';
import type { Credentials } from './options/credentials.ts';
import { carriesMessages, encodeFor, type SocketFamily, type SocketType } from './socket-family.ts';
import { callUntil, type Deadline } from './waiting.ts';

/** Room for the most descriptors and every other control message beside them. */
const CONTROL_SIZE = 2_048;

/** A message that came in. */
export interface Message extends ControlData {
  /** How many bytes lie in the buffers; 0 is an empty datagram, or the end of a stream. */
  readonly bytes: number;
  /** How long the message was. More than `bytes` when the buffers were too small. */
  readonly length: number;
  /** The sender; `{ unnamed: true }` for a Unix socket without a name and for a stream. */
  readonly address: Address;
  /** The buffers were too small: the rest of the datagram is lost. */
  readonly truncated: boolean;
  /** The room for control data was too small: something of it is lost, never an open descriptor. */
  readonly controlTruncated: boolean;
}

/** Options of `recvMessage`. */
export interface RecvMessageOptions {
  /**
   * How many descriptors are taken, 0 to 253; the others of the message are closed. 0 where the
   * peer is not trusted and descriptors are not expected. @default 253
   */
  readonly maxDescriptors?: number;
  /** The room for control data in bytes, 0 to 65536. @default 2048, enough for 253 descriptors */
  readonly controlSize?: number;
}

/** Options of `sendMessage`. */
export interface SendMessageOptions {
  /** Where it goes; left out on a connected socket. */
  readonly address?: Address;
  /**
   * Descriptors to pass, at most 253, over Unix sockets. They travel with the first byte and stay
   * open here. @see unix(7)
   */
  readonly descriptors?: readonly Handle[];
  /** Who we are, over Unix sockets; the kernel lets only root claim to be somebody else. */
  readonly credentials?: Credentials;
  /** Where the datagram leaves from; a received one makes the answer leave from where it came in. */
  readonly packetInfo?: Partial<PacketInfo>;
  /** The type of service or traffic class, 0 to 255; its low two bits are the congestion mark. */
  readonly tos?: number;
  /** The time to live or hop limit, 1 to 255. */
  readonly ttl?: number;
  /** Cut the bytes into UDP datagrams of this size, 1 to 65535 bytes, the last may be shorter. */
  readonly segmentSize?: number;
  /** Further control messages, as the kernel has them. */
  readonly others?: readonly ControlMessage[];
}

/** The socket that a message goes through, and how long it may take. */
export interface Channel {
  readonly fd: number;
  readonly family: SocketFamily;
  readonly type: SocketType;
  readonly deadline: Deadline;
  /** MSG_DONTWAIT, or 0. */
  readonly flags: number;
}

type Buffers = ArrayBufferView | readonly ArrayBufferView[];

/** Closes descriptors that nobody will take. */
function closeAll(descriptors: readonly number[]): void {
  for (const fd of descriptors) close(fd);
}

/** What recvmsg left in the frame. From here on its descriptors are open: none may be lost. */
function takeMessage(frame: MessageFrame, length: number, room: number, max: number): Message {
  const control = decodeControl(frame.control, frame.controlLength);
  finishDescriptors(control.descriptors);
  try {
    const isCut = (frame.flags & MESSAGE.MSG_CTRUNC) !== 0;
    const surplus = control.descriptors.slice(max);
    const message = {
      bytes: Math.min(length, room),
      length,
      address: frame.peer,
      ...control,
      descriptors: control.descriptors.slice(0, max),
      truncated: length > room || (frame.flags & MESSAGE.MSG_TRUNC) !== 0,
      controlTruncated: isCut || surplus.length > 0,
    };
    closeAll(surplus);
    return message;
  } catch (error) {
    closeAll(control.descriptors);
    throw error;
  }
}

/** The question for a message's whole length, where the kernel answers it. */
function askedLength({ type }: Channel): number {
  return messageOverflow() === null ? lengthFlag(type) : 0;
}

/** Receives one message: null for EAGAIN. */
export function receiveMessage(
  channel: Channel,
  buffers: Buffers,
  options: RecvMessageOptions,
): Message | null {
  const { maxDescriptors = DESCRIPTORS_MAX, controlSize = CONTROL_SIZE } = options;
  asInteger(maxDescriptors, 'maxDescriptors', 0, DESCRIPTORS_MAX);
  asInteger(controlSize, 'controlSize', 0, CONTROL_SIZE_MAX);
  const list = asBufferList(buffers, asIncoming);
  const flags = RECEIVE_FLAGS | askedLength(channel) | channel.flags;
  const frame = messageFrame();
  // With as many buffers as the kernel takes, only that a message was cut is known.
  const hasRoom = carriesMessages(channel.type) && list.length < BUFFERS_MAX;
  const rest = hasRoom ? messageOverflow() : null;
  frame.begin(rest === null ? list : [...list, rest], controlSize);
  try {
    const { deadline, fd } = channel;
    const at = frame.address;
    const result = callUntil(deadline, POLL.POLLIN, recvmsg, fd, at, flags, undefined);
    if (result >= 0) return takeMessage(frame, result, totalSize(list), maxDescriptors);
    if (result === -ERRNO.EAGAIN) return null;
    throw new SystemError(result, 'recvmsg');
  } finally {
    frame.end();
  }
}

/** What an option needs, where the kernel would ignore it otherwise, in words and as a check. */
interface Need {
  readonly words: string;
  readonly isMet: (channel: Channel) => boolean;
}

const UNIX: Need = { words: 'a unix socket', isMet: ({ family }) => family === 'unix' };
const IDENTITY: Need = {
  words: 'a unix or netlink socket',
  isMet: ({ family }) => family === 'unix' || family === 'netlink',
};
const UNCONNECTED: Need = {
  words: 'a socket of datagrams',
  isMet: ({ type }) => type === 'datagram' || type === 'raw',
};
const PACKETS: Need = {
  words: 'an ipv4 or ipv6 socket of datagrams',
  isMet: ({ family, type }) => (family === 'ipv4' || family === 'ipv6') && type !== 'stream',
};
const UDP: Need = {
  words: 'a UDP socket',
  isMet: ({ family, type }) => (family === 'ipv4' || family === 'ipv6') && type === 'datagram',
};

const NEEDS: readonly (readonly [Exclude<keyof SendMessageOptions, 'others'>, Need])[] = [
  ['address', UNCONNECTED],
  ['descriptors', UNIX],
  ['credentials', IDENTITY],
  ['packetInfo', PACKETS],
  ['tos', PACKETS],
  ['ttl', PACKETS],
  ['segmentSize', UDP],
];

/** Throws for what a socket of this kind would ignore without a word. */
function checkOptions(channel: Channel, options: SendMessageOptions, size: number): void {
  const { family, type } = channel;
  for (const [name, { words, isMet }] of NEEDS) {
    if (options[name] === undefined || isMet(channel)) continue;
    throw new TypeError(`${name} needs ${words}; this one is ${family} ${type}`);
  }
  const carriesIdentity = options.descriptors !== undefined || options.credentials !== undefined;
  if (carriesIdentity && type === 'stream' && size === 0) {
    const what = 'descriptors and credentials';
    throw new RangeError(`a stream carries ${what} with a byte: buffer is empty`);
  }
}

function asDescriptors(handles: readonly Handle[]): number[] {
  if (!Array.isArray(handles)) {
    throw new TypeError(`descriptors must be an array, got ${inspect(handles)}`);
  }
  if (handles.length > DESCRIPTORS_MAX) {
    const got = handles.length;
    throw new RangeError(`descriptors must be at most ${DESCRIPTORS_MAX}, got ${got}`);
  }
  return handles.map(fdOf);
}

/** Writes the control data and answers its size in bytes. */
function writeControl(view: DataView, family: SocketFamily, options: SendMessageOptions): number {
  const { descriptors = [], credentials, packetInfo, tos, ttl, segmentSize } = options;
  const writer = new ControlWriter(view);
  const fds = asDescriptors(descriptors);
  if (fds.length > 0) writer.appendDescriptors(fds);
  if (credentials !== undefined) writer.appendCredentials(credentials);
  if (packetInfo !== undefined) writer.appendPacketInfo(family === 'ipv4', packetInfo);
  // A socket of IPv6 may send over IPv4 (`::ffff:192.0.2.1`, perhaps since connect): each of the two
  // reads its own and leaves the other's alone.
  if (family === 'ipv6') writer.appendHeaderFields(false, tos, ttl);
  writer.appendHeaderFields(true, tos, ttl);
  if (segmentSize !== undefined) writer.appendSegmentSize(segmentSize);
  for (const other of options.others ?? []) writer.appendRaw(other);
  return writer.size;
}

/** What to do about errors whose name alone does not tell. */
function hintFor(errno: number, options: SendMessageOptions, size: number): string | undefined {
  const { descriptors, credentials, segmentSize } = options;
  if (errno === ERRNO.EMSGSIZE)
    return `${size} bytes are more than one message of this socket can carry; send less at once`;
  if (errno === ERRNO.ETOOMANYREFS) {
    return 'too many passed descriptors wait to be received (RLIMIT_NOFILE limits them)';
  }
  if (errno === ERRNO.EBADF && descriptors !== undefined) return 'one of descriptors is not open';
  if (errno === ERRNO.EPERM && credentials !== undefined) {
    return 'only root may send credentials that are not its own';
  }
  if (errno === ERRNO.EINVAL && segmentSize !== undefined) {
    return 'segmentSize is too small for so many bytes, or larger than the path takes';
  }
  return undefined;
}

/** Sends one message: null for EAGAIN. */
export function transmitMessage(
  channel: Channel,
  buffers: Buffers,
  options: SendMessageOptions,
): number | null {
  const { address } = options;
  const list = asBufferList(buffers, asOutgoing);
  const size = totalSize(list);
  checkOptions(channel, options, size);
  const destination = address === undefined ? null : encodeFor(channel.family, address);
  const frame = messageFrame();
  const controlSize = writeControl(frame.control, channel.family, options);
  frame.begin(list, controlSize);
  try {
    frame.setDestination(destination);
    const flags = NO_SIGPIPE | channel.flags;
    const { deadline, fd } = channel;
    const at = frame.address;
    const result = callUntil(deadline, POLL.POLLOUT, sendmsg, fd, at, flags, undefined);
    if (result >= 0) return result;
    if (result === -ERRNO.EAGAIN) return null;
    const where = address === undefined ? {} : addressDetails(address);
    throw new SystemError(result, 'sendmsg', { ...where, hint: hintFor(-result, options, size) });
  } finally {
    frame.end();
  }
}
