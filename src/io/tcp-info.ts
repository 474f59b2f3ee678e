/** TCP_INFO: what the kernel knows about a connection. tcp(7) */
import { SystemError } from '../errors.ts';
import { INET } from '../sys/abi.ts';
import { assertPresent } from '../sys/absence.ts';
import { TCP_INFO, TCP_STATE } from '../sys/linux/message-abi.ts';
import { TCP_LINUX } from '../sys/linux/sockets/abi.ts';
import { getsockopt } from '../sys/socket.ts';

/** More than any kernel answers, so that nothing of it is cut. */
const ROOM = 1_024;
const UNLIMITED = 2n ** 64n - 1n;

/** The states of a connection, as ss(8) and netstat(8) name them. */
const STATES = {
  [TCP_STATE.TCP_ESTABLISHED]: 'ESTABLISHED',
  [TCP_STATE.TCP_SYN_SENT]: 'SYN-SENT',
  [TCP_STATE.TCP_SYN_RECV]: 'SYN-RECV',
  [TCP_STATE.TCP_FIN_WAIT1]: 'FIN-WAIT-1',
  [TCP_STATE.TCP_FIN_WAIT2]: 'FIN-WAIT-2',
  [TCP_STATE.TCP_TIME_WAIT]: 'TIME-WAIT',
  [TCP_STATE.TCP_CLOSE]: 'CLOSED',
  [TCP_STATE.TCP_CLOSE_WAIT]: 'CLOSE-WAIT',
  [TCP_STATE.TCP_LAST_ACK]: 'LAST-ACK',
  [TCP_STATE.TCP_LISTEN]: 'LISTEN',
  [TCP_STATE.TCP_CLOSING]: 'CLOSING',
} as const;

/** The name here of each field of `struct tcp_info`; the unit is in the name or in the type below. */
const FIELDS = {
  retransmits: 'tcpi_retransmits',
  probes: 'tcpi_probes',
  backoff: 'tcpi_backoff',
  rtoUs: 'tcpi_rto',
  atoUs: 'tcpi_ato',
  sendMss: 'tcpi_snd_mss',
  receiveMss: 'tcpi_rcv_mss',
  unackedSegments: 'tcpi_unacked',
  sackedSegments: 'tcpi_sacked',
  lostSegments: 'tcpi_lost',
  retransmittedSegments: 'tcpi_retrans',
  lastDataSentMs: 'tcpi_last_data_sent',
  lastDataReceivedMs: 'tcpi_last_data_recv',
  lastAckReceivedMs: 'tcpi_last_ack_recv',
  pathMtu: 'tcpi_pmtu',
  receiveSlowStartThreshold: 'tcpi_rcv_ssthresh',
  rttUs: 'tcpi_rtt',
  rttVarianceUs: 'tcpi_rttvar',
  slowStartThreshold: 'tcpi_snd_ssthresh',
  congestionWindow: 'tcpi_snd_cwnd',
  advertisedMss: 'tcpi_advmss',
  reordering: 'tcpi_reordering',
  receiveRttUs: 'tcpi_rcv_rtt',
  receiveSpace: 'tcpi_rcv_space',
  totalRetransmissions: 'tcpi_total_retrans',
  pacingBytesPerSecond: 'tcpi_pacing_rate',
  maxPacingBytesPerSecond: 'tcpi_max_pacing_rate',
  bytesAcked: 'tcpi_bytes_acked',
  bytesReceived: 'tcpi_bytes_received',
  segmentsSent: 'tcpi_segs_out',
  segmentsReceived: 'tcpi_segs_in',
  unsentBytes: 'tcpi_notsent_bytes',
  minRttUs: 'tcpi_min_rtt',
  dataSegmentsReceived: 'tcpi_data_segs_in',
  dataSegmentsSent: 'tcpi_data_segs_out',
  deliveryBytesPerSecond: 'tcpi_delivery_rate',
  busyUs: 'tcpi_busy_time',
  windowLimitedUs: 'tcpi_rwnd_limited',
  sendBufferLimitedUs: 'tcpi_sndbuf_limited',
  deliveredSegments: 'tcpi_delivered',
  congestionMarkedSegments: 'tcpi_delivered_ce',
  bytesSent: 'tcpi_bytes_sent',
  bytesRetransmitted: 'tcpi_bytes_retrans',
  duplicateAcks: 'tcpi_dsack_dups',
  reorderingsSeen: 'tcpi_reord_seen',
  outOfOrderSegments: 'tcpi_rcv_ooopack',
  peerWindow: 'tcpi_snd_wnd',
} as const satisfies Readonly<Record<string, keyof typeof TCP_INFO.fields>>;

/** The state of a TCP connection. */
export type TcpState = (typeof STATES)[keyof typeof STATES];

/**
 * What the kernel knows about a TCP connection. Fields that this kernel does not have are not
 * there: each may be undefined.
 */
