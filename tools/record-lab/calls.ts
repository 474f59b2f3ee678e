/** What the calls of a server are written down as, before they become a recording. */

/** One call, callback or act of a client. Times are milliseconds since 1970, on whatever clock there is. */
export interface CallRow {
  readonly kind: 'call' | 'callback' | 'client';
  readonly name: string;
  readonly fd: number;
  readonly start: number;
  readonly end: number;
  readonly result: number;
  readonly errno: number;
  /** The client's port, 0 for calls. */
  readonly about: number;
}

/** What the program of such a run prints. */
export interface CallsRun {
  readonly rows: readonly CallRow[];
  readonly window: readonly [start: number, end: number];
  /** The ports of the clients, by their number. */
  readonly ports: readonly number[];
  readonly machine: {
    readonly system: string;
    readonly kernel: string;
    readonly architecture: string;
    readonly cpus: number;
    readonly node: string;
  };
}

/** An instant of the calling thread's `performance.now()` on the clock that all threads share. */
export function instant(now: number): number {
  return performance.timeOrigin + now;
}
