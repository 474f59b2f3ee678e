/** What the supervisor knows of a worker, be it a thread or a process. */
import type { AcceptMode } from './accept-mode.ts';
import type { Limits } from './limits.ts';
import type { ModelName } from './models.ts';

/** What a worker is told at its start. */
export interface WorkerStart {
  readonly model: ModelName;
  /** The URL of the protocol's module. */
  readonly protocol: string;
  readonly limits: Limits;
  /** How many workers share the control block, and which of them this is. */
  readonly workers: number;
  readonly worker: number;
  readonly listenerFd: number;
  readonly wakerFd: number;
  readonly accept: AcceptMode;
}

/** A thread's start, with the memory that it shares with its starter. */
export interface ThreadStart extends WorkerStart {
  readonly memory: SharedArrayBuffer;
}

/** A process's start, and who has to be its parent. */
export interface ProcessStart extends WorkerStart {
  readonly parent: number;
}

/** What a worker process finds at these descriptors. */
export const LISTENER_FD = 3;
export const MEMORY_FD = 4;
export const REPORT_FD = 5;
export const PARENT_FD = 6;

/** The worker's one message: it serves now, or why it never will. */
export type WorkerReport =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: string | undefined; readonly message: string };

export interface WorkerHandle {
  /** Resolves when it serves; rejects with why it cannot. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone in good order; rejects when it died. */
  readonly ended: Promise<void>;
  /** Makes it look at the stop word; repeated until it has. */
  wake(): void;
  /** Ends a worker that does not look any more. */
  kill(): void;
}

/** The report of a worker that cannot serve. */
export function failureReport(error: unknown): WorkerReport {
  const { code, message } = error as NodeJS.ErrnoException;
  return { ready: false, code, message: message ?? String(error) };
}
