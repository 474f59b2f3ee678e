/**
 * Processes that a run started, found by a mark in their environment, which every child inherits:
 * what detached itself or lost its parent is found as well.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const VARIABLE = 'POLYIO_TEST_RUN';

/** Marks everything that this process starts from now on; the mark finds it again. */
export function markChildren(): string {
  const mark = randomUUID();
  process.env[VARIABLE] = mark;
  return mark;
}

function marked(mark: string): number[] {
  // Elsewhere the service that runs the tests ends with its machine.
  if (process.platform !== 'linux') return [];
  const wanted = `${VARIABLE}=${mark}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0').includes(wanted);
      } catch {
        // It has ended, or is somebody else's.
        return false;
      }
    })
    .map(Number);
}

/** Waits until what was marked has ended, at most so long. */
export async function untilGone(mark: string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (marked(mark).length > 0 && performance.now() < deadline) await sleep(20);
}

/** Kills what is left of the marked processes, and what they start meanwhile. Answers how many. */
export function killMarked(mark: string): number {
  const killed = new Set<number>();
  for (;;) {
    const fresh = marked(mark).filter((pid) => !killed.has(pid));
    if (fresh.length === 0) return killed.size;
    for (const pid of fresh) {
      killed.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
