/**
 * Numbers and layouts of netlink and of its route family, as the headers of Linux have them.
 * Each table names its header; a test asks the C compiler for every one of them.
 */
import type { Layout } from '../../posix/abi.ts';

/** <linux/netlink.h> */
export const NETLINK = {
  NETLINK_ROUTE: 0,
  NETLINK_USERSOCK: 2,
  NETLINK_SOCK_DIAG: 4,
  NETLINK_XFRM: 6,
  NETLINK_AUDIT: 9,
  NETLINK_NETFILTER: 12,
  NETLINK_KOBJECT_UEVENT: 15,
  NETLINK_GENERIC: 16,
  NETLINK_CRYPTO: 21,
  NETLINK_ADD_MEMBERSHIP: 1,
  NETLINK_DROP_MEMBERSHIP: 2,
  NETLINK_PKTINFO: 3,
  NETLINK_BROADCAST_ERROR: 4,
  NETLINK_NO_ENOBUFS: 5,
  NETLINK_LISTEN_ALL_NSID: 8,
  NETLINK_LIST_MEMBERSHIPS: 9,
  NETLINK_CAP_ACK: 10,
  NETLINK_EXT_ACK: 11,
  NETLINK_GET_STRICT_CHK: 12,
  NLM_F_REQUEST: 0x1,
  NLM_F_MULTI: 0x2,
  NLM_F_ACK: 0x4,
  NLM_F_DUMP_INTR: 0x10,
  NLM_F_DUMP: 0x300,
  NLM_F_REPLACE: 0x100,
  NLM_F_EXCL: 0x200,
  NLM_F_CREATE: 0x400,
  NLM_F_CAPPED: 0x100,
  NLM_F_ACK_TLVS: 0x200,
  NLMSG_NOOP: 1,
  NLMSG_ERROR: 2,
  NLMSG_DONE: 3,
  NLMSG_OVERRUN: 4,
  NLMSGERR_ATTR_MSG: 1,
  NLMSGERR_ATTR_OFFS: 2,
  NLA_F_NESTED: 0x8000,
  NLA_TYPE_MASK: -0xc001,
} as const;

/** <linux/rtnetlink.h> */
export const RTNETLINK = {
  RTM_NEWLINK: 16,
  RTM_DELLINK: 17,
  RTM_GETLINK: 18,
  RTM_NEWADDR: 20,
  RTM_DELADDR: 21,
  RTM_GETADDR: 22,
  RTM_NEWROUTE: 24,
  RTM_DELROUTE: 25,
  RTM_GETROUTE: 26,
  RTM_NEWRULE: 32,
  RTM_DELRULE: 33,
  RTM_GETRULE: 34,
  RTNLGRP_LINK: 1,
  RTNLGRP_IPV4_IFADDR: 5,
  RTNLGRP_IPV4_ROUTE: 7,
  RTNLGRP_IPV4_RULE: 8,
  RTNLGRP_IPV6_IFADDR: 9,
  RTNLGRP_IPV6_ROUTE: 11,
  RTNLGRP_IPV6_RULE: 19,
  RTA_DST: 1,
  RTA_SRC: 2,
  RTA_IIF: 3,
  RTA_OIF: 4,
  RTA_GATEWAY: 5,
  RTA_PRIORITY: 6,
  RTA_PREFSRC: 7,
  RTA_METRICS: 8,
  RTA_MULTIPATH: 9,
  RTA_TABLE: 15,
  RTA_VIA: 18,
  RTA_PREF: 20,
  RTN_UNICAST: 1,
  RTN_LOCAL: 2,
  RTN_BROADCAST: 3,
  RTN_ANYCAST: 4,
  RTN_MULTICAST: 5,
  RTN_BLACKHOLE: 6,
  RTN_UNREACHABLE: 7,
  RTN_PROHIBIT: 8,
  RTN_THROW: 9,
  RTN_NAT: 10,
  RT_SCOPE_UNIVERSE: 0,
  RT_SCOPE_SITE: 200,
  RT_SCOPE_LINK: 253,
  RT_SCOPE_HOST: 254,
  RT_SCOPE_NOWHERE: 255,
  RT_TABLE_DEFAULT: 253,
  RT_TABLE_MAIN: 254,
  RT_TABLE_LOCAL: 255,
  RTPROT_REDIRECT: 1,
  RTPROT_KERNEL: 2,
  RTPROT_BOOT: 3,
  RTPROT_STATIC: 4,
  RTPROT_RA: 9,
  RTPROT_DHCP: 16,
  RTNH_F_DEAD: 0x1,
  RTNH_F_PERVASIVE: 0x2,
  RTNH_F_ONLINK: 0x4,
  RTNH_F_OFFLOAD: 0x8,
  RTNH_F_LINKDOWN: 0x10,
  RTNH_F_UNRESOLVED: 0x20,
  RTM_F_CLONED: 0x200,
  RTEXT_FILTER_SKIP_STATS: 8,
} as const;

