/** SIGTERM and SIGINT: the first asks for an orderly end, the second for an immediate one. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export type StopSignal = (typeof SIGNALS)[number];

export class StopSignals {
  /** Resolve with the signal that came first and second. */
  readonly first: Promise<StopSignal>;
  readonly second: Promise<StopSignal>;

  constructor() {
    const takers: ((signal: StopSignal) => void)[] = [];
    this.first = new Promise((resolve) => takers.push(resolve));
    this.second = new Promise((resolve) => takers.push(resolve));
    // Never taken off: without a listener a third signal would kill before the workers have ended.
    for (const signal of SIGNALS) process.on(signal, () => takers.shift()?.(signal));
  }
}
