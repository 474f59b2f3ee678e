/**
 * A group of buffers from which the kernel takes one when it has bytes to put there.
 *
 * Facts: entries (address, length, number) lie in a ring of shared memory; whoever adds one writes
 * it and moves the tail, without a system call. A receive that selects from the group takes the
 * entry at the head, and its completion names the buffer. With "incremental" rings the kernel takes
 * only the bytes that it filled and goes on in the same buffer; IORING_CQE_F_BUF_MORE says that it
 * will. An empty ring ends the receive with ENOBUFS.
 *
 * What this means for us: whoever gets a buffer gives it back with `provide`, and nobody else moves
 * the tail.
 */
import { SystemError } from '../../../errors.ts';
import { Arena } from '../../arena.ts';
import {
  BUF_REG_FLAGS,
  IO_URING_BUF,
  IO_URING_BUF_REG,
  IO_URING_BUF_RING,
  IORING_REGISTER,
  SINCE_6_12,
} from '../io-uring-abi.ts';
import { highWord, type Ring } from './ring.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const HALF_BYTES = Uint16Array.BYTES_PER_ELEMENT;
const ENTRY_WORDS = IO_URING_BUF.size / WORD_BYTES;
const ENTRY_HALVES = IO_URING_BUF.size / HALF_BYTES;
const LENGTH_AT = IO_URING_BUF.fields.len[0] / WORD_BYTES;
const ID_AT = IO_URING_BUF.fields.bid[0] / HALF_BYTES;
/** Carving aligns to a cache line. */
const REQUEST_BYTES = 128;
const TAIL_AT = IO_URING_BUF_RING.fields.tail[0] / HALF_BYTES;

export interface BufferRingOptions {
  /** The number that receives name it by, 0 to 65535. */
  readonly group: number;
  /** Room for how many buffers: a power of two, up to 32,768. */
  readonly entries: number;
  /** Whether several receives fill one buffer. Kernel 6.12. @default false */
  readonly isIncremental?: boolean;
}

export class BufferRing {
  readonly group: number;
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #mask: number;
  #tail = 0;

  /** Throws SystemError: EINVAL where the kernel has no such rings, ENOMEM. */
  constructor(ring: Ring, { group, entries, isIncremental = false }: BufferRingOptions) {
    this.group = group;
    this.#mask = entries - 1;
    this.#arena = Arena.map(entries * IO_URING_BUF.size + REQUEST_BYTES);
    const { address } = this.#arena.carve(entries * IO_URING_BUF.size);
    this.#words = new Int32Array(this.#arena.buffer, 0, entries * ENTRY_WORDS);
    this.#halves = new Uint16Array(this.#arena.buffer, 0, entries * ENTRY_HALVES);
    const request = this.#arena.carve(IO_URING_BUF_REG.size);
    request.words[0] = address | 0;
    request.words[1] = highWord(address);
    request.words[IO_URING_BUF_REG.fields.ring_entries[0] / WORD_BYTES] = entries;
    const halves = new Uint16Array(this.#arena.buffer, request.offset);
    halves[IO_URING_BUF_REG.fields.bgid[0] / HALF_BYTES] = group;
    halves[BUF_REG_FLAGS / HALF_BYTES] = isIncremental ? SINCE_6_12.IOU_PBUF_RING_INC : 0;
    const result = ring.register(IORING_REGISTER.IORING_REGISTER_PBUF_RING, request.address, 1);
    if (result < 0) {
      this.#arena.close();
      throw new SystemError(result, 'io_uring_register');
    }
  }

  /** Gives the kernel a buffer, whole. */
  provide(id: number, address: number, length: number): void {
    const entry = this.#tail & this.#mask;
    const at = entry * ENTRY_WORDS;
    this.#words[at] = address | 0;
    this.#words[at + 1] = highWord(address);
    this.#words[at + LENGTH_AT] = length;
    // Not as a word: in the first entry the tail lies beside it.
    this.#halves[entry * ENTRY_HALVES + ID_AT] = id;
    this.#tail = (this.#tail + 1) & 0xffff;
    Atomics.store(this.#halves, TAIL_AT, this.#tail);
  }

  /** Gives the ring's own memory back; the buffers are whoever provided them. After the ring is closed. */
  close(): void {
    this.#arena.close();
  }
}
