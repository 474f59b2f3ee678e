/**
 * What a server costs: CPU time, context switches and memory of its whole process tree.
 *
 * Facts about /proc:
 *  - `task/TID/schedstat` has the time on a CPU in nanoseconds, `stat` only in hundredths of a
 *    second: too coarse for a round of half a second;
 *  - both know living threads only, and servers here keep theirs;
 *  - `smaps_rollup` has the proportional set size, which counts a page that processes share once.
 *
 * What this means for us: everything is read from outside, the same way for every server, ours or
 * a peer's, and a machine without /proc gives null. A process that is forked meanwhile counts from
 * its beginning, one that ends before the second look is not seen.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** A moment of one thread. */
export interface ThreadUse {
  readonly tid: number;
  readonly cpuUs: number;
  readonly switches: number;
}

/** A moment of a process tree. */
export interface TreeUse {
  /** When it was read, by `performance.now()`. */
  readonly atMs: number;
  readonly threads: readonly ThreadUse[];
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // A thread or process that has ended meanwhile, or no /proc at all.
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** The parent of a process, from the text of its `stat`: the name before it may hold anything. */
function parentOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** A process and all that descend from it, itself first. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat === null) continue;
    const parent = parentOf(stat);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function useOf(pid: number, tid: string): ThreadUse | null {
  const schedstat = read(`/proc/${pid}/task/${tid}/schedstat`);
  const status = read(`/proc/${pid}/task/${tid}/status`);
  if (schedstat === null || status === null) return null;
  const switches = [...status.matchAll(/ctxt_switches:\s+(\d+)/g)];
  return {
    tid: Number(tid),
    cpuUs: Number(schedstat.split(' ')[0]) / 1_000,
    switches: switches.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}

/** All threads of these processes now; null where the system does not tell. */
export function readUse(pids: readonly number[]): TreeUse | null {
  const threads = pids.flatMap((pid) =>
    list(`/proc/${pid}/task`).flatMap((tid) => useOf(pid, tid) ?? []),
  );
  return threads.length === 0 ? null : { atMs: performance.now(), threads };
}

/** What was used between two moments; null when one of them is not known. */
export function usedBetween(
  before: TreeUse | null,
  after: TreeUse | null,
): { readonly cpuUs: number; readonly switches: number } | null {
  if (before === null || after === null) return null;
  const used = perThread(before, after);
  return {
    cpuUs: used.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    switches: used.reduce((sum, { switches }) => sum + switches, 0),
  };
}

function perThread(before: TreeUse, after: TreeUse): ThreadUse[] {
  const known = new Map(before.threads.map((thread) => [thread.tid, thread]));
  return after.threads.map(({ tid, cpuUs, switches }) => {
    const then = known.get(tid);
    return {
      tid,
      cpuUs: cpuUs - (then?.cpuUs ?? 0),
      switches: switches - (then?.switches ?? 0),
    };
  });
}

/** A thread with less of the CPU time than this does not serve: it collects garbage, or reports. */
const SERVES_FROM = 0.02;

/** The threads that did the work between two moments. */
export function servingThreads(before: TreeUse | null, after: TreeUse | null): number[] {
  if (before === null || after === null) return [];
  const used = perThread(before, after);
  const total = used.reduce((sum, { cpuUs }) => sum + cpuUs, 0);
  return used.filter(({ cpuUs }) => cpuUs > total * SERVES_FROM).map(({ tid }) => tid);
}

/** The bytes of memory that these processes hold, shared pages counted once; null where the system does not tell. */
export function residentBytes(pids: readonly number[]): number | null {
  const sizes = pids.flatMap((pid) => {
    const found = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '');
    return found === null ? [] : Number(found[1]) * 1_024;
  });
  return sizes.length === 0 ? null : sizes.reduce((sum, size) => sum + size, 0);
}
