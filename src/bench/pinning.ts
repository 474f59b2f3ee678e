/**
 * Which core the server runs on, and which the load: two programs that take turns on one core, or
 * wander between cores, measure the scheduler.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The core of each side, and the commands that put a program there. */
export interface Pinning {
  readonly server: number;
  readonly load: number;
}

/** `0-2,5`: 0, 1, 2, 5. */
export function parseCores(text: string): number[] {
  return text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Cores that share their units with this one, itself included. */
function siblingsOf(core: number): number[] {
  return parseCores(textOf(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`));
}

/**
 * Two cores for the two sides, no siblings where that can be; a sentence when programs cannot be
 * pinned here.
 */
export function choosePinning(): Pinning | string {
  const allowed = /^Cpus_allowed_list:\s+(.*)$/m.exec(textOf('/proc/self/status'));
  if (allowed === null)
    return 'this system does not say which cores a program may use, so nothing is pinned to one';
  if (spawnSync('taskset', ['-V'], { stdio: 'ignore' }).error !== undefined) {
    return 'taskset (util-linux) is not installed, so nothing is pinned to a core';
  }
  const cores = parseCores(allowed[1] ?? '');
  const [server] = cores;
  if (server === undefined || cores.length < 2) {
    return 'there is one core only: server and load take turns on it';
  }
  const siblings = siblingsOf(server);
  const load = cores.findLast((core) => !siblings.includes(core)) ?? (cores.at(-1) as number);
  return { server, load };
}

/** What goes before a command to keep it on a core. */
export function onCore(core: number | undefined): string[] {
  return core === undefined ? [] : ['taskset', '-c', String(core)];
}
