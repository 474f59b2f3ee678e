/** Workers that are threads of this process. */
import { Worker } from 'node:worker_threads';
import { PolyioError, type PolyioErrorCode } from '../errors.ts';
import { argumentsOfWorkers } from '../platform/worker-arguments.ts';
import { Waker } from '../readiness.ts';
import { wakeThread } from '../sys/threads.ts';
import { modelInfo } from './models.ts';
import { ControlBlock, STATE, type WorkerRecord } from './statistics.ts';
import type { ThreadStart, WorkerHandle, WorkerReport, WorkerStart } from './worker-handle.ts';

const ENTRY = new URL('./thread-entry.js', import.meta.url);

/** Memory for a control block that threads share. */
export function threadMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(ControlBlock.size(workers));
}

/** Starts one worker thread. It owns a waker for it, which outlives the thread. */
export function startThread(
  start: Omit<WorkerStart, 'wakerFd'>,
  memory: SharedArrayBuffer,
  record: WorkerRecord,
): WorkerHandle {
  const waker = Waker.open({ signals: modelInfo(start.model).family === 'signal' });
  const workerData: ThreadStart = { ...start, wakerFd: waker.fd, memory };
  const name = `polyio ${start.model} ${start.worker}`;
  const thread = new Worker(ENTRY, { workerData, name, ...argumentsOfWorkers() });
  let failure: Error | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    thread.on('message', (report: WorkerReport) => {
      if (report.ready) resolve();
      else reject(new PolyioError(report.code as PolyioErrorCode, report.message));
    });
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the worker thread ended before it served')));
  });
  const ended = new Promise<void>((resolve, reject) => {
    thread.on('error', (cause: Error) => {
      failure = new PolyioError(
        'ERR_POLYIO_WORKER_DIED',
        `worker thread ${start.worker} of ${start.model} died: ${cause.message}`,
        { cause },
      );
    });
    thread.on('exit', (code) => {
      waker.close();
      // Whether it was ever going to serve is what `ready` tells.
      const { state } = record;
      const inGoodOrder = code === 0 && (state === STATE.ended || state === STATE.starting);
      record.state = STATE.ended;
      if (failure === undefined && !inGoodOrder) {
        const text = `worker thread ${start.worker} of ${start.model} exited with code ${code}`;
        failure = new PolyioError('ERR_POLYIO_WORKER_DIED', text);
      }
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
  return {
    ready,
    ended,
    wake() {
      if (record.state === STATE.ended) return;
      thread.postMessage('stop');
      if (waker.fd >= 0) waker.wake();
      const { pid, tid } = record.thread;
      if (tid !== 0) wakeThread(pid, tid);
    },
    kill() {
      void thread.terminate();
    },
  };
}
