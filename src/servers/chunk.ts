/** The lease: one object and one piece of memory that a loop reuses for everything it receives. */
import type { Chunk } from './protocol.ts';

const POISON = 0xdb;

/** Whether ended leases are filled with 0xDB, so that a view kept too long shows: for test runs. */
export const poisonsLeases = process.env['POLYIO_POISON_LEASES'] === '1';

/**
 * `memory` is where the bytes lie; `address` is where the kernel finds the first of them, 0 in
 * memory that only JavaScript knows.
 */
export class Lease implements Chunk {
  length = 0;
  /** Where the bytes begin in `memory`. */
  offset = 0;
  memory: Uint8Array;
  address: number;

  constructor(memory: Uint8Array, address: number) {
    this.memory = memory;
    this.address = address;
  }

  get bytes(): Uint8Array {
    // Not subarray and slice: the baseline's memory is a Buffer, and its slice is no copy.
    return new Uint8Array(this.memory.buffer, this.memory.byteOffset + this.offset, this.length);
  }

  copy(): Uint8Array {
    return new Uint8Array(this.bytes);
  }

  toString(encoding: BufferEncoding = 'utf8'): string {
    const { buffer, byteOffset } = this.memory;
    return Buffer.from(buffer, byteOffset + this.offset, this.length).toString(encoding);
  }

  /** The callback is over: from now on the memory is the loop's again. */
  end(): void {
    if (poisonsLeases) this.memory.fill(POISON, 0, this.length);
    this.length = 0;
  }
}
