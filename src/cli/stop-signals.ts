/**
 * Ctrl-C and its like (SIGINT and SIGTERM, on Windows also the closing of the console): the first
 * asks for an orderly end, the second for an immediate one.
 */
import { STOP_SIGNALS } from '../sys/stop-signals.ts';

export type StopSignal = NodeJS.Signals;

export class StopSignals {
  /** Resolve with the signal that came first and second. */
  readonly first: Promise<StopSignal>;
  readonly second: Promise<StopSignal>;

  /** @param others more signals that ask for it, such as SIGHUP: the terminal has gone */
  constructor(others: readonly StopSignal[] = []) {
    const takers: ((signal: StopSignal) => void)[] = [];
    this.first = new Promise((resolve) => takers.push(resolve));
    this.second = new Promise((resolve) => takers.push(resolve));
    // Never taken off: without a listener a third signal would kill before the workers have ended.
    for (const signal of new Set([...STOP_SIGNALS, ...others])) {
      process.on(signal, () => takers.shift()?.(signal));
    }
  }
}
