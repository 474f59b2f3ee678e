import type { SystemErrorDetails } from '../../errors.ts';
import type { Place } from '../operation-buffer.ts';
import type { Slot } from '../queue-buffer.ts';
import type { Request, Task } from './task.ts';

/** Everything about one operation: what the kernel is told, and what its answer means. */
export interface Plan<Result> {
  /** The queue's method. */
  readonly name: string;
  /** The call that a failure names. */
  readonly syscall: string;
  readonly request: Request;
  /** The buffer. */
  readonly place?: Place;
  /** The caller's own memory is filled from it at the completion, if it is a private copy. */
  readonly isIncoming?: boolean;
  /** What else the kernel may use meanwhile. */
  readonly memory?: Slot | null;
  readonly decode: (result: number, task: Task) => Result;
  /** The error number with which it succeeds; a time that is over is what `timeout` is for. */
  readonly success?: number;
  readonly details?: SystemErrorDetails;
  /** The result is a descriptor, which must not be lost. */
  readonly isDescriptor?: boolean;
}

/** The number of bytes, of which there are results. */
export function asCount(result: number): number {
  return result;
}

export function asNothing(): void {}
