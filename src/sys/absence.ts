/** What to say where a number is asked for that this system does not have. */
import { type Unsupported, UnsupportedError } from '../errors.ts';
import { HOST } from '../platform/host.ts';
import { ABSENT } from './abi.ts';

/** The sentence for a hint: `SO_MARK does not exist on darwin`. */
export function absence(what: string): string {
  return `${what} does not exist on ${HOST}`;
}

/** The number itself. Throws UnsupportedError naming `what` where this system does not have it. */
export function assertPresent(number: number, what: string): number {
  if (number !== ABSENT) return number;
  const refusal: Unsupported = {
    model: what,
    reason: `${HOST} does not have it`,
    remedy: 'leave it out there; other systems have other means',
  };
  throw new UnsupportedError(refusal);
}