/** <linux/if_link.h> */
export const IF_LINK = {
  IFLA_ADDRESS: 1,
  IFLA_BROADCAST: 2,
  IFLA_IFNAME: 3,
  IFLA_MTU: 4,
  IFLA_LINK: 5,
  IFLA_QDISC: 6,
  IFLA_MASTER: 10,
  IFLA_TXQLEN: 13,
  IFLA_OPERSTATE: 16,
  IFLA_LINKMODE: 17,
  IFLA_LINKINFO: 18,
  IFLA_GROUP: 27,
  IFLA_IFALIAS: 20,
  IFLA_EXT_MASK: 29,
  IFLA_INFO_KIND: 1,
  IFLA_INFO_DATA: 2,
  IFLA_LINK_NETNSID: 37,
} as const;

/** <linux/if_addr.h> */
export const IF_ADDR = {
  IFA_ADDRESS: 1,
  IFA_LOCAL: 2,
  IFA_LABEL: 3,
  IFA_BROADCAST: 4,
  IFA_CACHEINFO: 6,
  IFA_FLAGS: 0x8,
  IFA_RT_PRIORITY: 9,
  IFA_F_SECONDARY: 0x1,
  IFA_F_NODAD: 0x2,
  IFA_F_OPTIMISTIC: 0x4,
  IFA_F_DADFAILED: 0x8,
  IFA_F_HOMEADDRESS: 0x10,
  IFA_F_DEPRECATED: 0x20,
  IFA_F_TENTATIVE: 0x40,
  IFA_F_PERMANENT: 0x80,
  IFA_F_MANAGETEMPADDR: 0x100,
  IFA_F_NOPREFIXROUTE: 0x200,
  IFA_F_MCAUTOJOIN: 0x400,
  IFA_F_STABLE_PRIVACY: 0x800,
} as const;

/** <linux/fib_rules.h> */
export const FIB_RULES = {
  FRA_DST: 1,
  FRA_SRC: 2,
  FRA_IIFNAME: 3,
  FRA_GOTO: 4,
  FRA_PRIORITY: 6,
  FRA_FWMARK: 10,
  FRA_SUPPRESS_PREFIXLEN: 14,
  FRA_TABLE: 15,
  FRA_FWMASK: 16,
  FRA_OIFNAME: 17,
  FRA_L3MDEV: 19,
  FRA_UID_RANGE: 20,
  FRA_PROTOCOL: 21,
  FRA_IP_PROTO: 22,
  FRA_SPORT_RANGE: 23,
  FRA_DPORT_RANGE: 24,
  FR_ACT_TO_TBL: 1,
  FR_ACT_GOTO: 2,
  FR_ACT_NOP: 3,
  FR_ACT_BLACKHOLE: 6,
  FR_ACT_UNREACHABLE: 7,
  FR_ACT_PROHIBIT: 8,
  FIB_RULE_INVERT: 0x2,
} as const;

/** <linux/veth.h> */
export const VETH = {
  VETH_INFO_PEER: 1,
} as const;

/** <linux/if.h> */
export const IFF = {
  IFF_UP: 0x1,
  IFF_BROADCAST: 0x2,
  IFF_DEBUG: 0x4,
  IFF_LOOPBACK: 0x8,
  IFF_POINTOPOINT: 0x10,
  IFF_NOTRAILERS: 0x20,
  IFF_RUNNING: 0x40,
  IFF_NOARP: 0x80,
  IFF_PROMISC: 0x100,
  IFF_ALLMULTI: 0x200,
  IFF_MASTER: 0x400,
  IFF_SLAVE: 0x800,
  IFF_MULTICAST: 0x1000,
  IFF_PORTSEL: 0x2000,
  IFF_AUTOMEDIA: 0x4000,
  IFF_DYNAMIC: 0x8000,
  IFF_LOWER_UP: 0x10000,
  IFF_DORMANT: 0x20000,
  IFF_ECHO: 0x40000,
  IFNAMSIZ: 16,
} as const;