export interface TcpInfo {
  readonly state: TcpState;
  /** Retransmissions in a row without an acknowledgement. */
  readonly retransmits?: number;
  /** Window probes sent without an answer. */
  readonly probes?: number;
  /** How often the retransmission timeout was doubled. */
  readonly backoff?: number;
  /** The retransmission timeout, in microseconds. */
  readonly rtoUs?: number;
  /** The delayed acknowledgement timeout, in microseconds. */
  readonly atoUs?: number;
  /** The largest segment sent, in bytes. */
  readonly sendMss?: number;
  /** The largest segment received, in bytes. */
  readonly receiveMss?: number;
  /** Segments sent and not acknowledged; in a listener: connections that wait. */
  readonly unackedSegments?: number;
  /** Segments acknowledged selectively; in a listener: the backlog. */
  readonly sackedSegments?: number;
  /** Segments taken for lost. */
  readonly lostSegments?: number;
  /** Segments retransmitted and not acknowledged. */
  readonly retransmittedSegments?: number;
  /** Milliseconds since data was sent. */
  readonly lastDataSentMs?: number;
  /** Milliseconds since data was received. */
  readonly lastDataReceivedMs?: number;
  /** Milliseconds since an acknowledgement was received. */
  readonly lastAckReceivedMs?: number;
  /** The largest packet that the path takes, in bytes. */
  readonly pathMtu?: number;
  /** The limit of the receive window, in bytes. */
  readonly receiveSlowStartThreshold?: number;
  /** The smoothed round trip time, in microseconds. */
  readonly rttUs?: number;
  /** How much it varies, in microseconds. */
  readonly rttVarianceUs?: number;
  /** The slow start threshold, in segments; 2147483647 before the first loss. */
  readonly slowStartThreshold?: number;
  /** The congestion window, in segments. */
  readonly congestionWindow?: number;
  /** The segment size announced to the peer, in bytes. */
  readonly advertisedMss?: number;
  /** How far segments are expected out of order, in segments. */
  readonly reordering?: number;
  /** The receiver's estimate of the round trip time, in microseconds. */
  readonly receiveRttUs?: number;
  /** The receive buffer that the kernel aims at, in bytes. */
  readonly receiveSpace?: number;
  /** Segments retransmitted since the beginning. */
  readonly totalRetransmissions?: number;
  /** The pacing rate; Infinity without a limit. */
  readonly pacingBytesPerSecond?: number;
  /** The limit of the pacing rate; Infinity without one. */
  readonly maxPacingBytesPerSecond?: number;
  /** Bytes that the peer has acknowledged. */
  readonly bytesAcked?: number;
  /** Bytes received. */
  readonly bytesReceived?: number;
  /** Segments sent, those without data included. */
  readonly segmentsSent?: number;
  /** Segments received, those without data included. */
  readonly segmentsReceived?: number;
  /** Bytes in the send buffer that were not sent yet. */
  readonly unsentBytes?: number;
  /** The shortest round trip time seen, in microseconds. */
  readonly minRttUs?: number;
  /** Segments with data received. */
  readonly dataSegmentsReceived?: number;
  /** Segments with data sent. */
  readonly dataSegmentsSent?: number;
  /** The latest measured delivery rate. */
  readonly deliveryBytesPerSecond?: number;
  /** Microseconds with data to send. */
  readonly busyUs?: number;
  /** Microseconds of them held up by the peer's receive window. */
  readonly windowLimitedUs?: number;
  /** Microseconds of them held up by our send buffer. */
  readonly sendBufferLimitedUs?: number;
  /** Segments delivered, retransmitted ones included. */
  readonly deliveredSegments?: number;
  /** Segments delivered with a congestion mark. */
  readonly congestionMarkedSegments?: number;
  /** Bytes sent, retransmitted ones included. */
  readonly bytesSent?: number;
  /** Bytes retransmitted. */
  readonly bytesRetransmitted?: number;
  /** Segments that the peer reported as received twice. */
  readonly duplicateAcks?: number;
  /** Times that segments were seen out of order. */
  readonly reorderingsSeen?: number;
  /** Segments received out of order. */
  readonly outOfOrderSegments?: number;
  /** The peer's receive window, in bytes. */
  readonly peerWindow?: number;
}

function numberAt(view: DataView, offset: number, size: number): number {
  if (size === 1) return view.getUint8(offset);
  if (size === 4) return view.getUint32(offset, true);
  const value = view.getBigUint64(offset, true);
  return value === UNLIMITED ? Number.POSITIVE_INFINITY : Number(value);
}

/** Names the fields that lie in the answer, whose length tells how much this kernel knows. */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const state = STATES[view.getUint8(TCP_INFO.fields.tcpi_state[0]) as keyof typeof STATES];
  const known = Object.entries(FIELDS).flatMap(([name, field]) => {
    const [offset, size] = TCP_INFO.fields[field];
    return offset + size <= bytes.length ? [[name, numberAt(view, offset, size)] as const] : [];
  });
  return { state, ...Object.fromEntries(known) };
}

/** Asks about a connection. Throws SystemError (ENOTSUP, ENOPROTOOPT) when it is none of TCP. */
export function readTcpInfo(fd: number): TcpInfo {
  const bytes = new Uint8Array(ROOM);
  const length = Int32Array.of(ROOM);
  const option = assertPresent(TCP_LINUX.TCP_INFO, 'TCP_INFO');
  const result = getsockopt(fd, INET.IPPROTO_TCP, option, bytes, length);
  if (result < 0) {
    throw new SystemError(result, 'getsockopt', { hint: 'TCP_INFO: only a TCP socket has it' });
  }
  return decodeTcpInfo(bytes.subarray(0, length[0]));
}
