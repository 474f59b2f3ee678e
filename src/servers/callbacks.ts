/** Calling a protocol: what it throws or returns by mistake becomes the error of that connection. */
import { PolyioError } from '../errors.ts';
import type { CallbackName, Chunk, Connection, DropReason, Protocol } from './protocol.ts';
import { COUNTER, type WorkerRecord } from './statistics.ts';

type ConnectionCallback = Exclude<CallbackName, 'drop'>;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function ignore(): void {
  // The promise's own failure must not become an unhandled rejection: the connection's error tells.
}

/** One protocol and the place where its mistakes are counted. */
export class Callbacks {
  readonly protocol: Protocol;
  readonly #record: WorkerRecord;

  constructor(protocol: Protocol, record: WorkerRecord) {
    this.protocol = protocol;
    this.#record = record;
  }

  has(name: CallbackName): boolean {
    return this.protocol[name] !== undefined;
  }

  /** Runs `data`, the one callback that runs for every message. Returns what is to end the connection. */
  data(connection: Connection, chunk: Chunk): Error | undefined {
    try {
      const returned = this.protocol.data(connection, chunk);
      return typeof returned === 'object' ? this.#check('data', returned) : undefined;
    } catch (error) {
      return this.#count('data', error);
    }
  }

  /** Runs a callback, if the protocol has it. Returns what is to end the connection. */
  run(name: ConnectionCallback, connection: Connection, error?: Error): Error | undefined {
    const callback = this.protocol[name] as
      | ((connection: Connection, error?: Error) => unknown)
      | undefined;
    if (callback === undefined) return undefined;
    try {
      return this.#check(name, callback.call(this.protocol, connection, error));
    } catch (thrown) {
      return this.#count(name, thrown);
    }
  }

  drop(reason: DropReason): void {
    try {
      this.#check('drop', this.protocol.drop?.(reason));
    } catch (thrown) {
      this.#count('drop', thrown);
    }
  }

  #check(name: CallbackName, returned: unknown): Error | undefined {
    if (!isThenable(returned)) return undefined;
    returned.then(ignore, ignore);
    return this.#count(
      name,
      new PolyioError(
        'ERR_POLYIO_ASYNC_PROTOCOL',
        `the protocol's ${name} callback returned a promise; callbacks are synchronous, because a model's loop never returns to Node`,
      ),
    );
  }

  #count(name: CallbackName, thrown: unknown): Error {
    // Another thread ends this one's wait, which was inside a write: no mistake of the protocol's.
    if (thrown instanceof PolyioError && thrown.code === 'ERR_POLYIO_INTERRUPTED') throw thrown;
    const index = COUNTER.protocolErrors;
    const { counters } = this.#record;
    counters[index] = (counters[index] as number) + 1;
    const error =
      thrown instanceof Error ? thrown : new Error(`the protocol threw ${String(thrown)}`);
    const { code = error.name } = error as NodeJS.ErrnoException;
    this.#record.noteProtocolError(`${name}: ${code}: ${error.message}`);
    return error;
  }
}
