import { errorName, type Unsupported, UnsupportedError } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';
import type { SelectorModel } from './selector.ts';

/** Refusals of a kernel that has the call and is short of something at the moment. */
const SHORTAGES: readonly number[] = [ERRNO.EMFILE, ERRNO.ENFILE, ERRNO.ENOMEM, ERRNO.EINTR];

/**
 * Makes a harmless call to learn whether a model runs here: a symbol in the library proves nothing,
 * a sandbox may still refuse the call.
 */
export function probe(
  model: SelectorModel,
  syscall: string,
  call: () => number,
): Unsupported | null {
  try {
    const result = call();
    if (result >= 0 || SHORTAGES.includes(-result)) return null;
    return {
      model,
      reason: `the kernel answers ${syscall} with ${errorName(-result)}`,
      remedy: 'use another model, or allow the call where the sandbox or container is set up',
    };
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { model, reason: error.reason, remedy: error.remedy };
  }
}
