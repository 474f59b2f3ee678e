/** What went wrong with a load, as one sentence that says what to do; null when nothing did. */
import { errorName } from '../../errors.ts';
import { ERRNO } from '../../sys/posix/abi.ts';
import { formatAddress } from '../../sys/posix/address.ts';
import type { Fault } from './faults.ts';
import type { Outcome } from './generator.ts';
import type { LoadPlan, LoadTarget } from './plan.ts';

/** The target for people. */
export function nameOf(target: LoadTarget): string {
  return 'path' in target ? target.path : formatAddress(target);
}

function connectSentence(plan: LoadPlan, { errno = 0 }: Fault): string {
  const where = nameOf(plan.target);
  return `nobody answers on ${where}: ${errorName(errno)}`;
}

/** The sentence. */
export function explainOutcome(plan: LoadPlan, outcome: Outcome): string | null {
  const { ending, faults, errors, descriptors } = outcome;
  const where = nameOf(plan.target);
  if (ending === 'descriptors') {
    return `this load needs ${descriptors.needed} descriptors and the limit is ${descriptors.limit}; raise it (ulimit -n ${descriptors.needed}) or take fewer connections`;
  }
  if (faults.connect?.errno === ERRNO.ECONNREFUSED && outcome.messages === 0) {
    return `nobody listens on ${where}; start the server first`;
  }
  if (ending === 'stalled') return `${where} stopped answering`;
  if (faults.connect !== undefined) return connectSentence(plan, faults.connect);
  const kinds = Object.entries(errors).filter(([, count]) => count > 0);
  if (kinds.length === 0) return null;
  return kinds.map(([kind, count]) => `${count} ${kind}`).join(', ');
}
