/**
 * Where bytes stand that the kernel is to send and that lie in JavaScript's own memory: it may be
 * moved or collected while an operation is under way, so they are copied to mapped memory first.
 *
 * Sends from here never wait (they carry MSG_DONTWAIT), so all of them are through with the next
 * enter: pieces are cut off one after another, and when the last one is given back all is free
 * again. What does not fit waits for that moment.
 */
import { Arena } from '../sys/arena.ts';

const ALIGNMENT = 64;
const STAGING_BYTES = 1_048_576;

/** The most bytes that one piece takes. */
export const PIECE_BYTES = 262_144;

export class Staging {
  readonly #arena: Arena;
  #used = 0;
  #pieces = 0;

  constructor(size: number = STAGING_BYTES) {
    this.#arena = Arena.map(size);
  }

  /** Copies `bytes` and returns their address, or -1 while there is no room. */
  place(bytes: Uint8Array): number {
    const offset = this.#used;
    if (offset + bytes.length > this.#arena.size) return -1;
    this.#used = offset + Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
    this.#pieces++;
    this.#arena.bytes.set(bytes, offset);
    return this.#arena.address + offset;
  }

  /** The bytes that `place` put there. */
  bytesAt(address: number, length: number): Uint8Array {
    const offset = address - this.#arena.address;
    return this.#arena.bytes.subarray(offset, offset + length);
  }

  /** One piece is through. */
  release(): void {
    if (--this.#pieces === 0) this.#used = 0;
  }

  /** How many pieces are under way. */
  get pieces(): number {
    return this.#pieces;
  }

  close(): void {
    this.#arena.close();
  }
}
