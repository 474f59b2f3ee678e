/** `polyio load` for people: what is sent where, how it goes, what came of it. */
import type { LatencySummary, LoadPlan, LoadProgress, LoadReport } from '../bench.ts';
import { formatAddress } from '../sys/address.ts';
import { bytes, compact, count, duration } from './figures.ts';
import { color } from './output.ts';

const NEAR_LIMIT_CORES = 0.9;
const NAMED = 8;

/** The load in one line. */
export function describePlan(plan: LoadPlan): string {
  const { target, connections, pipeline, idle, rate, churn } = plan;
  const isUdp = 'udp' in target && target.udp === true;
  const where = 'path' in target ? target.path : formatAddress(target);
  const parts = [
    count(connections, isUdp ? 'socket' : 'connection'),
    `${bytes(plan.bytes)} a message`,
    ...(pipeline > 1 ? [`${pipeline} under way on each`] : []),
    ...(idle > 0 ? [`${count(idle, 'idle connection')} beside them`] : []),
    ...(churn > 0 ? [`opened anew after ${count(churn, 'message')}`] : []),
    rate === 0 ? 'as fast as they come back' : `${count(rate, 'message')}/s on schedule`,
  ];
  return `load on ${where}${isUdp ? ' (UDP)' : ''}: ${parts.join(', ')}`;
}

const PHASES: Readonly<Record<LoadProgress['phase'], string>> = {
  connecting: 'connecting',
  ramp: 'ramp',
  'warm-up': 'warming up',
  measuring: 'measuring',
  ending: 'waiting for the last answers',
};

/** How it goes, for the line that is drawn over itself. */
export function describeProgress({ phase, leftMs, open, rate, errors }: LoadProgress): string {
  const left = phase === 'ending' ? [] : [`${duration(leftMs)} left`];
  const trouble = errors > 0 ? [count(errors, 'error')] : [];
  const flow = [`${compact(open)} open`, `${compact(rate)} messages/s`];
  return [PHASES[phase], ...left, ...flow, ...trouble].join(' · ');
}

const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** `146 us`, `1.38 ms`, `2.4 s`. */
function time(us: number): string {
  if (us < 1_000) return `${short.format(us)} us`;
  return us < 1_000_000 ? `${short.format(us / 1_000)} ms` : `${short.format(us / 1_000_000)} s`;
}

function latencies({ p50, p90, p99, p999, max }: LatencySummary): string {
  const named = { p50, p90, p99, 'p99.9': p999, max };
  return Object.entries(named)
    .map(([name, us]) => `${name} ${time(us)}`)
    .join(', ');
}

function neverServed({ neverServed: { count: unserved, connections } }: LoadReport): string {
  const named = connections.slice(0, NAMED).map(({ connection, address }) => {
    return address === null ? `${connection}` : `${connection} (${address})`;
  });
  const more = unserved - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What came of it, a line for each kind of figure; what did not happen is left out. */
export function describeReport(report: LoadReport): string[] {
  const { plan, latency, perConnection, errors, cpu, connects, behind, idle } = report;
  const rows: [string, string][] = [
    [
      'rate',
      `${count(Math.round(report.rate), 'message')}/s, ${bytes(report.megabytesPerSecond * 1e6)}/s`,
    ],
    [
      'messages',
      `${count(report.messages, 'message')} in ${duration(report.measuredMs)}, every byte compared`,
    ],
    ['latency', latencies(latency)],
  ];
  if (plan.connections > 1) {
    const { min, max } = perConnection;
    rows.push([
      'each',
      `${count(min, 'message')} on the slowest connection, ${count(max, 'message')} on the fastest`,
    ]);
  }
  if (connects > 0) {
    const perSecond = Math.round((connects * 1_000) / report.measuredMs);
    rows.push([
      'connects',
      `${count(perSecond, 'connection')}/s, ${latencies(report.connectLatency)}`,
    ]);
  }
  if (idle.open > 0) {
    const closed = idle.closed === 0 ? 'all still open' : `${idle.closed} closed by the server`;
    rows.push(['idle', `${count(idle.open, 'connection')}, ${closed}`]);
  }
  if (behind > 0)
    rows.push(['behind', `${count(behind, 'message')} of the schedule not answered in time`]);
  if (errors.lost > 0) rows.push(['lost', `${count(errors.lost, 'datagram')} without an answer`]);
  if (report.neverServed.count > 0) rows.push(['unserved', neverServed(report)]);
  const limit = cpu.cores > NEAR_LIMIT_CORES ? ': at its own limit, the server may do more' : '';
  rows.push(['generator', `${report.engine}, ${short.format(cpu.cores)} cores${limit}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${color.dim(name.padEnd(width))}  ${text}`);
}
