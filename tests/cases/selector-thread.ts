// The other thread of the selector cases: it signals, wakes, or waits to be interrupted.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { openSelector, READABLE, type SelectorModel, Waker } from '../../src/readiness.ts';
import { wakeThread } from '../../src/sys/threads.ts';

/** Words of the shared memory: the main thread says go, then stop; the signals are counted. */
export const GO = 0;
export const STOP = 1;
export const SENT = 2;

export type Task =
  | { readonly role: 'signal'; readonly words: Int32Array; readonly tid: number }
  | { readonly role: 'wake'; readonly words: Int32Array; readonly fd: number }
  | { readonly role: 'wait'; readonly words: Int32Array; readonly model: SelectorModel };

const INTERVAL_MS = 1;

function signal(words: Int32Array, tid: number): void {
  while (Atomics.load(words, STOP) === 0) {
    wakeThread(process.pid, tid);
    Atomics.add(words, SENT, 1);
    Atomics.wait(words, STOP, 0, INTERVAL_MS);
  }
}

function wait(model: SelectorModel): void {
  using selector = openSelector(model);
  using silent = new Waker();
  selector.register(silent, READABLE, undefined);
  selector.wait(0);
  parentPort?.postMessage('waiting');
  let code: unknown = 'none';
  try {
    selector.wait();
  } catch (error) {
    code = (error as { code?: unknown }).code;
  }
  silent.wake();
  parentPort?.postMessage({ code, afterwards: selector.wait() });
}

function run(task: Task): void {
  if (task.role === 'wait') {
    wait(task.model);
    return;
  }
  parentPort?.postMessage('started');
  Atomics.wait(task.words, GO, 0);
  if (task.role === 'wake') Waker.fromFd(task.fd).wake();
  else signal(task.words, task.tid);
}

// The cases import the names above in the main thread.
if (!isMainThread) run(workerData as Task);
