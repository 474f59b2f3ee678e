/** Processes by descriptor: pidfd_open(2) and its kin, through syscall(2); <sys/wait.h>. */

import { EVENT_SYSCALL, WAIT } from './event-abi.ts';
import { bind } from './presence.ts';

const syscall3 = bind<[number: number, a: number, b: number, c: number]>('syscall', 'ssize', [
  'ssize',
  'ssize',
  'ssize',
  'ssize',
]);

const syscall4 = bind<[number: number, a: number, b: number, c: number, d: number]>(
  'syscall',
  'ssize',
  ['ssize', 'ssize', 'ssize', 'ssize', 'ssize'],
);

const waitid = bind<[kind: number, id: number, info: Uint8Array, options: number]>(
  'waitid',
  'int',
  ['int', 'uint', 'buffer', 'int'],
);

/** pidfd_open(2): a descriptor that is closed on exec, or the negative error number. */
export function pidfdOpen(pid: number): number {
  return syscall3(EVENT_SYSCALL.SYS_pidfd_open, pid, 0, 0);
}

/** pidfd_send_signal(2); signal 0 only asks. 0, or the negative error number. */
export function pidfdSendSignal(fd: number, signal: number): number {
  return syscall4(EVENT_SYSCALL.SYS_pidfd_send_signal, fd, signal, 0, 0);
}

/** pidfd_getfd(2): a duplicate, closed on exec, of a descriptor that the process has. */
export function pidfdGetfd(fd: number, target: number): number {
  return syscall3(EVENT_SYSCALL.SYS_pidfd_getfd, fd, target, 0);
}

/**
 * waitid(2) on the end of a child, which it leaves to whoever reaps it: 0 (also when nothing has
 * ended: then `si_pid` is 0), or the negative error number. Never sleeps.
 */
export function peekChildEnd(fd: number, info: Uint8Array): number {
  return waitid(WAIT.P_PIDFD, fd, info, WAIT.WEXITED | WAIT.WNOHANG | WAIT.WNOWAIT);
}
