/**
 * Classic BPF programs: SO_ATTACH_FILTER.
 *
 * Facts:
 * - The option's value points to the instructions; they must stay where they are during the call
 *   only, the kernel copies them.
 * - Reading the option counts in instructions, not in bytes: what goes in is the room, what comes
 *   back is how many there are, and room for none asks just that. 0 means that no filter is there.
 * - The kernel checks the program (EINVAL): jumps go forward and stay inside, the last instruction
 *   returns. It drops what came before the filter was there only if the program does.
 */
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { Arena } from '../../sys/arena.ts';
import { SOCK_FILTER, SOCK_FPROG } from '../../sys/linux/sockets/abi.ts';
import { getsockopt, setsockopt } from '../../sys/socket.ts';
import { type Codec, viewOf } from './codec.ts';
import type { Place } from './entry.ts';

/** One instruction, as `tcpdump -dd` prints it: code, jump if true, jump if false, operand. */
export type FilterInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** A classic BPF program: 1 to 4096 instructions. @see bpf(4), the kernel's networking/filter */
export type Filter = readonly FilterInstruction[];

const INSTRUCTIONS_MAX = 4_096;

export const filter: Codec<Filter> = {
  size: 0,
  encode(value, name) {
    if (!Array.isArray(value)) {
      throw new TypeError(`${name} must be an array of instructions, got ${inspect(value)}`);
    }
    asInteger(value.length, `the length of ${name}`, 1, INSTRUCTIONS_MAX);
    const bytes = new Uint8Array(value.length * SOCK_FILTER.size);
    const view = viewOf(bytes);
    const { code, jt, jf, k } = SOCK_FILTER.fields;
    for (const [index, instruction] of value.entries()) {
      const what = `${name}[${index}]`;
      if (!Array.isArray(instruction) || instruction.length !== 4) {
        throw new TypeError(`${what} must be [code, jt, jf, k], got ${inspect(instruction)}`);
      }
      const at = index * SOCK_FILTER.size;
      view.setUint16(at + code[0], asInteger(instruction[0], `${what}[0]`, 0, 0xffff), true);
      view.setUint8(at + jt[0], asInteger(instruction[1], `${what}[1]`, 0, 0xff));
      view.setUint8(at + jf[0], asInteger(instruction[2], `${what}[2]`, 0, 0xff));
      view.setUint32(at + k[0], asInteger(instruction[3], `${what}[3]`, 0, 2 ** 32 - 1), true);
    }
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    const { code, jt, jf, k } = SOCK_FILTER.fields;
    return Array.from({ length: bytes.length / SOCK_FILTER.size }, (_, index) => {
      const at = index * SOCK_FILTER.size;
      const jumps = [view.getUint8(at + jt[0]), view.getUint8(at + jf[0])] as const;
      return [view.getUint16(at + code[0], true), ...jumps, view.getUint32(at + k[0], true)];
    });
  },
};

/** Attaches a program: 0, or the negative error number. */
export function setFilter({ fd, level, option }: Place, value: Filter, name: string): number {
  const instructions = filter.encode(value, name);
  using arena = Arena.map(instructions.length);
  arena.bytes.set(instructions);
  const bytes = new Uint8Array(SOCK_FPROG.size);
  const view = viewOf(bytes);
  view.setUint16(SOCK_FPROG.fields.len[0], value.length, true);
  view.setBigUint64(SOCK_FPROG.fields.filter[0], BigInt(arena.address), true);
  return setsockopt(fd, level, option, bytes, bytes.length);
}

/** The program that is attached, empty when none is; or the negative error number. */
export function readFilter({ fd, level, option }: Place): Filter | number {
  const count = Int32Array.of(0);
  const asked = getsockopt(fd, level, option, new Uint8Array(0), count);
  if (asked < 0) return asked;
  const bytes = new Uint8Array((count[0] as number) * SOCK_FILTER.size);
  if (bytes.length === 0) return [];
  const result = getsockopt(fd, level, option, bytes, count);
  return result < 0 ? result : filter.decode(bytes);
}
