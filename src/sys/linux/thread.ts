/**
 * Threads by their kernel number: gettid(2) and tgkill(2), through syscall(2) because older C
 * libraries wrap neither.
 */

import { SYSCALL } from './abi.ts';
import { bind } from './presence.ts';

const syscall0 = bind<[number: number]>('syscall', 'ssize', ['ssize']);

const syscall3 = bind<[number: number, a: number, b: number, c: number]>('syscall', 'ssize', [
  'ssize',
  'ssize',
  'ssize',
  'ssize',
]);

/** The calling thread's kernel number. */
export function gettid(): number {
  return syscall0(SYSCALL.SYS_gettid);
}

/**
 * Sends a signal to one thread of one process; signal 0 only asks whether it lives.
 * 0, or the negative error number.
 */
export function tgkill(pid: number, tid: number, signal: number): number {
  return syscall3(SYSCALL.SYS_tgkill, pid, tid, signal);
}
