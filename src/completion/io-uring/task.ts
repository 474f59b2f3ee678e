import type { Operation } from '../operation.ts';
import type { Slot } from '../queue-buffer.ts';
import type { ControlBlocks } from './control-blocks.ts';

/** What one submission says; addresses and lengths in bytes, what is left out is 0. */
export interface Request {
  readonly opcode: number;
  /** The descriptor that it is about; -1 where it is about none. */
  readonly fd: number;
  readonly address?: number;
  /** The upper half of what stands in the address's place, when it is no address. */
  readonly addressHigh?: number;
  /** Instead of `address`: a part of the task's control block. */
  readonly part?: number;
  readonly length?: number;
  /** A position in a file, -1 for the file's own; or a number that the operation wants there. */
  readonly offset?: number;
  /** Instead of `offset`: a part of the task's control block. */
  readonly offsetPart?: number;
  /** The flags of the operation itself. */
  readonly flags?: number;
  readonly ioprio?: number;
  /** IOSQE flags. */
  readonly entryFlags?: number;
  /** The group of provided buffers. */
  readonly group?: number;
  /** Writes the control block. */
  readonly prepare?: (blocks: ControlBlocks, slot: number) => void;
}

/** Where a task is: with nobody, in the backlog, in the kernel, or over. */
export const IDLE = 0;
export const QUEUED = 1;
export const IN_KERNEL = 2;
export const OVER = 3;

/** One operation on its way through the queue; one without a receipt is the queue's own. */
export class Task {
  readonly operation: Operation<unknown> | null;
  request: Request;
  /**
   * Takes a completion. `isLast`: the kernel is done with this submission and every buffer of it.
   * Then it settles the operation, or starts the task again.
   */
  completed: (result: number, flags: number, isLast: boolean) => void = () => {};
  /** Memory that the kernel may use until the last completion: what is moved, and what says how. */
  buffer: Slot | null = null;
  memory: Slot | null = null;
  /** Milliseconds until the kernel cancels it; -1 for never. */
  timeoutMs = -1;
  isDrain = false;
  isControl = false;
  /** Sending without a copy completes twice: the second completion says that the buffer is free. */
  isTwofold = false;
  /** The one of its chain that starts when this one has succeeded. */
  next: Task | null = null;
  previous: Task | null = null;
  state = IDLE;
  /** Its place in the operation table; -1 while it has none. */
  slot = -1;
  /** Completions that the kernel owes: its own, and that of its time limit. */
  owed = 0;
  result = 0;
  flags = 0;
  hasTimedOut = false;
  isCancelRequested = false;
  /** Whether the next `wait` returns its operation. */
  isListed = false;

  constructor(operation: Operation<unknown> | null, request: Request) {
    this.operation = operation;
    this.request = request;
  }

  /** The most completions that one submission of it puts into the kernel's queue. */
  get weight(): number {
    return 1 + Number(this.timeoutMs >= 0) + Number(this.isTwofold);
  }

  /** The submissions that it takes. */
  get entries(): number {
    return 1 + Number(this.timeoutMs >= 0);
  }
}
