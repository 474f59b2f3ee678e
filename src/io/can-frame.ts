/** Frames of a raw CAN socket as the kernel has them: `struct can_frame`, `struct canfd_frame`. */
import { inspect } from 'node:util';
import { asInteger } from '../platform/integers.ts';
import { CAN, CAN_FRAME, CANFD_FRAME } from '../sys/linux/sockets/abi.ts';

const FD_LENGTHS = [12, 16, 20, 24, 32, 48, 64];

/** One frame on the bus. */
export interface CanFrame {
  /** The identifier: 0 to 0x7ff, of an extended frame to 0x1fffffff. */
  readonly id: number;
  /** At most 8 bytes; of an FD frame 12, 16, 20, 24, 32, 48 or 64 besides. */
  readonly data: Uint8Array;
  /** An identifier of 29 bits. @default false */
  readonly extended?: boolean;
  /** A request for data instead of data. @default false */
  readonly remote?: boolean;
  /** Received frames only: the controller reports an error. @default false */
  readonly error?: boolean;
  /** A frame of CAN FD, which needs CAN_RAW_FD_FRAMES. @default false */
  readonly fd?: boolean;
}

/** The bytes that `send` takes for a frame: 16, of an FD frame 72. Throws TypeError, RangeError. */
export function encodeCanFrame(frame: CanFrame): Uint8Array {
  const { id, data, extended = false, remote = false, fd = false } = frame;
  asInteger(id, 'id', 0, extended ? CAN.CAN_EFF_MASK : CAN.CAN_SFF_MASK);
  if (!(data instanceof Uint8Array)) {
    throw new TypeError(`data must be a Uint8Array, got ${inspect(data)}`);
  }
  const isRight = data.length <= 8 || (fd && FD_LENGTHS.includes(data.length));
  if (!isRight) {
    const allowed = fd ? `0 to 8, ${FD_LENGTHS.join(', ')}` : '0 to 8';
    throw new RangeError(`data must have ${allowed} bytes, got ${data.length}`);
  }
  const bytes = new Uint8Array(fd ? CANFD_FRAME.size : CAN_FRAME.size);
  const view = new DataView(bytes.buffer);
  const flags = (extended ? CAN.CAN_EFF_FLAG : 0) | (remote ? CAN.CAN_RTR_FLAG : 0);
  view.setUint32(CAN_FRAME.fields.can_id[0], (id | flags) >>> 0, true);
  bytes[CAN_FRAME.fields.can_dlc[0]] = data.length;
  bytes.set(data, CAN_FRAME.fields.data[0]);
  return bytes;
}

/** Reads what `recv` got. Throws RangeError for a size that no frame has. */
export function decodeCanFrame(bytes: Uint8Array): Required<CanFrame> {
  const fd = bytes.length === CANFD_FRAME.size;
  if (!fd && bytes.length !== CAN_FRAME.size) {
    const sizes = `${CAN_FRAME.size} or ${CANFD_FRAME.size} bytes`;
    throw new RangeError(`a CAN frame has ${sizes}, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = view.getUint32(CAN_FRAME.fields.can_id[0], true);
  const extended = (word & CAN.CAN_EFF_FLAG) !== 0;
  const [start] = CAN_FRAME.fields.data;
  const length = Math.min(view.getUint8(CAN_FRAME.fields.can_dlc[0]), bytes.length - start);
  return {
    id: word & (extended ? CAN.CAN_EFF_MASK : CAN.CAN_SFF_MASK),
    data: bytes.slice(start, start + length),
    extended,
    remote: (word & CAN.CAN_RTR_FLAG) !== 0,
    error: (word & CAN.CAN_ERR_FLAG) !== 0,
    fd,
  };
}
