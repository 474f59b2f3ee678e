/** Signals by name: signal(7). */
import { constants } from 'node:os';
import { inspect } from 'node:util';
import { SIGNAL } from '../sys/abi.ts';

/** A signal: `SIGTERM`, or a real-time signal as `SIGRTMIN+3`. */
export type SignalName = NodeJS.Signals | `SIGRTMIN+${number}`;

const REAL_TIME_MAX = SIGNAL.SIGRTMAX - SIGNAL.SIGRTMIN;

const names = new Map<number, SignalName>();
for (const [name, number] of Object.entries(constants.signals)) {
  // Aliases (SIGIOT, SIGPOLL) share a number: the first one listed is the usual name.
  if (!names.has(number)) names.set(number, name as SignalName);
}

/** The number of a signal. Throws TypeError, RangeError for a real-time signal that is none. */
export function signalNumber(name: SignalName): number {
  if (typeof name === 'string') {
    if (Object.hasOwn(constants.signals, name)) return constants.signals[name as NodeJS.Signals];
    const offset = /^SIGRTMIN(?:\+(\d+))?$/.exec(name);
    if (offset !== null) {
      const above = Number(offset[1] ?? 0);
      if (above <= REAL_TIME_MAX) return SIGNAL.SIGRTMIN + above;
      throw new RangeError(`a real-time signal ends at SIGRTMIN+${REAL_TIME_MAX}, got ${name}`);
    }
  }
  throw new TypeError(`a signal is a name like 'SIGTERM' or 'SIGRTMIN+3', got ${inspect(name)}`);
}

/** The name of a signal's number. */
export function signalName(number: number): SignalName {
  return names.get(number) ?? `SIGRTMIN+${number - SIGNAL.SIGRTMIN}`;
}
