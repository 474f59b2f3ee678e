/** Asking the kernel for a ring, and for what the newest operations need. */
import { SystemError, type Unsupported, UnsupportedError } from '../../../errors.ts';
import { IORING_OP } from '../io-uring-abi.ts';
import { refusal, tooOld } from './refusal.ts';
import { Ring } from './ring.ts';

const PROBE_ENTRIES = 2;

/**
 * Opens a small ring and closes it again: null when one can be had here with everything that polyio
 * needs of it, else why not and what to do.
 */
export function ioUringUnavailable(): Unsupported | null {
  try {
    const options = { entries: PROBE_ENTRIES, completions: PROBE_ENTRIES * 2 };
    using ring = new Ring({ ...options, without: ['registered-ring'] });
    // The kernel that brought it brought multishot receives, which cannot be asked for by name.
    if (!ring.supports(IORING_OP.IORING_OP_SEND_ZC)) return tooOld('multishot receives', '6.0');
    return null;
  } catch (error) {
    if (error instanceof UnsupportedError) {
      const { model, reason, remedy } = error;
      return { model: model === 'polyio' ? 'io-uring' : model, reason, remedy };
    }
    // A shortage at start is the start's own error, but no memory for a ring is a matter of limits.
    if (error instanceof SystemError) {
      return error.code === 'ENOMEM' ? refusal(error.errno) : null;
    }
    throw error;
  }
}
