/** Options of packet sockets: packet(7). */
import { inspect } from 'node:util';
import { asInteger } from '../../platform/integers.ts';
import { encodeHardwareAddress } from '../../sys/linux/address.ts';
import { interfaceIndex } from '../../sys/linux/interface.ts';
import {
  LEVEL,
  PACKET as NUMBER,
  PACKET_MREQ,
  TPACKET_REQ,
  TPACKET_STATS,
} from '../../sys/linux/sockets/abi.ts';
import { asRecord, type Codec, flag, integer, unsigned, viewOf } from './codec.ts';
import { level, PACKET, readOnly, writeOnly } from './entry.ts';

const MEMBERSHIPS = {
  multicast: NUMBER.PACKET_MR_MULTICAST,
  promiscuous: NUMBER.PACKET_MR_PROMISC,
  'all-multicast': NUMBER.PACKET_MR_ALLMULTI,
  unicast: NUMBER.PACKET_MR_UNICAST,
} as const;

const FANOUT_MODES = [
  'hash',
  'load-balance',
  'cpu',
  'rollover',
  'random',
  'queue-mapping',
  'cbpf',
  'ebpf',
] as const;

const FANOUT_FLAGS_SHIFT = 8;
const UINT16_MAX = 65_535;
const UINT32_MAX = 2 ** 32 - 1;

/** PACKET_ADD_MEMBERSHIP: what an interface shall receive besides its own. */
export interface PacketMembership {
  readonly interface: number | string;
  readonly type: keyof typeof MEMBERSHIPS;
  /** For `multicast` and `unicast`: the hardware address. */
  readonly hardwareAddress?: string;
}

/** PACKET_FANOUT: sockets with one id share what comes. */
export interface PacketFanout {
  /** 0 to 65535. */
  readonly id: number;
  readonly mode: (typeof FANOUT_MODES)[number];
  /** PACKET_FANOUT_FLAG_ROLLOVER and so on, 0 to 255 as bits. @default 0 */
  readonly flags?: number;
}

/** PACKET_RX_RING, PACKET_TX_RING: a ring to be mapped; sizes in bytes. All zeros remove it. */
export interface PacketRing {
  readonly blockSize: number;
  readonly blockCount: number;
  readonly frameSize: number;
  readonly frameCount: number;
}

/** PACKET_STATISTICS: since it was last read, which starts again at 0. */
export interface PacketStatistics {
  readonly packets: number;
  readonly drops: number;
}

function onlySet(): never {
  throw new TypeError('the option can only be set');
}

const membership: Codec<never, PacketMembership> = {
  size: 0,
  encode(value, name) {
    const record = asRecord(value, name, '{ interface, type }');
    const { interface: device, type, hardwareAddress } = record;
    if (typeof type !== 'string' || !Object.hasOwn(MEMBERSHIPS, type)) {
      const allowed = Object.keys(MEMBERSHIPS).join(', ');
      throw new TypeError(`${name}.type must be one of ${allowed}, got ${inspect(type)}`);
    }
    const { mr_ifindex, mr_type, mr_alen, mr_address } = PACKET_MREQ.fields;
    const bytes = new Uint8Array(PACKET_MREQ.size);
    const view = viewOf(bytes);
    const index = interfaceIndex(device as number | string, `${name}.interface`);
    view.setInt32(mr_ifindex[0], index, true);
    view.setUint16(mr_type[0], MEMBERSHIPS[type as keyof typeof MEMBERSHIPS], true);
    if (hardwareAddress !== undefined) {
      const hardware = encodeHardwareAddress(hardwareAddress, `${name}.hardwareAddress`);
      view.setUint16(mr_alen[0], hardware.length, true);
      bytes.set(hardware, mr_address[0]);
    }
    return bytes;
  },
  decode: onlySet,
};

