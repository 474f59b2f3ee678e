/** Whether this kernel has completion ports. */
import { SystemError, type Unsupported, UnsupportedError } from '../../errors.ts';
import { HOST } from '../../platform/host.ts';
import { CompletionPort } from './completion-port.ts';

/** Asks the kernel for a port: null, or why there is none. */
export function iocpUnavailable(): Unsupported | null {
  if (HOST !== 'win32') {
    return {
      model: 'iocp',
      reason: `it is the kernel interface of Windows, and this is ${HOST}`,
      remedy: 'use another model (polyio doctor lists them)',
    };
  }
  try {
    CompletionPort.open(1).close();
    return null;
  } catch (error) {
    // What has run out now, opening says.
    if (error instanceof SystemError) return null;
    if (!(error instanceof UnsupportedError)) throw error;
    const { reason, remedy } = error;
    return { model: 'iocp', reason, remedy };
  }
}
