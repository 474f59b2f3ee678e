/** What a thread has cost so far, as the kernel counts it. */
import { readFileSync } from 'node:fs';
import { SystemError } from '../../errors.ts';
import { CLOCK } from '../../sys/abi.ts';
import { clockGettime } from '../../sys/linux/timerfd.ts';
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

/** No cost at all. */
export const NOTHING: ThreadUsage = { cpuNs: 0, voluntarySwitches: 0, involuntarySwitches: 0 };

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

const time = new BigInt64Array(2);

/**
 * The same about the calling thread, to the nanosecond: what the kernel shows of a thread that runs
 * is some milliseconds old.
 */
export function ownUsage(thread: RingWriter): ThreadUsage {
  const usage = threadUsage(thread);
  const result = clockGettime(CLOCK.CLOCK_THREAD_CPUTIME_ID, time);
  if (result < 0) throw new SystemError(result, 'clock_gettime');
  return { ...usage, cpuNs: Number(time[0]) * 1e9 + Number(time[1]) };
}

/** Both together. */
export function addUsage(one: ThreadUsage, other: ThreadUsage): ThreadUsage {
  return {
    cpuNs: one.cpuNs + other.cpuNs,
    voluntarySwitches: one.voluntarySwitches + other.voluntarySwitches,
    involuntarySwitches: one.involuntarySwitches + other.involuntarySwitches,
  };
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
