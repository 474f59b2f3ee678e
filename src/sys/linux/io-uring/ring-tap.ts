/**
 * The observer of what goes through a ring past the calls: operations are written into memory that
 * the kernel shares, and so are their completions. Off, it costs one branch for each.
 */
import { IORING_OP } from '../io-uring-abi.ts';

/** What a tap on rings is told. Times are in milliseconds on the clock of `performance.now()`. */
export interface RingTap {
  /** An operation was written down; `fd` is the descriptor that it names, -1 for none. */
  prepared(operation: number, fd: number, userLow: number, userHigh: number, at: number): void;
  /** A completion is there; `isLast` says that its operation is over. */
  completed(userLow: number, userHigh: number, result: number, isLast: boolean, at: number): void;
}

/** The observer of the calling thread's rings, or null. `setRingTap` changes it. */
export let ringTap: RingTap | null = null;

/** Installs the observer, or removes it with `null`. */
export function setRingTap(next: RingTap | null): void {
  ringTap = next;
}

const names = new Map<number, string>(
  Object.entries(IORING_OP).map(([name, number]) => [
    number,
    name.replace('IORING_OP_', '').toLowerCase(),
  ]),
);

/** `recv` for IORING_OP_RECV: the operation as traces name it. */
export function operationName(operation: number): string {
  return names.get(operation) ?? `operation ${operation}`;
}
