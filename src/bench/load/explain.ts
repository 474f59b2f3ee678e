/** What went wrong with a load, as one sentence that says what to do; null when nothing did. */
import { errorName } from '../../errors.ts';
import { ERRNO } from '../../sys/abi.ts';
import { formatAddress } from '../../sys/address.ts';
import type { Fault } from './faults.ts';
import type { Outcome } from './generator.ts';
import { isUdp, type LoadPlan, type LoadTarget } from './plan.ts';

const { EAGAIN, ECONNREFUSED, ENOENT, ETIMEDOUT, EMFILE, ENFILE, EADDRNOTAVAIL, EACCES, ENOTSOCK } =
  ERRNO;
const MS_PER_S = 1_000;

/** The target for people. */
export function nameOf(target: LoadTarget): string {
  if ('path' in target) return target.path;
  return isUdp(target) ? `${formatAddress(target)} (UDP)` : formatAddress(target);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function hex(byte: number | null | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}

/** Why connections could not be opened. */
const CONNECT_SENTENCES: Readonly<Record<number, (where: string) => string>> = {
  [ECONNREFUSED]: (where) => `nobody listens on ${where}; start the server first`,
  [ENOENT]: (where) => `there is no socket ${where}; start the server first`,
  [ENOTSOCK]: (where) => `${where} is no socket; name the one that the server listens on`,
  [EACCES]: (where) => `you may not connect to ${where}; ask whoever runs the server`,
  [EAGAIN]: (where) => `the queue of ${where} is full and nobody accepts; is the server awake?`,
  [ETIMEDOUT]: (where) =>
    `${where} does not accept connections fast enough, or a firewall is in between; take fewer, or see whether the server is awake`,
  [EMFILE]: () => 'no descriptor is left for a connection; raise the limit (ulimit -n)',
  [ENFILE]: () => 'the whole system has no descriptor left; take fewer connections',
  [EADDRNOTAVAIL]: () =>
    'no local port is left, those of ended connections rest for a while; take fewer connections, or churn less',
};

function connectSentence(plan: LoadPlan, { errno = 0 }: Fault, outcome: Outcome): string {
  const where = nameOf(plan.target);
  const explain = CONNECT_SENTENCES[errno];
  const why = explain === undefined ? `${where}: connect ${errorName(errno)}` : explain(where);
  const isGone = outcome.ending === 'gone' && outcome.messages === 0;
  if (isGone && outcome.idle.open === 0) return why;
  return `${plural(outcome.errors.connect, 'connection')} could not be opened: ${why}`;
}

function wrongSentence(where: string, { connection, message, at, got, wanted, length }: Fault) {
  if (length !== undefined) {
    return `${where} answers with other bytes: socket ${connection} got a datagram of ${length} bytes that it never sent`;
  }
  const place = `connection ${connection}, message ${message}, byte ${at}`;
  if (wanted === null) return `${where} answers with more than was sent: ${place} is ${hex(got)}`;
  return `${where} answers with other bytes: ${place} is ${hex(got)} and was sent as ${hex(wanted)}`;
}

function callSentence(where: string, fault: Fault, errors: number): string {
  const { connection, call, errno = 0 } = fault;
  if (errno === ECONNREFUSED) return `nobody listens on ${where}; start the server first`;
  const which = `${plural(errors, 'connection')} broke, first connection ${connection}`;
  return `${where}: ${which}: ${call} ${errorName(errno)}; the server has closed it or is gone`;
}

function stalled({ stallMs }: LoadPlan, where: string, { neverServed, errors }: Outcome): string {
  const seconds = stallMs / MS_PER_S;
  if (errors.unanswered === 0 && neverServed.count > 0) {
    return `${where} accepts connections and answers nothing for ${seconds} s; is it an echo server?`;
  }
  return `${where} stopped answering: nothing came back for ${seconds} s`;
}

function neverServed(plan: LoadPlan, { neverServed: { count, connections } }: Outcome): string {
  const named = connections.map(({ connection }) => connection);
  const [first, last] = [named[0], named[named.length - 1]];
  const isRow = named.length === count && count > 2 && last === (first as number) + count - 1;
  const list = isRow ? `${first} to ${last}` : named.join(', ');
  const more = count > named.length ? ', ...' : '';
  return `${count} of ${plan.connections} connections were never served (${list}${more}); the server serves ${plan.connections - count} at once`;
}

/** The sentence. What explains most comes first. */
export function explainOutcome(plan: LoadPlan, outcome: Outcome): string | null {
  const { ending, faults, errors, descriptors } = outcome;
  const where = nameOf(plan.target);
  if (ending === 'descriptors') {
    const { needed, limit } = descriptors;
    return `this load needs ${needed} descriptors and the limit is ${limit}; raise it (ulimit -n ${needed}) or take fewer connections`;
  }
  if (faults['wrong-bytes'] !== undefined) return wrongSentence(where, faults['wrong-bytes']);
  const broken = faults.receive ?? faults.send;
  if (faults.connect !== undefined && broken === undefined && faults.ended === undefined) {
    return connectSentence(plan, faults.connect, outcome);
  }
  if (broken?.errno === ECONNREFUSED) return callSentence(where, broken, 0);
  const ended = errors.ended + errors.receive + errors.send;
  if (ended > 0) {
    const isAll = ended >= plan.connections;
    const many = isAll ? 'all connections' : plural(ended, 'connection');
    if (faults.ended !== undefined) return `${where} closed ${many} in the middle`;
    return callSentence(where, broken as Fault, ended);
  }
  if (ending === 'stalled') return stalled(plan, where, outcome);
  if (errors.unanswered > 0) {
    return `${where} stopped answering ${plural(errors.unanswered, 'connection')} of ${plan.connections}`;
  }
  if (ending === 'complete' && outcome.neverServed.count > 0) return neverServed(plan, outcome);
  if (errors.lost > 0 && outcome.messages === 0) {
    return `${where} answers no datagram; is it an echo server?`;
  }
  return null;
}