/** <linux/if_arp.h> */
export const ARPHRD = {
  ARPHRD_ETHER: 1,
  ARPHRD_LOOPBACK: 772,
  ARPHRD_CAN: 280,
  ARPHRD_NONE: 65534,
  ARPHRD_TUNNEL: 768,
  ARPHRD_SIT: 776,
  ARPHRD_PPP: 512,
  ARPHRD_TUNNEL6: 769,
  ARPHRD_IPGRE: 778,
  ARPHRD_NETLINK: 824,
  ARPHRD_INFINIBAND: 32,
} as const;

export const NLMSGHDR = {
  type: 'struct nlmsghdr',
  header: 'linux/netlink.h',
  size: 16,
  fields: {
    nlmsg_len: [0, 4],
    nlmsg_type: [4, 2],
    nlmsg_flags: [6, 2],
    nlmsg_seq: [8, 4],
    nlmsg_pid: [12, 4],
  },
} as const satisfies Layout;

export const NLATTR = {
  type: 'struct nlattr',
  header: 'linux/netlink.h',
  size: 4,
  fields: {
    nla_len: [0, 2],
    nla_type: [2, 2],
  },
} as const satisfies Layout;

export const IFINFOMSG = {
  type: 'struct ifinfomsg',
  header: 'linux/rtnetlink.h',
  size: 16,
  fields: {
    ifi_family: [0, 1],
    ifi_type: [2, 2],
    ifi_index: [4, 4],
    ifi_flags: [8, 4],
    ifi_change: [12, 4],
  },
} as const satisfies Layout;

export const IFADDRMSG = {
  type: 'struct ifaddrmsg',
  header: 'linux/if_addr.h',
  size: 8,
  fields: {
    ifa_family: [0, 1],
    ifa_prefixlen: [1, 1],
    ifa_flags: [2, 1],
    ifa_scope: [3, 1],
    ifa_index: [4, 4],
  },
} as const satisfies Layout;

export const IFA_CACHEINFO = {
  type: 'struct ifa_cacheinfo',
  header: 'linux/if_addr.h',
  size: 16,
  fields: {
    ifa_prefered: [0, 4],
    ifa_valid: [4, 4],
  },
} as const satisfies Layout;

export const RTMSG = {
  type: 'struct rtmsg',
  header: 'linux/rtnetlink.h',
  size: 12,
  fields: {
    rtm_family: [0, 1],
    rtm_dst_len: [1, 1],
    rtm_src_len: [2, 1],
    rtm_tos: [3, 1],
    rtm_table: [4, 1],
    rtm_protocol: [5, 1],
    rtm_scope: [6, 1],
    rtm_type: [7, 1],
    rtm_flags: [8, 4],
  },
} as const satisfies Layout;

export const RTNEXTHOP = {
  type: 'struct rtnexthop',
  header: 'linux/rtnetlink.h',
  size: 8,
  fields: {
    rtnh_len: [0, 2],
    rtnh_flags: [2, 1],
    rtnh_hops: [3, 1],
    rtnh_ifindex: [4, 4],
  },
} as const satisfies Layout;

export const FIB_RULE_HDR = {
  type: 'struct fib_rule_hdr',
  header: 'linux/fib_rules.h',
  size: 12,
  fields: {
    family: [0, 1],
    dst_len: [1, 1],
    src_len: [2, 1],
    tos: [3, 1],
    table: [4, 1],
    action: [7, 1],
    flags: [8, 4],
  },
} as const satisfies Layout;

/** Every table of this file by its header, for the test that compares them with the compiler's. */
export const CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['linux/netlink.h', NETLINK],
  ['linux/rtnetlink.h', RTNETLINK],
  ['linux/if_link.h', IF_LINK],
  ['linux/if_addr.h', IF_ADDR],
  ['linux/fib_rules.h', FIB_RULES],
  ['linux/veth.h', VETH],
  ['linux/if.h', IFF],
  ['linux/if_arp.h', ARPHRD],
];

/** Every layout of this file, for the same test. */
export const LAYOUTS: readonly Layout[] = [
  NLMSGHDR,
  NLATTR,
  IFINFOMSG,
  IFADDRMSG,
  IFA_CACHEINFO,
  RTMSG,
  RTNEXTHOP,
  FIB_RULE_HDR,
];
