/**
 * What an operation points to beside its buffer: its OVERLAPPED, the WSABUF, an address, what a poll
 * asks. All of it is the kernel's until the operation is complete, so every place in the operation
 * table has a block of mapped memory of its own.
 *
 * A packet says nothing but where the OVERLAPPED lies. Each block has four, which take turns: so the
 * address tells the place, and which generation of it is meant.
 */
import { SOCKADDR_STORAGE } from '../../sys/abi.ts';
import { type Address, decodeAddress, type RawAddress } from '../../sys/address.ts';
import { Arena } from '../../sys/arena.ts';
import { OVERLAPPED, WSABUF, WSAMSG } from '../../sys/windows/completion-abi.ts';
import {
  isComplete,
  overlappedCount,
  overlappedResult,
  resetOverlapped,
} from '../../sys/windows/overlapped.ts';

const BLOCK_SIZE = 512;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const BLOCK_WORDS = BLOCK_SIZE / WORD_BYTES;
const TURNS = 4;
const TURN_MASK = TURNS - 1;
const TURN_WORDS = OVERLAPPED.size / WORD_BYTES;
const BUFFER_AT = TURNS * OVERLAPPED.size;

/** Where the parts of a block lie, in bytes. What one operation needs another does not: they overlap. */
export const PART = {
  vector: BUFFER_AT,
  flags: BUFFER_AT + WSABUF.size,
  nameLength: BUFFER_AT + WSABUF.size + WORD_BYTES,
  name: BUFFER_AT + WSABUF.size + 8,
  message: BUFFER_AT + WSABUF.size + 8 + SOCKADDR_STORAGE.size,
  /** An accept's addresses. */
  accept: BUFFER_AT + WSABUF.size + 8,
  /** What a poll asks, and its answer. */
  poll: BUFFER_AT + WSABUF.size + 8,
} as const;

/** The blocks of a queue, by slot of its operation table. */
export class OperationBlocks {
  readonly words: Int32Array;
  readonly #arena: Arena;
  readonly #turns: Uint8Array;

  constructor(slots: number) {
    this.#arena = Arena.map(slots * BLOCK_SIZE);
    this.words = new Int32Array(this.#arena.buffer);
    this.#turns = new Uint8Array(slots);
  }

  /** The address of a part. */
  addressOf(slot: number, part: number): number {
    return this.#arena.address + slot * BLOCK_SIZE + part;
  }

  /** Where a part begins, in words. */
  at(slot: number, part: number): number {
    return slot * BLOCK_WORDS + part / WORD_BYTES;
  }

  /** Makes the next OVERLAPPED of a slot ready, for an operation at an offset of its file. */
  begin(slot: number, offset = 0): void {
    const turn = ((this.#turns[slot] as number) + 1) & TURN_MASK;
    this.#turns[slot] = turn;
    resetOverlapped(this.words, slot * BLOCK_WORDS + turn * TURN_WORDS, offset);
  }

  /** The address of a slot's present OVERLAPPED. */
  overlappedOf(slot: number): number {
    return this.addressOf(slot, (this.#turns[slot] as number) * OVERLAPPED.size);
  }

  /** The slot whose present OVERLAPPED lies at an address; -1 when it is nobody's, or an older one. */
  slotOf(address: number): number {
    const offset = address - this.#arena.address;
    if (offset < 0 || offset >= this.#arena.size) return -1;
    const slot = Math.floor(offset / BLOCK_SIZE);
    const turn = (offset - slot * BLOCK_SIZE) / OVERLAPPED.size;
    return turn === this.#turns[slot] ? slot : -1;
  }

  /** Whether the kernel is through with a slot's operation, told by a packet or not. */
  isOver(slot: number): boolean {
    return isComplete(this.words, this.#present(slot));
  }

  /** What a slot's operation came to: the bytes, or the negative error number. */
  resultOf(slot: number): number {
    return overlappedResult(this.words, this.#present(slot));
  }

  /** How many bytes it moved, even when it failed. */
  countOf(slot: number): number {
    return overlappedCount(this.words, this.#present(slot));
  }

  #present(slot: number): number {
    return slot * BLOCK_WORDS + (this.#turns[slot] as number) * TURN_WORDS;
  }

  /** Writes the one buffer of a transfer, and its flags. */
  setBuffer(slot: number, address: number, length: number, flags = 0): void {
    const at = this.at(slot, PART.vector);
    this.words[at] = length;
    setLong(this.words, at + WSABUF.fields.buf[0] / WORD_BYTES, address);
    this.words[this.at(slot, PART.flags)] = flags;
  }

  /** Writes an address that the kernel is to read. */
  setName(slot: number, { bytes, size }: RawAddress): void {
    this.#arena.bytes.set(bytes.subarray(0, size), slot * BLOCK_SIZE + PART.name);
  }

  /** Makes room for an address that the kernel is to write. */
  clearName(slot: number): void {
    this.words[this.at(slot, PART.nameLength)] = SOCKADDR_STORAGE.size;
  }

  /** The address that the kernel wrote, with the length that stands beside it. */
  getName(slot: number): Address {
    return this.#decodeName(slot, this.words[this.at(slot, PART.nameLength)] as number);
  }

  /** Writes a WSAMSG that names the slot's buffer and address, and room for control messages. */
  setMessage(slot: number, control: { readonly address: number; readonly length: number }): void {
    const { fields } = WSAMSG;
    const { words } = this;
    const at = this.at(slot, PART.message);
    const word = ([offset]: readonly [number, number]) => at + offset / WORD_BYTES;
    words.fill(0, at, at + WSAMSG.size / WORD_BYTES);
    setLong(words, word(fields.name), this.addressOf(slot, PART.name));
    words[word(fields.namelen)] = SOCKADDR_STORAGE.size;
    setLong(words, word(fields.lpBuffers), this.addressOf(slot, PART.vector));
    words[word(fields.dwBufferCount)] = 1;
    words[word(fields.Control)] = control.length;
    setLong(words, word(fields.Control) + 2, control.address);
  }

  /** What the kernel wrote into a WSAMSG. */
  getMessage(slot: number): { name: Address; controlLength: number; flags: number } {
    const { fields } = WSAMSG;
    const at = this.at(slot, PART.message);
    const word = ([offset]: readonly [number, number]) =>
      this.words[at + offset / WORD_BYTES] as number;
    return {
      name: this.#decodeName(slot, word(fields.namelen)),
      controlLength: word(fields.Control),
      flags: word(fields.dwFlags),
    };
  }

  close(): void {
    this.#arena.close();
  }

  #decodeName(slot: number, size: number): Address {
    const start = slot * BLOCK_SIZE + PART.name;
    return decodeAddress(this.#arena.bytes.subarray(start, start + SOCKADDR_STORAGE.size), size);
  }
}

/** A 64-bit integer that JavaScript holds exactly. */
function setLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / 2 ** 32);
}
