/**
 * What an operation points to beside its buffer: an address, a time, a message header. The kernel
 * may read or write it until the operation's completion, so every place in the operation table has
 * a block of mapped memory of its own.
 */

import { IOVEC, MSGHDR, SOCKADDR_STORAGE } from '../../sys/abi.ts';
import { type Address, decodeAddress, type RawAddress } from '../../sys/address.ts';
import { Arena } from '../../sys/arena.ts';
import { KERNEL_TIMESPEC } from '../../sys/linux/io-uring-abi.ts';

const BLOCK_SIZE = 256;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

/** Where the parts of a block lie, in bytes. */
export const PART = {
  /** A socket address, and behind it its length. */
  name: 0,
  nameLength: SOCKADDR_STORAGE.size,
  /** How long an operation of its own waits, and how long one that limits another does. */
  time: 136,
  limit: 136 + KERNEL_TIMESPEC.size,
  vector: 168,
  header: 168 + IOVEC.size,
} as const;

const HEADER = MSGHDR.fields;

/** What a message header names. */
export interface MessageParts {
  /** Addresses, and lengths in bytes. */
  readonly buffer: number;
  readonly length: number;
  readonly nameLength: number;
  readonly control: number;
  readonly controlLength: number;
}

/** The blocks of a queue, by slot of its operation table. */
export class ControlBlocks {
  readonly #arena: Arena;
  readonly #words: Int32Array;

  constructor(slots: number) {
    this.#arena = Arena.map(slots * BLOCK_SIZE);
    this.#words = new Int32Array(this.#arena.buffer);
  }

  /** The address of a part. */
  addressOf(slot: number, part: number): number {
    return this.#arena.address + slot * BLOCK_SIZE + part;
  }

  /** Writes a time in whole milliseconds as a `struct __kernel_timespec`. */
  setTime(slot: number, part: number, ms: number): void {
    const at = slot * BLOCK_SIZE + part;
    this.#setLong(at, Math.floor(ms / 1_000));
    this.#setLong(at + KERNEL_TIMESPEC.fields.tv_nsec[0], (ms % 1_000) * 1_000_000);
  }

  /** Writes an address that the kernel is to read. */
  setName(slot: number, { bytes, size }: RawAddress): void {
    this.#arena.bytes.set(bytes.subarray(0, size), slot * BLOCK_SIZE + PART.name);
  }

  /** Makes room for an address that the kernel is to write. */
  clearName(slot: number): void {
    const at = (slot * BLOCK_SIZE + PART.nameLength) / WORD_BYTES;
    this.#words[at] = SOCKADDR_STORAGE.size;
  }

  /** The address that the kernel wrote, with the length that stands beside it. */
  getName(slot: number): Address {
    const at = (slot * BLOCK_SIZE + PART.nameLength) / WORD_BYTES;
    return this.#decodeName(slot, this.#words[at] as number);
  }

  /** Writes a `struct msghdr` and the one vector that it names. */
  setHeader(slot: number, parts: MessageParts): void {
    const block = slot * BLOCK_SIZE;
    const at = block + PART.header;
    this.#words.fill(0, at / WORD_BYTES, (at + MSGHDR.size) / WORD_BYTES);
    this.#setLong(block + PART.vector + IOVEC.fields.iov_base[0], parts.buffer);
    this.#setLong(block + PART.vector + IOVEC.fields.iov_len[0], parts.length);
    this.#setLong(at + HEADER.msg_iov[0], this.addressOf(slot, PART.vector));
    this.#setLong(at + HEADER.msg_iovlen[0], 1);
    if (parts.nameLength > 0) {
      this.#setLong(at + HEADER.msg_name[0], this.addressOf(slot, PART.name));
      this.#words[(at + HEADER.msg_namelen[0]) / WORD_BYTES] = parts.nameLength;
    }
    if (parts.controlLength > 0) {
      this.#setLong(at + HEADER.msg_control[0], parts.control);
      this.#setLong(at + HEADER.msg_controllen[0], parts.controlLength);
    }
  }

  /** What the kernel wrote into a message header. */
  getHeader(slot: number): { name: Address | null; controlLength: number; flags: number } {
    const at = slot * BLOCK_SIZE + PART.header;
    const word = (field: readonly [number, number]) =>
      this.#words[(at + field[0]) / WORD_BYTES] as number;
    const size = word(HEADER.msg_namelen);
    return {
      name: size === 0 ? null : this.#decodeName(slot, size),
      controlLength: word(HEADER.msg_controllen),
      flags: word(HEADER.msg_flags),
    };
  }

  close(): void {
    this.#arena.close();
  }

  #decodeName(slot: number, size: number): Address {
    const start = slot * BLOCK_SIZE + PART.name;
    return decodeAddress(this.#arena.bytes.subarray(start, start + SOCKADDR_STORAGE.size), size);
  }

  /** A 64-bit integer that JavaScript holds exactly. */
  #setLong(at: number, value: number): void {
    this.#words[at / WORD_BYTES] = value | 0;
    this.#words[at / WORD_BYTES + 1] = Math.floor(value / 2 ** 32);
  }
}
