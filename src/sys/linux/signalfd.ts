/** <sys/signalfd.h>, and signals to one thread. */

import { getpid } from '../posix/unistd.ts';
import { EVENT_SYSCALL, SIGINFO, SIGINFO_CODES } from './event-abi.ts';
import { bind } from './presence.ts';

/** signalfd(2): with -1 for `fd` a new descriptor for the signals of `set`. */
export const signalfd = bind<[fd: number, set: Uint8Array, flags: number]>('signalfd', 'int', [
  'int',
  'buffer',
  'int',
]);

const queueToThread = bind<
  [number: number, pid: number, tid: number, signal: number, info: Uint8Array]
>('syscall', 'ssize', ['ssize', 'ssize', 'ssize', 'ssize', 'buffer']);

/** rt_tgsigqueueinfo(2), through syscall(2): a signal with a value to one thread of this process. */
export function sigqueueToThread(tid: number, signal: number, value: number, uid: number): number {
  const { size, fields } = SIGINFO;
  const info = new DataView(new ArrayBuffer(size));
  info.setInt32(fields.si_signo[0], signal, true);
  info.setInt32(fields.si_code[0], SIGINFO_CODES.SI_QUEUE, true);
  info.setInt32(fields.si_pid[0], getpid(), true);
  info.setUint32(fields.si_uid[0], uid, true);
  info.setInt32(fields.si_value[0], value, true);
  const bytes = new Uint8Array(info.buffer);
  return queueToThread(EVENT_SYSCALL.SYS_rt_tgsigqueueinfo, getpid(), tid, signal, bytes);
}
