/**
 * <pthread.h>: results are 0 or a positive error number; nothing here sets errno.
 */
import { bindValue } from '../ffi.ts';
import { PTHREAD } from './abi.ts';

type Setting = [value: number, old: Int32Array];

const setCancelState = bindValue<Setting>('pthread_setcancelstate', 'int', ['int', 'buffer']);
const setCancelType = bindValue<Setting>('pthread_setcanceltype', 'int', ['int', 'buffer']);

/**
 * Tells the C library that nobody cancels the calling thread, for good.
 *
 * recv, send and most calls that can sleep are cancellation points: in a process of several
 * threads the library switches the cancellation type before and after the system call, four locked
 * instructions for each message of a server (2 % of its time). A thread whose type is
 * asynchronous already needs no switch, and with cancellation disabled the type has no effect.
 */
export function declineCancellation(): void {
  const old = new Int32Array(1);
  setCancelState(PTHREAD.PTHREAD_CANCEL_DISABLE, old);
  setCancelType(PTHREAD.PTHREAD_CANCEL_ASYNCHRONOUS, old);
}
