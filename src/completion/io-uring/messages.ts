/** recvmsg(2) and sendmsg(2) as operations. */
import { MESSAGE, SOCKADDR_STORAGE, SOCKET } from '../../sys/abi.ts';
import { addressDetails, encodeAddress } from '../../sys/address.ts';
import { IORING_OP } from '../../sys/linux/io-uring-abi.ts';
import { asControlSize, checkControl } from '../arguments.ts';
import type {
  OperationBuffer,
  ReceivedMessage,
  RecvMessageOptions,
  SendMessageOptions,
} from '../completion-queue.ts';
import { placeBeside, placeIncoming, placeOutgoing, takePrivate } from '../operation-buffer.ts';
import { asCount, type Plan } from '../plan.ts';
import type { Slot, SlotPool } from '../queue-buffer.ts';
import { PART } from './control-blocks.ts';
import type { Engine } from './engine.ts';
import type { Task } from './task.ts';

/** Plans a receive of one message. */
export function recvMessagePlan(
  engine: Engine,
  fd: number,
  buffer: OperationBuffer,
  { controlSize = 0 }: RecvMessageOptions,
): Plan<ReceivedMessage, Task> {
  asControlSize(controlSize);
  const control = controlSize === 0 ? null : takePrivate(engine.pool, controlSize);
  const place = placeBeside(engine.pool, control, () => placeIncoming(engine.pool, buffer));
  return {
    name: 'recvMessage',
    syscall: 'recvmsg',
    request: {
      opcode: IORING_OP.IORING_OP_RECVMSG,
      fd,
      part: PART.header,
      length: 1,
      flags: MESSAGE.MSG_CMSG_CLOEXEC,
      prepare: (blocks, slot) =>
        blocks.setHeader(slot, {
          buffer: place.address,
          length: place.length,
          nameLength: SOCKADDR_STORAGE.size,
          control: control?.address ?? 0,
          controlLength: controlSize,
        }),
    },
    place,
    isIncoming: true,
    memory: control,
    decode: (bytes, { slot }) => {
      const { name, controlLength, flags } = engine.blocks.getHeader(slot);
      return {
        bytes,
        address: name,
        control: control?.bytes.slice(0, controlLength) ?? new Uint8Array(0),
        truncated: (flags & MESSAGE.MSG_TRUNC) !== 0,
        controlTruncated: (flags & MESSAGE.MSG_CTRUNC) !== 0,
      };
    },
  };
}

function placeControl(pool: SlotPool, control: ArrayBufferView | undefined): Slot | null {
  if (control === undefined || control.byteLength === 0) return null;
  const bytes = new Uint8Array(control.buffer, control.byteOffset, control.byteLength);
  const slot = takePrivate(pool, bytes.length);
  slot.bytes.set(bytes);
  return slot;
}

/** Plans to send one message. */
export function sendMessagePlan(
  engine: Engine,
  fd: number,
  buffer: OperationBuffer,
  { address, control }: SendMessageOptions,
): Plan<number, Task> {
  checkControl(control);
  const name = address === undefined ? null : encodeAddress(address);
  const controlSlot = placeControl(engine.pool, control);
  const place = placeBeside(engine.pool, controlSlot, () => placeOutgoing(engine.pool, buffer));
  return {
    name: 'sendMessage',
    syscall: 'sendmsg',
    request: {
      opcode: IORING_OP.IORING_OP_SENDMSG,
      fd,
      part: PART.header,
      length: 1,
      flags: SOCKET.MSG_NOSIGNAL,
      prepare: (blocks, slot) => {
        if (name !== null) blocks.setName(slot, name);
        blocks.setHeader(slot, {
          buffer: place.address,
          length: place.length,
          nameLength: name?.size ?? 0,
          control: controlSlot?.address ?? 0,
          controlLength: control?.byteLength ?? 0,
        });
      },
    },
    place,
    memory: controlSlot,
    decode: asCount,
    ...(address === undefined ? {} : { details: addressDetails(address) }),
  };
}
