/** Options of TCP and of UDP: tcp(7), udp(7). */

import { INET, IP, TCP as TCP_NUMBER } from '../../sys/abi.ts';
import { TCP_LINUX, UDP as UDP_NUMBER } from '../../sys/linux/sockets/abi.ts';
import { flag, integer, memory, text } from './codec.ts';
import { level, readOnly, TCP, UDP } from './entry.ts';

const tcp = level(INET.IPPROTO_TCP, TCP);
const udp = level(IP.IPPROTO_UDP, UDP);

export const TCP_LEVEL = {
  TCP_CONGESTION: tcp(TCP_NUMBER.TCP_CONGESTION, text),
  TCP_CORK: tcp(TCP_NUMBER.TCP_CORK, flag),
  TCP_DEFER_ACCEPT: tcp(TCP_NUMBER.TCP_DEFER_ACCEPT, integer),
  TCP_FASTOPEN: tcp(TCP_NUMBER.TCP_FASTOPEN, integer),
  TCP_FASTOPEN_CONNECT: tcp(TCP_NUMBER.TCP_FASTOPEN_CONNECT, flag),
  TCP_FASTOPEN_NO_COOKIE: tcp(TCP_LINUX.TCP_FASTOPEN_NO_COOKIE, flag),
  TCP_INFO: tcp(TCP_LINUX.TCP_INFO, memory, readOnly),
  TCP_INQ: tcp(TCP_LINUX.TCP_INQ, flag),
  TCP_KEEPCNT: tcp(TCP_NUMBER.TCP_KEEPCNT, integer),
  TCP_KEEPIDLE: tcp(TCP_NUMBER.TCP_KEEPIDLE, integer),
  TCP_KEEPINTVL: tcp(TCP_NUMBER.TCP_KEEPINTVL, integer),
  TCP_LINGER2: tcp(TCP_NUMBER.TCP_LINGER2, integer),
  TCP_MAXSEG: tcp(TCP_NUMBER.TCP_MAXSEG, integer),
  TCP_NODELAY: tcp(TCP_NUMBER.TCP_NODELAY, flag),
  TCP_NOTSENT_LOWAT: tcp(TCP_NUMBER.TCP_NOTSENT_LOWAT, integer),
  TCP_QUICKACK: tcp(TCP_NUMBER.TCP_QUICKACK, flag),
  TCP_SAVED_SYN: tcp(TCP_LINUX.TCP_SAVED_SYN, memory, readOnly),
  TCP_SAVE_SYN: tcp(TCP_LINUX.TCP_SAVE_SYN, integer),
  TCP_SYNCNT: tcp(TCP_NUMBER.TCP_SYNCNT, integer),
  TCP_THIN_LINEAR_TIMEOUTS: tcp(TCP_LINUX.TCP_THIN_LINEAR_TIMEOUTS, flag),
  TCP_TX_DELAY: tcp(TCP_LINUX.TCP_TX_DELAY, integer),
  TCP_ULP: tcp(TCP_LINUX.TCP_ULP, text),
  TCP_USER_TIMEOUT: tcp(TCP_NUMBER.TCP_USER_TIMEOUT, integer),
  TCP_WINDOW_CLAMP: tcp(TCP_NUMBER.TCP_WINDOW_CLAMP, integer),
} as const;

export const UDP_LEVEL = {
  UDP_CORK: udp(UDP_NUMBER.UDP_CORK, flag),
  UDP_ENCAP: udp(UDP_NUMBER.UDP_ENCAP, integer),
  UDP_GRO: udp(UDP_NUMBER.UDP_GRO, flag),
  UDP_NO_CHECK6_RX: udp(UDP_NUMBER.UDP_NO_CHECK6_RX, flag),
  UDP_NO_CHECK6_TX: udp(UDP_NUMBER.UDP_NO_CHECK6_TX, flag),
  UDP_SEGMENT: udp(UDP_NUMBER.UDP_SEGMENT, integer),
} as const;
