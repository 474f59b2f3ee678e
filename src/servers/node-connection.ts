/** One client of the baseline: the same contract as everywhere, on a socket of Node's own. */
import type { Socket } from 'node:net';
import { SystemError } from '../errors.ts';
import type { Address } from '../io.ts';
import { ERRNO } from '../sys/abi.ts';
import { addressDetails } from '../sys/address.ts';
import { toBytes } from './base-connection.ts';
import type { Callbacks } from './callbacks.ts';
import { Lease, poisonsLeases } from './chunk.ts';
import { LINGER_MS, type Limits } from './limits.ts';
import type { Connection, Data } from './protocol.ts';
import { COUNTER, type WorkerRecord } from './statistics.ts';

const nothing = new Uint8Array(0);

/** What all connections of one baseline server share. */
export interface NodeHost {
  readonly callbacks: Callbacks;
  readonly limits: Limits;
  readonly record: WorkerRecord;
}

/** Node tells nothing of a Unix socket. */
function addressOf(host: string | undefined, port: number | undefined): Address {
  return host === undefined ? { unnamed: true } : { host, port: port ?? 0 };
}

export class NodeConnection implements Connection {
  readonly id: number;
  readonly remoteAddress: Address;
  state: unknown = undefined;
  readonly #host: NodeHost;
  readonly #socket: Socket;
  readonly #lease = new Lease(new Uint8Array(0), 0);
  #needsDrain = false;
  #isEnding = false;
  #error: Error | undefined;
  #firstByteTimer: NodeJS.Timeout | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;

  constructor(host: NodeHost, id: number, socket: Socket) {
    this.#host = host;
    this.#socket = socket;
    this.id = id;
    this.remoteAddress = addressOf(socket.remoteAddress, socket.remotePort);
    socket.setTimeout(host.limits.idleTimeoutMs);
    const { firstByteTimeoutMs } = host.limits;
    if (firstByteTimeoutMs > 0) {
      this.#firstByteTimer = setTimeout(() => this.#timeOut(), firstByteTimeoutMs);
    }
  }

  get localAddress(): Address {
    return addressOf(this.#socket.localAddress, this.#socket.localPort);
  }

  get bytesQueued(): number {
    return this.#socket.writableLength;
  }

  get closed(): boolean {
    return this.#isEnding || this.#socket.destroyed;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  receive(bytes: Buffer): void {
    const { callbacks } = this.#host;
    clearTimeout(this.#firstByteTimer);
    this.#firstByteTimer = undefined;
    if (this.closed) return;
    this.#count(COUNTER.bytesIn, bytes.length);
    this.#count(COUNTER.messages, 1);
    const lease = this.#lease;
    lease.memory = bytes;
    lease.length = bytes.length;
    const error = callbacks.data(this, lease);
    // Node keeps what it has not sent yet where it lies: poisoned is only what is surely sent.
    if (poisonsLeases && this.#socket.writableLength === 0) lease.end();
    lease.length = 0;
    lease.memory = nothing;
    if (error !== undefined) this.destroy(error);
  }

  write(data: Data): boolean {
    if (this.closed) return false;
    const bytes = this.#own(data);
    if (bytes.length === 0) return !this.#needsDrain;
    this.#count(COUNTER.bytesOut, bytes.length);
    this.#socket.write(bytes);
    const { highWatermark, maxQueuedBytes } = this.#host.limits;
    const queued = this.#socket.writableLength;
    if (queued > maxQueuedBytes) {
      const hint = `more than ${maxQueuedBytes} bytes are queued`;
      const details = { ...addressDetails(this.remoteAddress), hint };
      this.#count(COUNTER.connectionErrors, 1);
      this.destroy(new SystemError(ERRNO.ENOBUFS, 'send', details));
      return false;
    }
    if (queued >= highWatermark && !this.#needsDrain) {
      this.#needsDrain = true;
      this.#socket.pause();
    }
    return !this.#needsDrain;
  }

  /** Bytes that nobody changes any more: a lease's memory is handed out only once by Node. */
  #own(data: Data): Uint8Array {
    if (data === this.#lease) return this.#lease.memory;
    const bytes = toBytes(data);
    return typeof data === 'string' ? bytes : Buffer.from(bytes);
  }

  drained(): void {
    this.#socket.resume();
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    if (!this.closed) this.#run('drain');
  }

  peerEnded(): void {
    if (this.closed) return;
    if (this.#host.callbacks.has('end')) this.#run('end');
    else this.end();
  }

  end(data?: Data): void {
    if (data !== undefined) this.write(data);
    if (this.closed) return;
    this.#isEnding = true;
    this.#socket.end(() => {
      const goodbye = () => this.#socket.destroy();
      if (!this.#socket.destroyed) this.#lingerTimer = setTimeout(goodbye, LINGER_MS);
    });
    this.#socket.resume();
  }

  destroy(error?: Error): void {
    if (this.#socket.destroyed) return;
    this.#error = error;
    this.#socket.destroy();
  }

  setIdleTimeout(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`an idle timeout must be 0 or more milliseconds, got ${ms}`);
    }
    this.#socket.setTimeout(ms);
  }

  idle(): void {
    if (this.#socket.writableFinished) return;
    if (this.#isEnding || !this.#host.callbacks.has('timeout')) {
      this.#timeOut();
      return;
    }
    this.#count(COUNTER.timeouts, 1);
    this.#run('timeout');
    this.#socket.setTimeout(this.#socket.timeout ?? 0);
  }

  failed(error: Error): void {
    this.#error ??= error;
    this.#count(COUNTER.connectionErrors, 1);
  }

  over(): void {
    clearTimeout(this.#firstByteTimer);
    clearTimeout(this.#lingerTimer);
    this.#host.callbacks.run('close', this, this.#error);
    this.#count(COUNTER.closed, 1);
  }

  #timeOut(): void {
    this.#count(COUNTER.timeouts, 1);
    this.destroy(new SystemError(ERRNO.ETIMEDOUT, 'recv', addressDetails(this.remoteAddress)));
  }

  #run(name: 'drain' | 'end' | 'timeout'): void {
    const error = this.#host.callbacks.run(name, this);
    if (error !== undefined) this.destroy(error);
  }

  #count(counter: number, by: number): void {
    const { counters } = this.#host.record;
    counters[counter] = (counters[counter] as number) + by;
  }
}
