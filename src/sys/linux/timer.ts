/**
 * Timers that signal one thread: timer_create(2), through syscall(2) because C libraries before
 * glibc 2.34 keep it in a library of its own.
 *
 * A call that has no time limit of its own (open(2) of a FIFO) gets one this way: the signal ends
 * it with EINTR. A signal that arrives just before the call is lost for it, so it is repeated.
 */

import { CLOCK, ITIMERSPEC } from '../posix/abi.ts';
import { SIGEVENT, SIGNAL_EVENT, SYSCALL } from './abi.ts';
import { bind } from './presence.ts';
import { gettid } from './thread.ts';

const timerCreate = bind<[number: number, clock: number, event: Uint8Array, id: Int32Array]>(
  'syscall',
  'ssize',
  ['ssize', 'ssize', 'buffer', 'buffer'],
);

const timerSettime = bind<
  [number: number, id: number, flags: number, time: BigInt64Array, old: number]
>('syscall', 'ssize', ['ssize', 'ssize', 'ssize', 'buffer', 'ssize']);

const timerDelete = bind<[number: number, id: number]>('syscall', 'ssize', ['ssize', 'ssize']);

const NS_PER_MS = 1e6;
const NS_PER_S = 1_000_000_000n;

function encodeTime(delayMs: number, intervalMs: number): BigInt64Array {
  const time = new BigInt64Array(ITIMERSPEC.size / BigInt64Array.BYTES_PER_ELEMENT);
  const put = (offset: number, ms: number): void => {
    // 0 would disarm the timer.
    const ns = BigInt(Math.max(1, Math.ceil(ms * NS_PER_MS)));
    time[offset / 8] = ns / NS_PER_S;
    time[offset / 8 + 1] = ns % NS_PER_S;
  };
  put(ITIMERSPEC.fields['it_value.tv_sec'][0], delayMs);
  put(ITIMERSPEC.fields['it_interval.tv_sec'][0], intervalMs);
  return time;
}

/**
 * Sends `signal` to the calling thread after `delayMs`, and then every `intervalMs`: the timer's
 * number for `stopTimer`, or the negative error number.
 */
export function startTimer(signal: number, delayMs: number, intervalMs: number): number {
  const event = new Uint8Array(SIGEVENT.size);
  const view = new DataView(event.buffer);
  view.setInt32(SIGEVENT.fields.sigev_signo[0], signal, true);
  view.setInt32(SIGEVENT.fields.sigev_notify[0], SIGNAL_EVENT.SIGEV_THREAD_ID, true);
  view.setInt32(SIGEVENT.fields._sigev_un[0], gettid(), true);
  const id = new Int32Array(1);
  const made = timerCreate(SYSCALL.SYS_timer_create, CLOCK.CLOCK_MONOTONIC, event, id);
  if (made < 0) return made;
  const time = encodeTime(delayMs, intervalMs);
  const started = timerSettime(SYSCALL.SYS_timer_settime, id[0] as number, 0, time, 0);
  if (started >= 0) return id[0] as number;
  timerDelete(SYSCALL.SYS_timer_delete, id[0] as number);
  return started;
}

export function stopTimer(id: number): void {
  timerDelete(SYSCALL.SYS_timer_delete, id);
}
