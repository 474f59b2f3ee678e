import { SystemError } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';
import {
  type Address,
  addressScratch,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../sys/address.ts';
import { getpeername } from '../sys/socket.ts';
import { deliver, fail, type MultishotOperation, succeed, wake } from './operation.ts';

const { ECANCELED, ENOBUFS, EMFILE, ENFILE, ENOMEM } = ERRNO;

/** An accept with so many connections that nobody has taken pauses until they are. */
export const ITEMS_MAX = 1_024;

/** Errors of the process or the system, which pass: the accept goes on after a pause. */
export const SHORTAGES: readonly number[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM];

/** Who is at the other end; a connection that is gone already has no name any more. */
export function peerOf(fd: number): Address {
  resetScratch();
  const result = getpeername(fd, addressScratch, sizeScratch);
  return result < 0 ? { unnamed: true } : scratchAddress();
}

/** What a multishot operation needs of the task behind it. */
interface StreamTask {
  request: unknown;
  readonly isCancelRequested: boolean;
}

/** What it needs of the operation table. */
interface StreamEngine<Task> {
  items: number;
  rearmed: number;
  /** The next `wait` returns the task's operation. */
  list(task: Task): void;
  /** Starts the task again. */
  restart(task: Task): void;
  /** The operation is settled. */
  end(task: Task): void;
}

/** A multishot operation, whatever it is made of: the task behind it, its items and its end. */
export abstract class Stream<Item, Task extends StreamTask, Engine extends StreamEngine<Task>> {
  readonly task: Task;
  readonly operation: MultishotOperation<Item>;
  protected readonly engine: Engine;
  #count = 0;

  constructor(engine: Engine, operation: MultishotOperation<Item>, task: Task) {
    this.engine = engine;
    this.operation = operation;
    this.task = task;
  }

  protected deliver(item: Item): void {
    this.#count++;
    this.engine.items++;
    deliver(this.operation, item);
    this.engine.list(this.task);
    wake(this.operation);
  }

  /** Starts a submission again, unless somebody wants the operation to end. */
  protected again(request: Task['request'] = this.task.request): void {
    if (this.task.isCancelRequested) {
      this.end(-ECANCELED);
      return;
    }
    this.engine.rearmed++;
    this.task.request = request;
    this.engine.restart(this.task);
  }

  protected end(result: number): void {
    const { operation, task } = this;
    if (result < 0)
      fail(operation, new SystemError(result, operation.name.replace('Multishot', '')));
    else succeed(operation, this.#count);
    this.engine.end(task);
    wake(operation);
  }
}
