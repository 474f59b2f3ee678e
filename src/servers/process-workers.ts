/** Workers that are processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PolyioError, type PolyioErrorCode, SystemError } from '../errors.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { ftruncate } from '../sys/posix/unistd.ts';
import { createSharedFile, NEEDS_PARENT_SOCKET } from '../sys/process.ts';
import { wakeThread } from '../sys/threads.ts';
import { ControlBlock, STATE, type WorkerRecord } from './statistics.ts';
import {
  PARENT_FD,
  type ProcessStart,
  REPORT_FD,
  type WorkerHandle,
  type WorkerReport,
  type WorkerStart,
} from './worker-handle.ts';

const ENTRY = fileURLToPath(new URL('./process-entry.js', import.meta.url));

/** Memory for a control block that processes share: the mapping here, and the descriptor for them. */
export interface ProcessMemory {
  readonly arena: Arena;
  readonly fd: number;
}

/** Makes such memory; whoever starts the workers closes the descriptor after the last of them. Throws SystemError. */
export function processMemory(workers: number): ProcessMemory {
  const fd = createSharedFile('polyio-control');
  if (fd < 0) throw new SystemError(fd, 'open', { hint: 'memory for worker processes' });
  const size = ControlBlock.size(workers);
  const result = ftruncate(fd, size);
  if (result < 0) {
    close(fd);
    throw new SystemError(result, 'ftruncate');
  }
  return { arena: Arena.share(fd, size), fd };
}

const STDIO = ['ignore', 'inherit', 'inherit'] as const;
const PARENT_SOCKET = NEEDS_PARENT_SOCKET ? (['pipe'] as const) : [];

/** Nothing comes out of our end of the socket but its end; until then it keeps nobody waiting. */
function holdSocket({ stdio }: ChildProcess): void {
  const socket = (stdio as unknown as Socket[])[PARENT_FD] as Socket;
  socket.unref();
  socket.on('error', () => {});
  socket.resume();
}

function readReport(stream: Readable): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
    stream.on('error', reject);
    stream.on('end', () => {
      if (text === '') reject(new Error('the worker process ended before it served'));
      else resolve(JSON.parse(text) as WorkerReport);
    });
  });
}

/**
 * Starts one worker process. It is detached, so that Ctrl-C in the terminal reaches the starter
 * alone, which then stops it in good order; the kernel ends it when the starter dies.
 */
export function startProcess(
  start: Omit<WorkerStart, 'wakerFd'>,
  memory: ProcessMemory,
  record: WorkerRecord,
): WorkerHandle {
  const given: ProcessStart = { ...start, wakerFd: -1, parent: process.pid };
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(given)], {
    detached: true,
    stdio: [...STDIO, start.listenerFd, memory.fd, 'pipe', ...PARENT_SOCKET],
  });
  if (NEEDS_PARENT_SOCKET) holdSocket(child);
  const ready = readReport((child.stdio as unknown as Readable[])[REPORT_FD] as Readable).then(
    (report) => {
      if (!report.ready) throw new PolyioError(report.code as PolyioErrorCode, report.message);
    },
  );
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      // Whether it was ever going to serve is what `ready` tells.
      const { state } = record;
      const inGoodOrder = code === 0 && (state === STATE.ended || state === STATE.starting);
      record.state = STATE.ended;
      if (inGoodOrder) resolve();
      else {
        const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
        const text = `worker process ${child.pid} of ${start.model} ${how}`;
        reject(new PolyioError('ERR_POLYIO_WORKER_DIED', text));
      }
    });
  });
  return {
    ready,
    ended,
    wake() {
      const { pid, tid } = record.thread;
      if (tid !== 0 && record.state !== STATE.ended) wakeThread(pid, tid);
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
