/**
 * Numbers and layouts of messages and of what the kernel tells about a connection; a test asks the
 * compiler.
 */
import type { Layout } from '../posix/abi.ts';

/** <netinet/tcp.h>: the states that TCP_INFO tells. */
export const TCP_STATE = {
  TCP_ESTABLISHED: 1,
  TCP_SYN_SENT: 2,
  TCP_SYN_RECV: 3,
  TCP_FIN_WAIT1: 4,
  TCP_FIN_WAIT2: 5,
  TCP_TIME_WAIT: 6,
  TCP_CLOSE: 7,
  TCP_CLOSE_WAIT: 8,
  TCP_LAST_ACK: 9,
  TCP_LISTEN: 10,
  TCP_CLOSING: 11,
} as const;

/** <fcntl.h> */
export const SPLICE = { SPLICE_F_NONBLOCK: 2 } as const;

/** Many messages in one call: recvmmsg(2), sendmmsg(2). */
export const MMSGHDR = {
  type: 'struct mmsghdr',
  header: 'sys/socket.h',
  size: 64,
  fields: { msg_hdr: [0, 56], msg_len: [56, 4] },
} as const satisfies Layout;

/** The kernel's own header has more of it than the C library's; bit fields have no offset. */
export const TCP_INFO = {
  type: 'struct tcp_info',
  header: 'linux/tcp.h',
  size: 232,
  grows: true,
  fields: {
    tcpi_state: [0, 1],
    tcpi_ca_state: [1, 1],
    tcpi_retransmits: [2, 1],
    tcpi_probes: [3, 1],
    tcpi_backoff: [4, 1],
    tcpi_options: [5, 1],
    tcpi_rto: [8, 4],
    tcpi_ato: [12, 4],
    tcpi_snd_mss: [16, 4],
    tcpi_rcv_mss: [20, 4],
    tcpi_unacked: [24, 4],
    tcpi_sacked: [28, 4],
    tcpi_lost: [32, 4],
    tcpi_retrans: [36, 4],
    tcpi_fackets: [40, 4],
    tcpi_last_data_sent: [44, 4],
    tcpi_last_ack_sent: [48, 4],
    tcpi_last_data_recv: [52, 4],
    tcpi_last_ack_recv: [56, 4],
    tcpi_pmtu: [60, 4],
    tcpi_rcv_ssthresh: [64, 4],
    tcpi_rtt: [68, 4],
    tcpi_rttvar: [72, 4],
    tcpi_snd_ssthresh: [76, 4],
    tcpi_snd_cwnd: [80, 4],
    tcpi_advmss: [84, 4],
    tcpi_reordering: [88, 4],
    tcpi_rcv_rtt: [92, 4],
    tcpi_rcv_space: [96, 4],
    tcpi_total_retrans: [100, 4],
    tcpi_pacing_rate: [104, 8],
    tcpi_max_pacing_rate: [112, 8],
    tcpi_bytes_acked: [120, 8],
    tcpi_bytes_received: [128, 8],
    tcpi_segs_out: [136, 4],
    tcpi_segs_in: [140, 4],
    tcpi_notsent_bytes: [144, 4],
    tcpi_min_rtt: [148, 4],
    tcpi_data_segs_in: [152, 4],
    tcpi_data_segs_out: [156, 4],
    tcpi_delivery_rate: [160, 8],
    tcpi_busy_time: [168, 8],
    tcpi_rwnd_limited: [176, 8],
    tcpi_sndbuf_limited: [184, 8],
    tcpi_delivered: [192, 4],
    tcpi_delivered_ce: [196, 4],
    tcpi_bytes_sent: [200, 8],
    tcpi_bytes_retrans: [208, 8],
    tcpi_dsack_dups: [216, 4],
    tcpi_reord_seen: [220, 4],
    tcpi_rcv_ooopack: [224, 4],
    tcpi_snd_wnd: [228, 4],
  },
} as const satisfies Layout;

export const MESSAGE_CONSTANTS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['netinet/tcp.h', TCP_STATE],
  ['fcntl.h', SPLICE],
];

export const MESSAGE_LAYOUTS: readonly Layout[] = [MMSGHDR, TCP_INFO];
