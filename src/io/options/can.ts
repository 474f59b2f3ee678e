/** Options of raw CAN sockets, as the kernel's networking/can describes them. */
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { CAN_RAW as NUMBER } from '../../sys/linux/sockets/abi.ts';
import { asRecord, type Codec, flag, unsigned, viewOf } from './codec.ts';
import { CAN_RAW, level } from './entry.ts';

const FILTER_SIZE = 8;
const FILTERS_MAX = 512;
const UINT32_MAX = 2 ** 32 - 1;

/** A frame passes when `id` and the frame's own identifier agree in the bits of `mask`. */
export interface CanFilter {
  readonly id: number;
  readonly mask: number;
}

const filters: Codec<readonly CanFilter[]> = {
  size: FILTER_SIZE * FILTERS_MAX,
  encode(value, name) {
    if (!Array.isArray(value)) {
      throw new TypeError(`${name} must be an array of { id, mask }, got ${inspect(value)}`);
    }
    asInteger(value.length, `the length of ${name}`, 0, FILTERS_MAX);
    const bytes = new Uint8Array(value.length * FILTER_SIZE);
    const view = viewOf(bytes);
    for (const [index, item] of value.entries()) {
      const { id, mask } = asRecord(item, `${name}[${index}]`, '{ id, mask }');
      const at = index * FILTER_SIZE;
      view.setUint32(at, asInteger(id, `${name}[${index}].id`, 0, UINT32_MAX), true);
      view.setUint32(at + 4, asInteger(mask, `${name}[${index}].mask`, 0, UINT32_MAX), true);
    }
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    return Array.from({ length: Math.floor(bytes.length / FILTER_SIZE) }, (_, index) => {
      const at = index * FILTER_SIZE;
      return { id: view.getUint32(at, true), mask: view.getUint32(at + 4, true) };
    });
  },
};

const entry = level(NUMBER.SOL_CAN_RAW, CAN_RAW);

export const CAN_LEVEL = {
  CAN_RAW_ERR_FILTER: entry(NUMBER.CAN_RAW_ERR_FILTER, unsigned),
  CAN_RAW_FD_FRAMES: entry(NUMBER.CAN_RAW_FD_FRAMES, flag),
  CAN_RAW_FILTER: entry(NUMBER.CAN_RAW_FILTER, filters),
  CAN_RAW_JOIN_FILTERS: entry(NUMBER.CAN_RAW_JOIN_FILTERS, flag),
  CAN_RAW_LOOPBACK: entry(NUMBER.CAN_RAW_LOOPBACK, flag),
  CAN_RAW_RECV_OWN_MSGS: entry(NUMBER.CAN_RAW_RECV_OWN_MSGS, flag),
} as const;
