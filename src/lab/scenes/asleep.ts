/** Whether a thread of this process sleeps, as the kernel tells it. */
import { readFileSync } from 'node:fs';

const LOOKS_MAX = 2_000;

function isAsleep(tid: number): boolean {
  try {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'latin1');
    // After the name in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('S');
  } catch {
    return false;
  }
}

/** Looks every millisecond until a thread sleeps; `pause` waits so long. False when it never did. */
export function awaitSleep(tid: number, pause: (ms: number) => void): boolean {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if (isAsleep(tid)) return true;
    pause(1);
  }
  return false;
}
