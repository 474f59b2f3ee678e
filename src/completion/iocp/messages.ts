/** WSARecvFrom, WSARecvMsg and WSASendTo as operations. */
import { UnsupportedError } from '../../errors.ts';
import { ERRNO, SOCKET } from '../../sys/abi.ts';
import { type Address, addressDetails, encodeAddress } from '../../sys/address.ts';
import { MESSAGE_FLAG } from '../../sys/windows/completion-abi.ts';
import { socketType, startRecvMessage } from '../../sys/windows/extensions.ts';
import { startRecvFrom, startSendTo } from '../../sys/windows/overlapped.ts';
import { asControlSize, checkControl } from '../arguments.ts';
import type {
  OperationBuffer,
  ReceivedMessage,
  RecvMessageOptions,
  SendMessageOptions,
} from '../completion-queue.ts';
import {
  type Place,
  placeBeside,
  placeIncoming,
  placeOutgoing,
  takePrivate,
} from '../operation-buffer.ts';
import { asCount, type Plan } from '../plan.ts';
import type { Slot, SlotPool } from '../queue-buffer.ts';
import { PART } from './operation-blocks.ts';
import { recvRequest, sendRequest } from './requests.ts';
import type { Request, Task } from './task.ts';

const NO_CONTROL = new Uint8Array(0);

/** What came with a message beside its bytes. */
interface Envelope {
  address: Address | null;
  control: Uint8Array;
  truncated: boolean;
  controlTruncated: boolean;
}

/** Plans a receive of one message. On a stream it has no sender and no control messages. */
export function recvMessagePlan(
  pool: SlotPool,
  fd: number,
  buffer: OperationBuffer,
  { controlSize = 0 }: RecvMessageOptions,
): Plan<ReceivedMessage, Task> {
  asControlSize(controlSize);
  const control = controlSize === 0 ? null : takePrivate(pool, controlSize);
  const place = placeBeside(pool, control, () => placeIncoming(pool, buffer));
  const envelope: Envelope = {
    address: null,
    control: NO_CONTROL,
    truncated: false,
    controlTruncated: false,
  };
  return {
    name: 'recvMessage',
    syscall: 'recvmsg',
    request: requestFor(fd, place, control, envelope),
    place,
    isIncoming: true,
    memory: control,
    decode: (bytes) => ({ bytes, ...envelope }),
  };
}

function requestFor(fd: number, place: Place, control: Slot | null, envelope: Envelope): Request {
  const type = socketType(fd);
  if (type < 0 || type === SOCKET.SOCK_STREAM) return recvRequest(fd, place, false);
  return control === null
    ? recvFromRequest(fd, place, envelope)
    : recvControlRequest(fd, place, control, envelope);
}

function recvFromRequest(fd: number, { address, length }: Place, envelope: Envelope): Request {
  return {
    fd,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, address, length);
      blocks.clearName(slot);
      const parts = {
        flags: blocks.addressOf(slot, PART.flags),
        name: blocks.addressOf(slot, PART.name),
        size: blocks.addressOf(slot, PART.nameLength),
      };
      const vector = blocks.addressOf(slot, PART.vector);
      return startRecvFrom(fd, vector, parts, blocks.overlappedOf(slot));
    },
    take: (result, { blocks, slot }) => {
      envelope.truncated = result === -ERRNO.EMSGSIZE;
      if (result < 0 && !envelope.truncated) return result;
      envelope.address = blocks.getName(slot);
      return envelope.truncated ? length : result;
    },
  };
}

function recvControlRequest(
  fd: number,
  { address, length }: Place,
  control: Slot,
  envelope: Envelope,
): Request {
  const room = { address: control.address, length: control.bytes.length };
  return {
    fd,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, address, length);
      blocks.setMessage(slot, room);
      const message = blocks.addressOf(slot, PART.message);
      return startRecvMessage(fd, message, blocks.overlappedOf(slot));
    },
    take: (result, { blocks, slot }) => {
      const isCut = result === -ERRNO.EMSGSIZE;
      if (result < 0 && !isCut) return result;
      const { name, controlLength, flags } = blocks.getMessage(slot);
      envelope.address = name;
      envelope.control = control.bytes.slice(0, controlLength);
      envelope.controlTruncated = (flags & MESSAGE_FLAG.MSG_CTRUNC) !== 0;
      envelope.truncated = (flags & MESSAGE_FLAG.MSG_TRUNC) !== 0 || isCut;
      return isCut ? length : result;
    },
  };
}

/** Plans to send one message. Throws UnsupportedError for control messages. */
export function sendMessagePlan(
  pool: SlotPool,
  fd: number,
  buffer: OperationBuffer,
  { address, control }: SendMessageOptions,
): Plan<number, Task> {
  checkControl(control);
  if (control !== undefined && control.byteLength > 0) throw noControl();
  const name = address === undefined ? null : encodeAddress(address);
  const place = placeOutgoing(pool, buffer);
  const common = { name: 'sendMessage', syscall: 'sendmsg', place, decode: asCount };
  if (name === null) return { ...common, request: sendRequest(fd, place, 0) };
  const request: Request = {
    fd,
    start: (blocks, slot) => {
      blocks.setBuffer(slot, place.address, place.length);
      blocks.setName(slot, name);
      const target = { name: blocks.addressOf(slot, PART.name), size: name.size };
      const vector = blocks.addressOf(slot, PART.vector);
      return startSendTo(fd, vector, target, blocks.overlappedOf(slot));
    },
  };
  return { ...common, request, details: addressDetails(address as Address) };
}

function noControl(): UnsupportedError {
  return new UnsupportedError({
    model: 'sendMessage with control messages on iocp',
    reason: 'Windows passes no descriptors and no credentials over sockets',
    remedy: 'leave `control` out',
  });
}
