/** sigset_t and the calling thread's mask: <signal.h>. */
import { bindValue } from '../ffi.ts';
import { SIGACTION, SIGNAL } from './abi.ts';

const SIZE = SIGACTION.fields.sa_mask[1];

/** pthread_sigmask(3), which answers the error number itself. */
const pthreadSigmask = bindValue<[how: number, set: Uint8Array, old: Uint8Array]>(
  'pthread_sigmask',
  'int',
  ['int', 'buffer', 'buffer'],
);

/** The set of these signals, in the C library's form. */
export function signalSet(signals: Iterable<number>): Uint8Array {
  const set = new Uint8Array(SIZE);
  for (const signal of signals) set[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  return set;
}

export function isInSet(set: Uint8Array, signal: number): boolean {
  return ((set[(signal - 1) >> 3] as number) & (1 << ((signal - 1) & 7))) !== 0;
}

/**
 * Blocks signals in the calling thread; `old` receives what was blocked before. 0, or the negative
 * error number.
 */
export function blockSignals(signals: Iterable<number>, old: Uint8Array = signalSet([])): number {
  return 0 - pthreadSigmask(SIGNAL.SIG_BLOCK, signalSet(signals), old);
}

/** Unblocks signals in the calling thread: one that is pending arrives now. */
export function unblockSignals(signals: Iterable<number>): number {
  return 0 - pthreadSigmask(SIGNAL.SIG_UNBLOCK, signalSet(signals), signalSet([]));
}
