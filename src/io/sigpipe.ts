/** For calls that have no MSG_NOSIGNAL: write, splice, sendfile. */
import { SystemError } from '../errors.ts';
import { SIGNAL } from '../sys/abi.ts';
import { blockSignals } from '../sys/posix/signal-set.ts';

let isBlocked = false;

/** Blocked in the calling thread, the signal that comes with an EPIPE stays without effect. */
export function blockSigpipe(): void {
  if (isBlocked) return;
  const result = blockSignals([SIGNAL.SIGPIPE]);
  if (result < 0) throw new SystemError(result, 'pthread_sigmask');
  isBlocked = true;
}
