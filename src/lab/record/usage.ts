/** What a thread has cost so far, as the kernel counts it. */
import { readFileSync } from 'node:fs';
import type { RingWriter } from '../../trace.ts';

/** Since the thread began. */
export interface ThreadUsage {
  /** Time on a processor, in nanoseconds. */
  readonly cpuNs: number;
  /** Context switches because it slept. */
  readonly voluntarySwitches: number;
  /** Context switches because somebody else was to run. */
  readonly involuntarySwitches: number;
}

const NOTHING: ThreadUsage = { cpuNs: 0, voluntarySwitches: 0, involuntarySwitches: 0 };

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

/** Asks the kernel about a thread of any process; nothing but zeros when it is gone. @see proc(5) */
export function threadUsage({ pid, tid }: RingWriter): ThreadUsage {
  const folder = `/proc/${pid}/task/${tid}`;
  try {
    const [cpuNs = 0] = readFileSync(`${folder}/schedstat`, 'latin1').split(' ').map(Number);
    const status = readFileSync(`${folder}/status`, 'latin1');
    return {
      cpuNs,
      voluntarySwitches: field(status, 'voluntary_ctxt_switches'),
      involuntarySwitches: field(status, 'nonvoluntary_ctxt_switches'),
    };
  } catch {
    return NOTHING;
  }
}

/** What was used between two answers. */
export function usedBetween(before: ThreadUsage, after: ThreadUsage): ThreadUsage {
  const less = (name: keyof ThreadUsage): number => Math.max(0, after[name] - before[name]);
  return {
    cpuNs: less('cpuNs'),
    voluntarySwitches: less('voluntarySwitches'),
    involuntarySwitches: less('involuntarySwitches'),
  };
}
