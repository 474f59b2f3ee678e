/** <sys/prctl.h> and memfd_create(2): what a worker process shares with its parent. */

import { MEMFD, PRCTL } from './abi.ts';
import { memfdCreate } from './memfd.ts';
import { bind } from './presence.ts';

const prctl = bind<[option: number, value: number, b: number, c: number, d: number]>(
  'prctl',
  'int',
  ['int', 'ssize', 'ssize', 'ssize', 'ssize'],
);

/**
 * Asks the kernel to send `signal` to this process when the thread that started it ends.
 * 0, or the negative error number.
 */
export function setParentDeathSignal(signal: number): number {
  return prctl(PRCTL.PR_SET_PDEATHSIG, signal, 0, 0, 0);
}

/** An anonymous file in memory, closed on exec: its descriptor, or the negative error number. */
export function createMemoryFile(name: string): number {
  return memfdCreate(name, MEMFD.MFD_CLOEXEC);
}
