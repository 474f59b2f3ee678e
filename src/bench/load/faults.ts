/** What went wrong on the connections of a load: how often, and the first of each kind in detail. */
import { LOAD_ERRORS, type LoadErrorKind } from './report.ts';

/** One error in detail. */
export interface Fault {
  /** Which connection, counted from 1. */
  readonly connection: number;
  /** The call that failed, and its error number. */
  readonly call?: string;
  readonly errno?: number;
  /** Wrong bytes: in which message of the connection, at which byte of it, and what came for what. */
  readonly message?: number;
  readonly at?: number;
  readonly got?: number;
  readonly wanted?: number | null;
  /** It is one of those that never send. */
  readonly isIdle?: boolean;
  /** The length of a datagram that is none of those that were sent. */
  readonly length?: number;
}

export type ErrorCounts = Record<LoadErrorKind, number>;

export class Faults {
  readonly counts = Object.fromEntries(LOAD_ERRORS.map((kind) => [kind, 0])) as ErrorCounts;
  readonly first: Partial<Record<LoadErrorKind, Fault>> = {};

  add(kind: LoadErrorKind, fault: Fault): void {
    this.counts[kind]++;
    this.first[kind] ??= fault;
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}
