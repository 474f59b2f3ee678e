/**
 * Bytes that the kernel had no room for, in one piece of memory: a list of pieces would cost a
 * hundred bytes of bookkeeping for a one-byte write.
 */
export class SendQueue {
  #memory: Uint8Array;
  #start = 0;
  #end = 0;

  /** @param capacity how many bytes are known to come, so that they need not be moved */
  constructor(capacity = 0) {
    this.#memory = new Uint8Array(capacity);
  }

  /** How many bytes wait. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The bytes that wait, in order; valid until the next `push`. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** Copies `bytes` to the end. */
  push(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (this.#end + bytes.length > this.#memory.length) {
      // Moved within its memory only when half of that is free then, or each byte could move all.
      const isRoomy = length * 2 <= this.#memory.length;
      const roomier = isRoomy ? this.#memory : new Uint8Array(length * 2);
      roomier.set(this.bytes);
      this.#memory = roomier;
      this.#start = 0;
      this.#end = length - bytes.length;
    }
    this.#memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Forgets the first `count` bytes, and the memory when none is left. */
  shift(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) this.clear();
  }

  clear(): void {
    this.#memory = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }
}
