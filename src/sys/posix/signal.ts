/** <signal.h> */
import { bind } from '../ffi.ts';
import { SIGACTION } from './abi.ts';
import { dlsym } from './dlfcn.ts';

const sigaction = bind<[signal: number, action: Uint8Array, old: number]>('sigaction', 'int', [
  'int',
  'buffer',
  'address',
]);

/**
 * Makes a signal do nothing but end the call that its thread sleeps in with EINTR: the handler is
 * abs(3), which takes an int and touches nothing, and SA_RESTART is left out.
 * 0, or the negative error number.
 */
export function installHarmlessHandler(signal: number): number {
  const action = new Uint8Array(SIGACTION.size);
  const handler = BigInt(dlsym(0, 'abs'));
  new DataView(action.buffer).setBigUint64(SIGACTION.fields.sa_handler[0], handler, true);
  return sigaction(signal, action, 0);
}