const fanout: Codec<PacketFanout> = {
  size: 4,
  encode(value, name) {
    const { id, mode, flags = 0 } = asRecord(value, name, '{ id, mode }');
    const number = FANOUT_MODES.indexOf(mode as PacketFanout['mode']);
    if (number < 0) {
      const allowed = FANOUT_MODES.join(', ');
      throw new TypeError(`${name}.mode must be one of ${allowed}, got ${inspect(mode)}`);
    }
    const bytes = new Uint8Array(4);
    const view = viewOf(bytes);
    view.setUint16(0, asInteger(id, `${name}.id`, 0, UINT16_MAX), true);
    const bits = asInteger(flags, `${name}.flags`, 0, 255) << FANOUT_FLAGS_SHIFT;
    view.setUint16(2, bits | number, true);
    return bytes;
  },
  decode(bytes) {
    const view = viewOf(bytes);
    const type = view.getUint16(2, true);
    const mode = FANOUT_MODES[type & 0xff] ?? 'hash';
    return { id: view.getUint16(0, true), mode, flags: type >> FANOUT_FLAGS_SHIFT };
  },
};

const ring: Codec<never, PacketRing> = {
  size: 0,
  encode(value, name) {
    const form = '{ blockSize, blockCount, frameSize, frameCount }';
    const { blockSize, blockCount, frameSize, frameCount } = asRecord(value, name, form);
    const { fields } = TPACKET_REQ;
    const bytes = new Uint8Array(TPACKET_REQ.size);
    const view = viewOf(bytes);
    const write = (at: number, item: unknown, what: string) =>
      view.setUint32(at, asInteger(item, `${name}.${what}`, 0, UINT32_MAX), true);
    write(fields.tp_block_size[0], blockSize, 'blockSize');
    write(fields.tp_block_nr[0], blockCount, 'blockCount');
    write(fields.tp_frame_size[0], frameSize, 'frameSize');
    write(fields.tp_frame_nr[0], frameCount, 'frameCount');
    return bytes;
  },
  decode: onlySet,
};

const statistics: Codec<PacketStatistics, never> = {
  size: TPACKET_STATS.size,
  encode: () => new Uint8Array(TPACKET_STATS.size),
  decode(bytes) {
    const view = viewOf(bytes);
    return {
      packets: view.getUint32(TPACKET_STATS.fields.tp_packets[0], true),
      drops: view.getUint32(TPACKET_STATS.fields.tp_drops[0], true),
    };
  },
};

const entry = level(LEVEL.SOL_PACKET, PACKET);

export const PACKET_LEVEL = {
  PACKET_ADD_MEMBERSHIP: entry(NUMBER.PACKET_ADD_MEMBERSHIP, membership, writeOnly),
  PACKET_AUXDATA: entry(NUMBER.PACKET_AUXDATA, flag),
  PACKET_COPY_THRESH: entry(NUMBER.PACKET_COPY_THRESH, integer),
  PACKET_DROP_MEMBERSHIP: entry(NUMBER.PACKET_DROP_MEMBERSHIP, membership, writeOnly),
  PACKET_FANOUT: entry(NUMBER.PACKET_FANOUT, fanout),
  PACKET_IGNORE_OUTGOING: entry(NUMBER.PACKET_IGNORE_OUTGOING, flag),
  PACKET_LOSS: entry(NUMBER.PACKET_LOSS, flag),
  PACKET_ORIGDEV: entry(NUMBER.PACKET_ORIGDEV, flag),
  PACKET_QDISC_BYPASS: entry(NUMBER.PACKET_QDISC_BYPASS, flag),
  PACKET_RESERVE: entry(NUMBER.PACKET_RESERVE, unsigned),
  PACKET_RX_RING: entry(NUMBER.PACKET_RX_RING, ring, writeOnly),
  PACKET_STATISTICS: entry(NUMBER.PACKET_STATISTICS, statistics, readOnly),
  PACKET_TIMESTAMP: entry(NUMBER.PACKET_TIMESTAMP, integer),
  PACKET_TX_HAS_OFF: entry(NUMBER.PACKET_TX_HAS_OFF, flag),
  PACKET_TX_RING: entry(NUMBER.PACKET_TX_RING, ring, writeOnly),
  PACKET_VERSION: entry(NUMBER.PACKET_VERSION, integer),
  PACKET_VNET_HDR: entry(NUMBER.PACKET_VNET_HDR, flag),
} as const;
