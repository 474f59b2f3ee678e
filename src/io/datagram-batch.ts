/**
 * Many datagrams in one call: recvmmsg(2), sendmmsg(2).
 *
 * Facts:
 * - One datagram of 64 bytes costs the kernel about a microsecond; the way there and back, with
 *   the objects a callback wants, costs JavaScript several.
 * - A blocking recvmmsg waits until every entry is filled, unless MSG_WAITFORONE says that one is
 *   enough. An error after the first datagram is kept and answered by the next call.
 * - A datagram that is larger than its slot is cut, and the rest is lost.
 *
 * What this means for us: the headers, addresses and bytes of a batch are mapped memory, made once
 * and used again and again. What a loop needs of a datagram are numbers and views that exist
 * already: it allocates nothing per datagram. A batch that was received can be sent as it is: each
 * datagram then goes back to its sender.
 */
import { inspect } from 'node:util';
import { PolyioError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { CMSGHDR, IOVEC, IP, MESSAGE, MSGHDR, SOCKADDR_STORAGE, SOCKET } from '../sys/abi.ts';
import { type Address, decodeAddress, encodeAddress } from '../sys/address.ts';
import { Arena, type Slice } from '../sys/arena.ts';
import { MMSGHDR } from '../sys/linux/message-abi.ts';
import { UDP } from '../sys/linux/sockets/abi.ts';
import { asOutgoing } from './buffers.ts';
import { controlSpace, decodeControl } from './control-messages.ts';
import type { Message } from './message.ts';
import { setPointer } from './message-frame.ts';

/** The kernel takes no more in one call (UIO_MAXIOV). */
const COUNT_MAX = 1_024;
const SIZE_MAX = 65_536;
const CONTROL_MAX = 4_096;
const ADDRESS_ROOM = SOCKADDR_STORAGE.size;
const PORT_OFFSET = 2;
/** The data of UDP_SEGMENT is a 16-bit number. */
const SEGMENT_SIZE = 2;
const SEGMENT_SPACE = controlSpace(SEGMENT_SIZE);

// Where the hot fields lie, in 32-bit words: sizes fit the lower half of a 64-bit field.
const MESSAGE_WORDS = MMSGHDR.size / 4;
const NAME_LENGTH = MSGHDR.fields.msg_namelen[0] / 4;
const CONTROL_LENGTH = MSGHDR.fields.msg_controllen[0] / 4;
const FLAGS = MSGHDR.fields.msg_flags[0] / 4;
const LENGTH = MMSGHDR.fields.msg_len[0] / 4;
const VECTOR_WORDS = IOVEC.size / 4;
const VECTOR_LENGTH = IOVEC.fields.iov_len[0] / 4;

/** Options of `DatagramBatch.allocate`. */
export interface DatagramBatchOptions {
  /** How many datagrams it takes, 1 to 1024. @default 64 */
  readonly capacity?: number;
  /** How many bytes one datagram may have, 1 to 65536; 65536 for UDP_GRO. @default 2048 */
  readonly size?: number;
  /**
   * The room for control data of one datagram in bytes, 0 to 4096: 24 for `segmentSize`, more for
   * the other fields of `message`. @default 0
   */
  readonly controlSize?: number;
}

/** How the calls of this folder reach the headers of a batch. */
export interface BatchAccess {
  /** Readies every slot for a datagram and answers the address of the headers. */
  readonly beginReceive: (batch: DatagramBatch, withControl: boolean) => number;
  /** Tells the batch how many came. */
  readonly endReceive: (batch: DatagramBatch, count: number) => void;
  /** Readies the datagrams from `start` on and answers the address of their headers. */
  readonly beginSend: (batch: DatagramBatch, start: number) => number;
}

export let batchAccess: BatchAccess;

/**
 * Datagrams that are received or sent by one call of `recvMany` or `sendMany`. Its memory is mapped
 * once, by `allocate`; disposing of the batch gives it back.
 */
export class DatagramBatch {
  /** How many datagrams it takes. */
  readonly capacity: number;
  /** How many bytes each of them may have. */
  readonly size: number;
  /** The bytes of all slots: datagram `i` lies at `offset(i)` and has `length(i)` bytes. */
  readonly memory: Uint8Array;
  readonly #arena: Arena;
  readonly #headers: Slice;
  readonly #vectors: Slice;
  readonly #addresses: Slice;
  readonly #control: Slice | null;
  readonly #controlSize: number;
  readonly #slots: readonly Uint8Array[];
  /** The segment size that each datagram is sent with, 0 for none. */
  readonly #segments: Uint16Array;
  #count = 0;
  #closed = false;

  static {
    batchAccess = {
      beginReceive: (batch, withControl) => batch.#beginReceive(withControl),
      endReceive: (batch, count) => {
        batch.#count = count;
      },
      beginSend: (batch, start) => batch.#beginSend(start),
    };
  }

  private constructor(capacity: number, size: number, controlSize: number) {
    // Each slot starts on a cache line of its own.
    const stride = Math.ceil(size / 64) * 64;
    const perSlot = MMSGHDR.size + IOVEC.size + ADDRESS_ROOM + stride + controlSize;
    this.#arena = Arena.map(capacity * perSlot + 5 * 64);
    this.#headers = this.#arena.carve(capacity * MMSGHDR.size);
    this.#vectors = this.#arena.carve(capacity * IOVEC.size);
    this.#addresses = this.#arena.carve(capacity * ADDRESS_ROOM);
    const data = this.#arena.carve(capacity * stride);
    this.#control = controlSize === 0 ? null : this.#arena.carve(capacity * controlSize);
    this.#controlSize = controlSize;
    this.capacity = capacity;
    this.size = size;
    this.memory = data.bytes;
    this.#segments = new Uint16Array(capacity);
    this.#slots = Array.from({ length: capacity }, (_, index) =>
      data.bytes.subarray(index * stride, index * stride + size),
    );
    this.#connect(data.address, stride);
  }

  /** Maps the memory. Throws RangeError, and SystemError (ENOMEM). */
  static allocate(options: DatagramBatchOptions = {}): DatagramBatch {
    const { capacity = 64, size = 2_048, controlSize = 0 } = options;
    asInteger(capacity, 'capacity', 1, COUNT_MAX);
    asInteger(size, 'size', 1, SIZE_MAX);
    asInteger(controlSize, 'controlSize', 0, CONTROL_MAX);
    return new DatagramBatch(capacity, size, Math.ceil(controlSize / 8) * 8);
  }

  /** How many datagrams were received, or are to be sent. */
  get count(): number {
    return this.#count;
  }

  /** Where datagram `index` begins in `memory`. */
  offset(index: number): number {
    return this.slot(index).byteOffset - this.memory.byteOffset;
  }

  /** The whole slot of datagram `index`: always the same view, whatever the datagram's length. */
  slot(index: number): Uint8Array {
    const slot = this.#slots[index];
    if (slot === undefined || this.#closed) throw this.#misuse(index);
    return slot;
  }

  /** The length of datagram `index`, in bytes. */
  length(index: number): number {
    return this.#wordOf(index, LENGTH);
  }

  /** The bytes of datagram `index`: a new view at each call, valid until the slot is used again. */
  bytes(index: number): Uint8Array {
    return this.slot(index).subarray(0, this.length(index));
  }

  /** Whether datagram `index` was larger than its slot: the rest of it is lost. */
  truncated(index: number): boolean {
    return (this.#wordOf(index, FLAGS) & MESSAGE.MSG_TRUNC) !== 0;
  }

  /** The port of the other side of datagram `index`, or 0 when there is none. */
  port(index: number): number {
    if (this.#wordOf(index, NAME_LENGTH) === 0) return 0;
    const at = index * ADDRESS_ROOM;
    const family = this.#addresses.bytes[at] as number;
    if (family !== SOCKET.AF_INET && family !== SOCKET.AF_INET6) return 0;
    const high = this.#addresses.bytes[at + PORT_OFFSET] as number;
    return high * 256 + (this.#addresses.bytes[at + PORT_OFFSET + 1] as number);
  }

  /** Who sent datagram `index`, or where it goes; null for the peer of a connected socket. */
  address(index: number): Address | null {
    const size = this.#wordOf(index, NAME_LENGTH);
    if (size === 0) return null;
    const start = index * ADDRESS_ROOM;
    return decodeAddress(this.#addresses.bytes.subarray(start, start + ADDRESS_ROOM), size);
  }

  /** In bytes, when datagram `index` is several received as one (option UDP_GRO), else 0. */
  segmentSize(index: number): number {
    const length = this.#wordOf(index, CONTROL_LENGTH);
    if (this.#control === null) return 0;
    const { words } = this.#control;
    const start = (index * this.#controlSize) / 4;
    const end = start + length / 4;
    // The number is the first word behind the header, which has four.
    for (let at = start; at + 4 < end; ) {
      const [size, level, type] = [words[at] as number, words[at + 2], words[at + 3]];
      if (size < CMSGHDR.size) return 0;
      if (level === IP.IPPROTO_UDP && type === UDP.UDP_GRO) return words[at + 4] as number;
      at += controlSpace(size - CMSGHDR.size) / 4;
    }
    return 0;
  }

  /** Datagram `index` with all that its control data says; its bytes are those of `bytes`. */
  message(index: number): Message {
    const bytes = this.length(index);
    const flags = this.#wordOf(index, FLAGS);
    const length = this.#control === null ? 0 : this.#wordOf(index, CONTROL_LENGTH);
    return {
      bytes,
      length: bytes,
      address: this.address(index) ?? { unnamed: true },
      ...decodeControl(this.#controlView(index), length),
      truncated: (flags & MESSAGE.MSG_TRUNC) !== 0,
      controlTruncated: this.#control !== null && (flags & MESSAGE.MSG_CTRUNC) !== 0,
    };
  }

  /** Empties the batch, before it is filled with `add`. */
  clear(): void {
    this.#count = 0;
  }

  /**
   * Adds a datagram of a copy of `bytes` and answers its index. Without an address it goes to the
   * peer of a connected socket. Throws RangeError when the batch is full or the slot too small.
   */
  add(bytes: ArrayBufferView, address: Address | null = null): number {
    const source = asOutgoing(bytes);
    const index = this.#count;
    if (index >= this.capacity) {
      throw new RangeError(`the batch is full: it takes ${this.capacity} datagrams`);
    }
    if (source.length > this.size) {
      throw new RangeError(`a datagram here has at most ${this.size} bytes, got ${source.length}`);
    }
    this.slot(index).set(source);
    this.#count = index + 1;
    try {
      this.setAddress(index, address);
    } catch (error) {
      this.#count = index;
      throw error;
    }
    this.setLength(index, source.length);
    this.#segments[index] = 0;
    this.#headers.words[index * MESSAGE_WORDS + CONTROL_LENGTH] = 0;
    this.#headers.words[index * MESSAGE_WORDS + FLAGS] = 0;
    return index;
  }

  /** Sets how many bytes of its slot datagram `index` has (0 to `size`). */
  setLength(index: number, length: number): void {
    this.#wordOf(index, LENGTH);
    const checked = asInteger(length, 'length', 0, this.size);
    this.#headers.words[index * MESSAGE_WORDS + LENGTH] = checked;
  }

  /** Sets where datagram `index` goes; null: to the peer of a connected socket. */
  setAddress(index: number, address: Address | null): void {
    this.#wordOf(index, NAME_LENGTH);
    const raw = address === null ? null : encodeAddress(address);
    if (raw !== null) {
      this.#addresses.bytes.set(raw.bytes.subarray(0, raw.size), index * ADDRESS_ROOM);
    }
    this.#headers.words[index * MESSAGE_WORDS + NAME_LENGTH] = raw === null ? 0 : raw.size;
  }

  /**
   * Sends datagram `index` as several of `segmentSize` bytes (0 to 65535; 0: as one). Throws
   * RangeError in a batch that was allocated with a `controlSize` below 24.
   */
  setSegmentSize(index: number, segmentSize: number): void {
    this.#wordOf(index, LENGTH);
    if (this.#controlSize < SEGMENT_SPACE) {
      throw new RangeError(`setSegmentSize needs a batch whose controlSize is ${SEGMENT_SPACE}`);
    }
    this.#segments[index] = asInteger(segmentSize, 'segmentSize', 0, 65_535);
  }

  /** Gives the memory back; closing it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#count = 0;
    this.#arena.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    if (this.#closed) return 'DatagramBatch{closed}';
    return `DatagramBatch{${this.#count} of ${this.capacity} datagrams, ${this.size} bytes each}`;
  }

  #connect(dataAddress: number, stride: number): void {
    const headers = viewOf(this.#headers);
    const vectors = viewOf(this.#vectors);
    const { msg_name, msg_iov, msg_iovlen, msg_control } = MSGHDR.fields;
    for (let index = 0; index < this.capacity; index++) {
      const header = index * MMSGHDR.size;
      const vector = index * IOVEC.size;
      setPointer(headers, header + msg_name[0], this.#addresses.address + index * ADDRESS_ROOM);
      setPointer(headers, header + msg_iov[0], this.#vectors.address + vector);
      headers.setUint32(header + msg_iovlen[0], 1, true);
      setPointer(vectors, vector + IOVEC.fields.iov_base[0], dataAddress + index * stride);
      if (this.#control === null) continue;
      const control = this.#control.address + index * this.#controlSize;
      setPointer(headers, header + msg_control[0], control);
    }
  }

  #beginReceive(withControl: boolean): number {
    this.#assertOpen();
    this.#count = 0;
    const { words } = this.#headers;
    const vectors = this.#vectors.words;
    const controlSize = withControl ? this.#controlSize : 0;
    for (let index = 0; index < this.capacity; index++) {
      const header = index * MESSAGE_WORDS;
      words[header + NAME_LENGTH] = ADDRESS_ROOM;
      words[header + CONTROL_LENGTH] = controlSize;
      vectors[index * VECTOR_WORDS + VECTOR_LENGTH] = this.size;
    }
    this.#segments.fill(0);
    return this.#headers.address;
  }

  #beginSend(start: number): number {
    this.#assertOpen();
    const { words } = this.#headers;
    const vectors = this.#vectors.words;
    for (let index = start; index < this.#count; index++) {
      const header = index * MESSAGE_WORDS;
      vectors[index * VECTOR_WORDS + VECTOR_LENGTH] = words[header + LENGTH] as number;
      const segment = this.#segments[index] as number;
      words[header + CONTROL_LENGTH] = segment === 0 ? 0 : this.#writeSegment(index, segment);
    }
    return this.#headers.address + start * MMSGHDR.size;
  }

  #writeSegment(index: number, segmentSize: number): number {
    const words = (this.#control as Slice).words;
    const at = (index * this.#controlSize) / 4;
    words[at] = CMSGHDR.size + SEGMENT_SIZE;
    words[at + 1] = 0;
    words[at + 2] = IP.IPPROTO_UDP;
    words[at + 3] = UDP.UDP_SEGMENT;
    words[at + 4] = segmentSize;
    return SEGMENT_SPACE;
  }

  #controlView(index: number): DataView {
    if (this.#control === null) return new DataView(new ArrayBuffer(0));
    const { bytes } = this.#control;
    const start = bytes.byteOffset + index * this.#controlSize;
    return new DataView(bytes.buffer, start, this.#controlSize);
  }

  #wordOf(index: number, word: number): number {
    if (index >>> 0 !== index || index >= this.#count) throw this.#misuse(index);
    return this.#headers.words[index * MESSAGE_WORDS + word] as number;
  }

  #assertOpen(): void {
    if (this.#closed) throw new PolyioError('ERR_POLYIO_CLOSED', 'the DatagramBatch is closed');
  }

  #misuse(index: number): Error {
    if (this.#closed) return new PolyioError('ERR_POLYIO_CLOSED', 'the DatagramBatch is closed');
    if (typeof index !== 'number') {
      return new TypeError(`index must be a number, got ${inspect(index)}`);
    }
    return new RangeError(`index ${index} lies outside a batch of ${this.#count} datagrams`);
  }
}

function viewOf({ bytes }: Slice): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
