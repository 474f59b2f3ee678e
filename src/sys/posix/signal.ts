/** <signal.h> */
import { bind } from '../ffi.ts';
import { SIGACTION } from './abi.ts';
import { symbol } from './dlfcn.ts';

const sigaction = bind<[signal: number, action: Uint8Array, old: number]>('sigaction', 'int', [
  'int',
  'buffer',
  'address',
]);

/** kill(2): 0, or the negative error number; signal 0 only asks whether the process lives. */
export const kill = bind<[pid: number, signal: number]>('kill', 'int', ['int', 'int']);

/** Makes a function of the C library, which must take an int, the handler of a signal. */
function installHandler(signal: number, name: string): number {
  const action = new Uint8Array(SIGACTION.size);
  const handler = BigInt(symbol(name));
  new DataView(action.buffer).setBigUint64(SIGACTION.fields.sa_handler[0], handler, true);
  return sigaction(signal, action, 0);
}

/**
 * Makes a signal do nothing but end the call that its thread sleeps in with EINTR: the handler is
 * abs(3), which touches nothing, and SA_RESTART is left out. 0, or the negative error number.
 */
export function installHarmlessHandler(signal: number): number {
  return installHandler(signal, 'abs');
}

/**
 * Makes a signal end the process at once, whatever its threads are doing: the handler is _exit(2),
 * and the signal's number the exit code. 0, or the negative error number.
 */
export function installEndingHandler(signal: number): number {
  return installHandler(signal, '_exit');
}
