/** A recorded run for people: what happened in words, then the figures. */
import { MODELS } from '../servers.ts';
import type { Spread, Trace, TraceSummary } from '../trace.ts';
import { count, decimal, nanoseconds } from './figures.ts';
import { color } from './output.ts';

const CALLS_SHOWN = 8;
/** A smaller part of the time is not worth a word. */
const SHARE_SHOWN = 0.01;

function percent(part: number, whole: number): string {
  return whole > 0 ? `${decimal((100 * part) / whole)} %` : '0 %';
}

/** The call in which most of the threads' time went by, of those that are known to wait. */
const WAITS: Readonly<Record<string, string>> = {
  select: 'select',
  poll: 'poll',
  epoll: 'epoll_wait',
  'epoll-edge': 'epoll_wait',
  kqueue: 'kevent',
  'signal-driven': 'sigtimedwait',
  'io-uring': 'io_uring_enter',
};

/** Where phase 1 was spent, by the family of the model. */
function describeWaiting({ run, summary }: Trace, lengthNs: number): string {
  const { threads, waitingNs, cpuNs, wouldBlocks, totalCalls } = summary;
  const share = percent(waitingNs, lengthNs * threads);
  const family = MODELS.find(({ name }) => name === run.model)?.family;
  const who = threads === 1 ? 'The thread' : `Each of the ${threads} threads`;
  if (family === 'blocking') {
    const sending = summary.callTimes['send'] ?? 0;
    const also =
      sending > lengthNs * threads * SHARE_SHOWN
        ? ` and in send for ${percent(sending, lengthNs * threads)}`
        : '';
    return `${who} slept in accept and recv for ${share} of the run${also}, through both phases of each call.`;
  }
  if (family === 'polling') {
    const blocked = percent(wouldBlocks, totalCalls);
    const busy = percent(cpuNs, lengthNs);
    return `${who} never slept: ${blocked} of ${count(totalCalls, 'call')} answered would-block, and it kept a CPU busy for ${busy} of the run.`;
  }
  if (family === 'completion') {
    return `The kernel did both phases; ${who.toLowerCase()} slept in io_uring_enter for ${share} of the run, for what was done.`;
  }
  if (family === 'baseline') {
    return `libuv waited and received; only the callbacks are seen from JavaScript.`;
  }
  const call = WAITS[run.model] ?? 'one call';
  return `${who} slept in ${call} for ${share} of the run, for all clients at once.`;
}

function describePhases({ wait, ready, copy, measured }: TraceSummary): string[] {
  if (wait.count === 0) return ['No receive could be split into its phases.'];
  const bySender = measured.sender > 0;
  const between =
    ready.median === 0
      ? []
      : [
          `Then it lay ready in the kernel for ${nanoseconds(ready.median)} until the program asked for it.`,
        ];
  const waited =
    wait.median === 0
      ? `Phase 1: for most of ${wait.count} receives the data was in the kernel already: no wait.`
      : `Phase 1: a connection waited ${nanoseconds(wait.median)} for its data to reach the kernel (median of ${wait.count}).`;
  return [
    waited,
    ...between,
    `Phase 2: ${nanoseconds(copy.median)} until it was copied to the program, wake-up included.`,
    ...(bySender
      ? [
          "Here the sender's clock says when the data was in the kernel: rings and libuv give no stamp.",
        ]
      : []),
  ];
}

function describeCost({ summary }: Trace): string {
  const { messages, callsPerMessage, totalCalls, wouldBlocks, operations, receives } = summary;
  const blocked = wouldBlocks === 0 ? '' : `, ${count(wouldBlocks, 'call')} for nothing`;
  const ring = operations === 0 ? '' : `; ${count(operations, 'operation')} went by the ring`;
  if (totalCalls === 0) return `${count(messages, 'message')} came in ${count(receives, 'piece')}.`;
  return `A message cost ${decimal(callsPerMessage)} calls (${count(totalCalls, 'call')} for ${count(messages, 'message')}${blocked}${ring}).`;
}

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(34)}${cells.map((cell) => cell.padStart(11)).join('')}`;
}

function spreadRow(name: string, { count: number, median, p99, total }: Spread): string {
  if (number === 0) return row(name, ['-', '-', '-']);
  return row(name, [median, p99, total].map(nanoseconds));
}

function fact(name: string, text: string): string {
  return `  ${name.padEnd(20)}${text}`;
}

function describeCalls({ calls }: TraceSummary): string {
  const all = Object.entries(calls);
  const shown = all.slice(0, CALLS_SHOWN).map(([name, times]) => `${name} ${times}`);
  const rest = all.length - shown.length;
  return shown.length === 0 ? 'none seen' : shown.join(', ') + (rest > 0 ? `, ${rest} more` : '');
}

function table(trace: Trace, lengthNs: number): string[] {
  const { summary, clock } = trace;
  const { cpuNs, voluntarySwitches, involuntarySwitches, threads, processes } = summary;
  const methods = Object.entries(summary.measured).filter(([, times]) => times > 0);
  return [
    color.dim(row('', ['median', '99 %', 'total'])),
    spreadRow('phase 1: waiting for data', summary.wait),
    spreadRow('ready, not yet asked for', summary.ready),
    spreadRow('phase 2: wake-up and copy', summary.copy),
    spreadRow('round trip of a message', summary.roundTrip),
    '',
    fact('calls', describeCalls(summary)),
    fact('calls per message', summary.totalCalls === 0 ? '-' : decimal(summary.callsPerMessage)),
    fact('would-blocks', summary.totalCalls === 0 ? '-' : decimal(summary.wouldBlocks)),
    fact('operations', decimal(summary.operations)),
    fact('CPU time', `${nanoseconds(cpuNs)}, ${percent(cpuNs, lengthNs)} of one CPU`),
    fact('context switches', `${voluntarySwitches} to sleep, ${involuntarySwitches} for others`),
    fact('threads', `${threads} in ${processes === 1 ? '1 process' : `${processes} processes`}`),
    fact('phases split by', methods.map(([name, times]) => `${name} ${times}`).join(', ') || '-'),
    fact('clocks', `the kernel's stamps are known to ${nanoseconds(clock.errorNs)}`),
    fact(
      'recording',
      `${nanoseconds(clock.tapNs)} for each call, ${count(summary.probes, 'probe')} beside them`,
    ),
  ];
}

/** All lines about a trace. */
export function describeTrace(trace: Trace): string[] {
  const { run, machine, window, summary, events, notes } = trace;
  const lengthNs = window[1] - window[0];
  const size = `${count(run.clients, 'client')}, ${count(summary.messages, 'message')} of ${count(run.bytes, 'byte')}`;
  return [
    `${color.bold(run.model)} under '${run.scenario}', seed ${run.seed}: ${size} in ${nanoseconds(lengthNs)}, ${count(events.length, 'event')}`,
    color.dim(`${machine.system} ${machine.kernel}, ${machine.architecture}, Node ${machine.node}`),
    '',
    describeWaiting(trace, lengthNs),
    ...describePhases(summary),
    describeCost(trace),
    '',
    ...table(trace, lengthNs),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.map((note) => `  ${color.yellow('!')} ${note}`),
  ];
}
