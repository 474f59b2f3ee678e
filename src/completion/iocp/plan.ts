import type { SystemErrorDetails } from '../../errors.ts';
import type { Place } from '../operation-buffer.ts';
import type { Slot } from '../queue-buffer.ts';
import type { Request } from './task.ts';

/** Everything about one operation: what the kernel is asked, and what its answer means. */
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
  readonly decode: (result: number) => Result;
  readonly details?: SystemErrorDetails;
  /** The result is a descriptor, which must not be lost. */
  readonly isDescriptor?: boolean;
}

/** Where a transfer begins in its file. */
export interface FilePosition {
  /** Called when it starts: the offset in bytes. */
  begin(): number;
  /** Called when it is complete, with how many bytes it moved or the negative error number. */
  end(moved: number): void;
}

/** The number of bytes, of which there are results. */
export function asCount(result: number): number {
  return result;
}

export function asNothing(): void {}
