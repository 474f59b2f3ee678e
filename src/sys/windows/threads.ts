/** <processthreadsapi.h>: threads by the number that the kernel knows them by. */
import { bindTruth, bindValue } from '../ffi.ts';
import { ERRNO, WIN32 } from './abi.ts';
import { KERNEL32 } from './libraries.ts';
import { KEY, portOfThread, postToPort } from './port-packet.ts';
import { wake } from './wake-socket.ts';

/** Whether the kernel can be asked about a thread that is gone for good. */
export const KNOWS_DEAD_THREADS = true;

/** The calling thread's number. */
export const currentThread = bindValue<[]>('GetCurrentThreadId', 'int', [], KERNEL32);

const openThread = bindTruth<[access: number, inherit: number, thread: number]>(
  'OpenThread',
  'address',
  ['uint', 'int', 'uint'],
  KERNEL32,
);

const getExitCodeThread = bindTruth<[handle: number, code: Int32Array]>(
  'GetExitCodeThread',
  'int',
  ['address', 'buffer'],
  KERNEL32,
);

const closeHandle = bindTruth<[handle: number]>('CloseHandle', 'int', ['address'], KERNEL32);

/** Nothing has to be installed: 0. */
export function prepareToBeWoken(): number {
  return 0;
}

/** Ends the wait of a thread of this process: 0, or the negative error number. */
export function wakeThread(pid: number, thread: number): number {
  if (pid !== process.pid) return -ERRNO.ESRCH;
  const port = portOfThread(thread);
  return port === 0 ? wake(thread) : postToPort(port, KEY.wake);
}

/** Whether there still is such a thread. */
export function isThreadAlive(_pid: number, thread: number): boolean {
  const handle = openThread(WIN32.THREAD_QUERY_LIMITED_INFORMATION, 0, thread);
  if (handle < 0) return false;
  const code = new Int32Array(1);
  const result = getExitCodeThread(handle, code);
  closeHandle(handle);
  return result >= 0 && code[0] === WIN32.STILL_ACTIVE;
}

/** There is nothing to decline. */
export function declineCancellation(): void {}
