/** Options of IPv4: ip(7), raw(7). Sockets of IPv6 have them for the IPv4 traffic they carry. */

import { INET, IP } from '../../sys/abi.ts';
import { ICMP, LEVEL } from '../../sys/linux/sockets/abi.ts';
import { flag, integer, memory, unsigned } from './codec.ts';
import { INTERNET, level, RAW, RAW_IPV4, readOnly, UDP, writeOnly } from './entry.ts';
import {
  interfaceInNetworkOrder,
  ipInterface,
  ipMembership,
  ipSourceFilter,
  ipSourceMembership,
} from './membership.ts';

const entry = level(INET.IPPROTO_IP, INTERNET);
const raw = level(LEVEL.SOL_RAW, RAW_IPV4);

export const IP_LEVEL = {
  IP_ADD_MEMBERSHIP: entry(IP.IP_ADD_MEMBERSHIP, ipMembership, writeOnly),
  IP_ADD_SOURCE_MEMBERSHIP: entry(IP.IP_ADD_SOURCE_MEMBERSHIP, ipSourceMembership, writeOnly),
  IP_BIND_ADDRESS_NO_PORT: entry(INET.IP_BIND_ADDRESS_NO_PORT, flag),
  IP_BLOCK_SOURCE: entry(IP.IP_BLOCK_SOURCE, ipSourceMembership, writeOnly),
  IP_CHECKSUM: entry(IP.IP_CHECKSUM, flag, { scope: UDP }),
  IP_DROP_MEMBERSHIP: entry(IP.IP_DROP_MEMBERSHIP, ipMembership, writeOnly),
  IP_DROP_SOURCE_MEMBERSHIP: entry(IP.IP_DROP_SOURCE_MEMBERSHIP, ipSourceMembership, writeOnly),
  IP_FREEBIND: entry(INET.IP_FREEBIND, flag),
  IP_HDRINCL: entry(IP.IP_HDRINCL, flag, { scope: RAW }),
  IP_MINTTL: entry(IP.IP_MINTTL, integer),
  IP_MSFILTER: entry(IP.IP_MSFILTER, ipSourceFilter, writeOnly),
  IP_MTU: entry(IP.IP_MTU, integer, readOnly),
  IP_MTU_DISCOVER: entry(INET.IP_MTU_DISCOVER, integer),
  IP_MULTICAST_ALL: entry(IP.IP_MULTICAST_ALL, flag),
  IP_MULTICAST_IF: entry(IP.IP_MULTICAST_IF, ipInterface),
  IP_MULTICAST_LOOP: entry(IP.IP_MULTICAST_LOOP, flag),
  IP_MULTICAST_TTL: entry(IP.IP_MULTICAST_TTL, integer),
  IP_NODEFRAG: entry(IP.IP_NODEFRAG, flag, { scope: RAW_IPV4 }),
  IP_OPTIONS: entry(IP.IP_OPTIONS, memory),
  IP_ORIGDSTADDR: entry(IP.IP_RECVORIGDSTADDR, flag),
  IP_PASSSEC: entry(IP.IP_PASSSEC, flag),
  IP_PKTINFO: entry(IP.IP_PKTINFO, flag),
  IP_RECVERR: entry(IP.IP_RECVERR, flag),
  IP_RECVFRAGSIZE: entry(IP.IP_RECVFRAGSIZE, flag),
  IP_RECVOPTS: entry(IP.IP_RECVOPTS, flag),
  IP_RECVORIGDSTADDR: entry(IP.IP_RECVORIGDSTADDR, flag),
  IP_RECVTOS: entry(IP.IP_RECVTOS, flag),
  IP_RECVTTL: entry(IP.IP_RECVTTL, flag),
  IP_RETOPTS: entry(IP.IP_RETOPTS, flag),
  IP_ROUTER_ALERT: entry(IP.IP_ROUTER_ALERT, flag, { access: 'write', scope: RAW_IPV4 }),
  IP_TOS: entry(INET.IP_TOS, integer),
  IP_TRANSPARENT: entry(INET.IP_TRANSPARENT, flag),
  IP_TTL: entry(INET.IP_TTL, integer),
  IP_UNBLOCK_SOURCE: entry(IP.IP_UNBLOCK_SOURCE, ipSourceMembership, writeOnly),
  IP_UNICAST_IF: entry(IP.IP_UNICAST_IF, interfaceInNetworkOrder),

  ICMP_FILTER: raw(ICMP.ICMP_FILTER, unsigned),
} as const;
