/**
 * The receipt: what a caller holds while the kernel works.
 *
 * It is deliberately no thenable. An `async` function that returns a thenable waits for it, so a
 * receipt with a `then` could not be handed out by one, and `await` on a receipt whose queue nobody
 * runs would wait for ever without a word.
 */
import { inspect } from 'node:util';
import { invariant, PolyioError, SystemError } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';

/** What an operation needs of the queue that it was recorded in. */
export interface OperationOwner {
  readonly attached: boolean;
  /** Asks the kernel to cancel an operation that is not done. */
  requestCancel(operation: Operation<unknown>): void;
  /** Items of a multishot operation were taken: there is room for more. */
  resume(operation: MultishotOperation<unknown>): void;
}

/** Options of `Operation.promise`. */
export interface PromiseOptions {
  /** Aborting cancels the operation; the promise rejects with AbortError unless the result won. */
  readonly signal?: AbortSignal | undefined;
}

// Methods, not functions in fields: a receipt for numbers is then a receipt for something.
interface Waiter<Result> {
  readonly promise: Promise<Result>;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const PENDING = 0;
const SUCCEEDED = 1;
const FAILED = 2;

/** The queue's side of a receipt: not part of its face. */
export let succeed: <Result>(operation: Operation<Result>, value: Result) => void;
export let fail: (operation: Operation<unknown>, error: Error) => void;
/** What the queue does for it, kept where the queue finds it again without a table. */
export let setWork: (operation: Operation<unknown>, work: object) => void;
/** The same; undefined when the operation belongs to another queue. */
export let workOf: (operation: Operation<unknown>, owner: OperationOwner) => object | undefined;

function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

function notAttached(name: string): PolyioError {
  return new PolyioError(
    'ERR_POLYIO_NOT_ATTACHED',
    `${name}: its queue is not attached to Node's event loop, so nothing would settle the promise; ` +
      'call attach(queue) of polyio/node first, or wait() and result()',
  );
}

function newWaiter<Result>(): Waiter<Result> {
  let resolve!: Waiter<Result>['resolve'];
  let reject!: Waiter<Result>['reject'];
  const promise = new Promise<Result>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/**
 * A receipt: an operation that was handed to the kernel, and later its result.
 *
 * @typeParam Result what the operation yields
 */
export class Operation<Result> {
  /** The name of the queue's method that recorded it. */
  readonly name: string;
  readonly #owner: OperationOwner;
  #state = PENDING;
  #value: Result | undefined;
  #error: Error | undefined;
  #waiter: Waiter<Result> | undefined;
  #work: object | undefined;

  static {
    succeed = (operation, value) => {
      invariant(operation.#state === PENDING, 'an operation is settled twice');
      operation.#value = value;
      operation.#state = SUCCEEDED;
      operation.#waiter?.resolve(value);
    };
    fail = (operation, error) => {
      invariant(operation.#state === PENDING, 'an operation is settled twice');
      operation.#error = error;
      operation.#state = FAILED;
      operation.#waiter?.reject(error);
    };
    setWork = (operation, work) => {
      operation.#work = work;
    };
    workOf = (operation, owner) => (operation.#owner === owner ? operation.#work : undefined);
  }

  /** A queue records operations; nobody else makes them. */
  constructor(owner: OperationOwner, name: string) {
    this.#owner = owner;
    this.name = name;
  }

  /** Whether it has completed, as of the queue's last `wait`. */
  get done(): boolean {
    return this.#state !== PENDING;
  }

  /**
   * What the operation yielded. Throws what it failed with: `SystemError` (ECANCELED when it was
   * cancelled). Throws PolyioError ERR_POLYIO_PENDING before it is done; it never waits.
   */
  result(): Result {
    if (this.#state === PENDING) {
      const remedy = 'wait() until it is done';
      throw new PolyioError('ERR_POLYIO_PENDING', `${this.name} has not completed: ${remedy}`);
    }
    if (this.#state === FAILED) throw this.#error;
    return this.#value as Result;
  }

  /**
   * Asks the kernel to cancel it, which settles nothing: it ends by its own completion, with
   * ECANCELED or with the result that was faster. Does nothing once it is done.
   */
  cancel(): void {
    if (this.#state === PENDING) this.#owner.requestCancel(this);
  }

  /**
   * The result as a promise, settled in Node's event loop. Throws PolyioError
   * ERR_POLYIO_NOT_ATTACHED when the queue is not attached to it.
   */
  promise({ signal }: PromiseOptions = {}): Promise<Result> {
    if (!this.#owner.attached) throw notAttached(this.name);
    if (this.#state === SUCCEEDED) return Promise.resolve(this.#value as Result);
    if (this.#state === FAILED) return Promise.reject(this.#error);
    this.#waiter ??= newWaiter();
    const { promise } = this.#waiter;
    return signal === undefined ? promise : this.#until(promise, signal);
  }

  [inspect.custom](): string {
    return `${this.constructor.name}{${this.name} ${this.describe()}}`;
  }

  /** What `console.log` shows behind the name. */
  protected describe(): string {
    if (this.#state === PENDING) return 'pending';
    if (this.#state === FAILED) {
      const error = this.#error;
      return `failed ${error instanceof SystemError ? error.code : error?.message}`;
    }
    return `done ${inspect(this.#value, { breakLength: Number.POSITIVE_INFINITY })}`;
  }

  async #until(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
    const cancel = (): void => this.cancel();
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    try {
      return await promise;
    } catch (error) {
      const isCancelled = error instanceof SystemError && error.errno === -ERRNO.ECANCELED;
      throw signal.aborted && isCancelled ? abortError(signal) : error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}

/** Gives a multishot operation its next item. */
export let deliver: <Item>(operation: MultishotOperation<Item>, item: Item) => void;
/** Wakes whoever waits for the next item, or for the end. */
export let wake: (operation: MultishotOperation<unknown>) => void;
/** Drops what nobody took, through the queue's own way to get rid of an item. */
export let discardItems: (operation: MultishotOperation<unknown>) => void;

/** Called once for every item: when its lease ends, or when nobody took it. */
export interface Lease<Item> {
  end(item: Item, isTaken: boolean): void;
}

/**
 * A receipt for many results: one operation that the kernel answers again and again, until it is
 * cancelled, fails, or has come to its end. `result()` is then the number of items.
 *
 * Iterating takes what has arrived so far and does not wait: after each `wait` that returned the
 * operation, iterate. `for await` waits for more, once the queue is attached to Node's loop; leaving
 * the loop cancels the operation. An item that is a lease (a received piece) ends with the next step.
 */
export class MultishotOperation<Item> extends Operation<number> implements Iterable<Item> {
  readonly #owner: OperationOwner;
  readonly #lease: Lease<Item>;
  #items: Item[] = [];
  #lent: Item | undefined;
  #next: Waiter<void> | undefined;

  static {
    deliver = (operation, item) => {
      operation.#items.push(item);
    };
    wake = (operation) => {
      operation.#next?.resolve();
      operation.#next = undefined;
    };
    discardItems = (operation) => {
      operation.#endLent();
      for (const item of operation.#items.splice(0)) operation.#lease.end(item, false);
    };
  }

  /** A queue records operations; nobody else makes them. */
  constructor(owner: OperationOwner, name: string, lease: Lease<Item>) {
    super(owner, name);
    this.#owner = owner;
    this.#lease = lease;
  }

  /** How many items have arrived and were not taken. */
  get pending(): number {
    return this.#items.length;
  }

  /** Takes the next item that has arrived, or answers undefined. Ends the lease of the last one. */
  take(): Item | undefined {
    this.#endLent();
    const item = this.#items.shift();
    this.#lent = item;
    if (this.#items.length === 0) this.#owner.resume(this);
    return item;
  }

  /** What has arrived so far. */
  *[Symbol.iterator](): IterableIterator<Item> {
    try {
      for (let item = this.take(); item !== undefined; item = this.take()) yield item;
    } finally {
      this.#endLent();
    }
  }

  /** What arrives, until the end. Throws what the operation failed with. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    if (!this.#owner.attached) throw notAttached(this.name);
    let isOver = false;
    try {
      for (;;) {
        const item = this.take();
        if (item !== undefined) yield item;
        else if (this.done) break;
        else await this.#arrival();
      }
      isOver = true;
      this.result();
    } finally {
      if (!isOver) this.cancel();
      this.#endLent();
    }
  }

  protected override describe(): string {
    return `${super.describe()}, ${this.#items.length} to take`;
  }

  #arrival(): Promise<void> {
    this.#next ??= newWaiter();
    return this.#next.promise;
  }

  #endLent(): void {
    const lent = this.#lent;
    this.#lent = undefined;
    if (lent !== undefined) this.#lease.end(lent, true);
  }
}
