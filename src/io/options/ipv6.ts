/** Options of IPv6: ipv6(7) and RFC 3542. */

import { INET, IP } from '../../sys/abi.ts';
import { IN6 } from '../../sys/linux/sockets/abi.ts';
import { flag, integer, memory } from './codec.ts';
import { IPV6, level, RAW_IPV6, writeOnly } from './entry.ts';
import {
  interfaceInNetworkOrder,
  interfaceNumber,
  ipv6Membership,
  ipv6PacketInfo,
} from './membership.ts';

const entry = level(INET.IPPROTO_IPV6, IPV6);

export const IPV6_LEVEL = {
  IPV6_ADDRFORM: entry(IP.IPV6_ADDRFORM, integer),
  IPV6_ADDR_PREFERENCES: entry(IP.IPV6_ADDR_PREFERENCES, integer),
  IPV6_ADD_MEMBERSHIP: entry(IP.IPV6_ADD_MEMBERSHIP, ipv6Membership, writeOnly),
  IPV6_AUTOFLOWLABEL: entry(IP.IPV6_AUTOFLOWLABEL, flag),
  IPV6_CHECKSUM: entry(IP.IPV6_CHECKSUM, integer, { scope: RAW_IPV6 }),
  IPV6_DONTFRAG: entry(IP.IPV6_DONTFRAG, flag),
  IPV6_DROP_MEMBERSHIP: entry(IP.IPV6_DROP_MEMBERSHIP, ipv6Membership, writeOnly),
  IPV6_DSTOPTS: entry(IP.IPV6_DSTOPTS, memory),
  IPV6_FLOWINFO: entry(IN6.IPV6_FLOWINFO, flag),
  IPV6_FREEBIND: entry(IP.IPV6_FREEBIND, flag),
  IPV6_HDRINCL: entry(IP.IPV6_HDRINCL, flag, { scope: RAW_IPV6 }),
  IPV6_HOPOPTS: entry(IP.IPV6_HOPOPTS, memory),
  IPV6_JOIN_ANYCAST: entry(IP.IPV6_JOIN_ANYCAST, ipv6Membership, writeOnly),
  IPV6_LEAVE_ANYCAST: entry(IP.IPV6_LEAVE_ANYCAST, ipv6Membership, writeOnly),
  IPV6_MINHOPCOUNT: entry(IP.IPV6_MINHOPCOUNT, integer),
  IPV6_MTU: entry(IP.IPV6_MTU, integer),
  IPV6_MTU_DISCOVER: entry(IP.IPV6_MTU_DISCOVER, integer),
  IPV6_MULTICAST_ALL: entry(IP.IPV6_MULTICAST_ALL, flag),
  IPV6_MULTICAST_HOPS: entry(IP.IPV6_MULTICAST_HOPS, integer),
  IPV6_MULTICAST_IF: entry(IP.IPV6_MULTICAST_IF, interfaceNumber),
  IPV6_MULTICAST_LOOP: entry(IP.IPV6_MULTICAST_LOOP, flag),
  IPV6_PKTINFO: entry(IP.IPV6_PKTINFO, ipv6PacketInfo, writeOnly),
  IPV6_RECVDSTOPTS: entry(IP.IPV6_RECVDSTOPTS, flag),
  IPV6_RECVERR: entry(IP.IPV6_RECVERR, flag),
  IPV6_RECVFRAGSIZE: entry(IP.IPV6_RECVFRAGSIZE, flag),
  IPV6_RECVHOPLIMIT: entry(IP.IPV6_RECVHOPLIMIT, flag),
  IPV6_RECVHOPOPTS: entry(IP.IPV6_RECVHOPOPTS, flag),
  IPV6_RECVORIGDSTADDR: entry(IP.IPV6_RECVORIGDSTADDR, flag),
  IPV6_RECVPATHMTU: entry(IP.IPV6_RECVPATHMTU, flag),
  IPV6_RECVPKTINFO: entry(IP.IPV6_RECVPKTINFO, flag),
  IPV6_RECVRTHDR: entry(IP.IPV6_RECVRTHDR, flag),
  IPV6_RECVTCLASS: entry(IP.IPV6_RECVTCLASS, flag),
  IPV6_ROUTER_ALERT: entry(IP.IPV6_ROUTER_ALERT, integer, { scope: RAW_IPV6 }),
  IPV6_RTHDR: entry(IP.IPV6_RTHDR, memory),
  IPV6_RTHDRDSTOPTS: entry(IP.IPV6_RTHDRDSTOPTS, memory),
  IPV6_TCLASS: entry(INET.IPV6_TCLASS, integer),
  IPV6_TRANSPARENT: entry(IP.IPV6_TRANSPARENT, flag),
  IPV6_UNICAST_HOPS: entry(INET.IPV6_UNICAST_HOPS, integer),
  IPV6_UNICAST_IF: entry(IP.IPV6_UNICAST_IF, interfaceInNetworkOrder),
  IPV6_V6ONLY: entry(INET.IPV6_V6ONLY, flag),
} as const;
