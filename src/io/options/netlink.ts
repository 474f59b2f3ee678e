/** Options of netlink sockets: netlink(7). */
import { NETLINK as NUMBER } from '../../sys/linux/netlink/abi.ts';
import { LEVEL } from '../../sys/linux/sockets/abi.ts';
import { type Codec, flag, integers, unsigned } from './codec.ts';
import { level, NETLINK, readOnly, writeOnly } from './entry.ts';

const WORD_BITS = 32;

/** The numbers of the groups whose bits are set; group 1 is the first bit. */
const groups: Codec<readonly number[]> = {
  size: integers.size,
  encode: integers.encode,
  decode: (bytes) =>
    integers.decode(bytes).flatMap((word, index) => {
      const bits = Array.from({ length: WORD_BITS }, (_, bit) => bit);
      return bits.filter((bit) => (word >>> bit) & 1).map((bit) => index * WORD_BITS + bit + 1);
    }),
};

const entry = level(LEVEL.SOL_NETLINK, NETLINK);

export const NETLINK_LEVEL = {
  NETLINK_ADD_MEMBERSHIP: entry(NUMBER.NETLINK_ADD_MEMBERSHIP, unsigned, writeOnly),
  NETLINK_BROADCAST_ERROR: entry(NUMBER.NETLINK_BROADCAST_ERROR, flag),
  NETLINK_CAP_ACK: entry(NUMBER.NETLINK_CAP_ACK, flag),
  NETLINK_DROP_MEMBERSHIP: entry(NUMBER.NETLINK_DROP_MEMBERSHIP, unsigned, writeOnly),
  NETLINK_EXT_ACK: entry(NUMBER.NETLINK_EXT_ACK, flag),
  NETLINK_GET_STRICT_CHK: entry(NUMBER.NETLINK_GET_STRICT_CHK, flag),
  NETLINK_LISTEN_ALL_NSID: entry(NUMBER.NETLINK_LISTEN_ALL_NSID, flag),
  NETLINK_LIST_MEMBERSHIPS: entry(NUMBER.NETLINK_LIST_MEMBERSHIPS, groups, readOnly),
  NETLINK_NO_ENOBUFS: entry(NUMBER.NETLINK_NO_ENOBUFS, flag),
  NETLINK_PKTINFO: entry(NUMBER.NETLINK_PKTINFO, flag),
} as const;
