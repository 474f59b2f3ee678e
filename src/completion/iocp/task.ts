import type { Operation } from '../operation.ts';
import type { Slot } from '../queue-buffer.ts';
import type { OperationBlocks } from './operation-blocks.ts';
import type { Timer } from './timers.ts';

/** An operation's block. */
export interface Block {
  readonly blocks: OperationBlocks;
  readonly slot: number;
}

/** What one operation does. Exactly one of `start`, `perform` and `timeMs` says how. */
export interface Request {
  /** The descriptor that it is about; -1 where it is about none. */
  readonly fd: number;
  /** Where in its file it begins, in bytes. */
  readonly offset?: () => number;
  /** Starts it in the kernel: NOW, PENDING, or the negative error number. */
  readonly start?: (blocks: OperationBlocks, slot: number) => number;
  /** What Windows has no asynchronous call for: done when it starts, its result or error number. */
  readonly perform?: () => number;
  /** A time that passes, in milliseconds. */
  readonly timeMs?: number;
  /** It asks the driver of Winsock, and not the descriptor itself. */
  readonly isPoll?: true;
  /**
   * What the answer means, while the block still has the rest of it; null when it is to be started
   * again. `isEnding`: somebody wants it to end.
   */
  readonly take?: (result: number, block: Block, isEnding: boolean) => number | null;
  /** A result below this breaks the chain. */
  readonly least?: number;
}

/** Where a task is: with nobody, in the backlog, under way, or over. */
export const IDLE = 0;
export const QUEUED = 1;
export const IN_KERNEL = 2;
export const OVER = 3;

/** Operations of which each starts when the one before has succeeded; most have one only. */
export class Chain {
  readonly tasks: Task[] = [];
  /** The one under way, or the next to start. */
  at = 0;
  isDrain = false;
  isStarted = false;
}

/** One operation on its way through the queue; one without a receipt is the queue's own. */
export class Task {
  readonly operation: Operation<unknown> | null;
  request: Request;
  /** Takes the end of a submission: settles the operation, or starts the task again. */
  completed: (result: number) => void = () => {};
  /** Memory that the kernel may use until the completion: what is moved, and what says how. */
  buffer: Slot | null = null;
  memory: Slot | null = null;
  /** Milliseconds until it is cancelled; -1 for never. */
  timeoutMs = -1;
  isDrain = false;
  /** Of the queue's own: it is never cancelled, and nothing holds it up. */
  isControl = false;
  chain: Chain | null = null;
  state = IDLE;
  /** Its place in the operation table; -1 while it has none. */
  slot = -1;
  /** The kernel has it, and a packet will come. */
  isPending = false;
  /** What is known of its end already, when no packet comes. */
  result = 0;
  hasTimedOut = false;
  isCancelRequested = false;
  /** Whether the next `wait` returns its operation. */
  isListed = false;
  /** Its own time, and the limit of its time. */
  time: Timer | null = null;
  limit: Timer | null = null;

  constructor(operation: Operation<unknown> | null, request: Request) {
    this.operation = operation;
    this.request = request;
  }
}
