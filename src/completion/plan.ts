import { SystemError, type SystemErrorDetails } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';
import { fail, type Operation, succeed } from './operation.ts';
import { fillTarget, type Place } from './operation-buffer.ts';
import type { Slot } from './queue-buffer.ts';

/** What a plan needs of the task that carries it out. */
interface PlannedTask {
  readonly request: unknown;
  readonly timeoutMs: number;
  readonly hasTimedOut: boolean;
  readonly isCancelRequested: boolean;
}

/** Everything about one operation: what the kernel is asked, and what its answer means. */
export interface Plan<Result, Task extends PlannedTask> {
  /** The queue's method. */
  readonly name: string;
  /** The call that a failure names. */
  readonly syscall: string;
  readonly request: Task['request'];
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

/** Says on the receipt what the kernel's answer means. */
export function settle<Result, Task extends PlannedTask>(
  operation: Operation<Result>,
  plan: Plan<Result, Task>,
  task: Task,
  result: number,
): void {
  if (result < 0 && result !== plan.success) {
    fail(operation, failure(plan, task, result));
    return;
  }
  try {
    if (plan.isIncoming === true) fillTarget(plan.place as Place, result);
    succeed(operation, plan.decode(result, task));
  } catch (error) {
    fail(operation, error as Error);
  }
}

function failure<Result, Task extends PlannedTask>(
  { syscall, details }: Plan<Result, Task>,
  task: Task,
  result: number,
): SystemError {
  if (result !== -ERRNO.ECANCELED) return new SystemError(result, syscall, details);
  if (task.hasTimedOut) {
    const hint = `no completion within ${task.timeoutMs} ms`;
    return new SystemError(ERRNO.ETIMEDOUT, syscall, { ...details, hint });
  }
  const hint = task.isCancelRequested
    ? 'it was cancelled'
    : 'the operation that it was linked to did not succeed in full';
  return new SystemError(result, syscall, { ...details, hint });
}
