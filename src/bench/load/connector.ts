/**
 * Opens the connections of a load, again and again where that may help: a server that is just
 * starting refuses, a Unix listener whose queue is full answers EAGAIN, the local ports of ended
 * connections rest for a while.
 */
import { ERRNO } from '../../sys/abi.ts';
import { Dialer } from './dial.ts';
import type { Engine } from './engine.ts';
import type { Fault } from './faults.ts';
import type { LoadPlan } from './plan.ts';
import { STREAM, type Stream } from './stream.ts';

const RETRY_MS = 20;
/** So long a connect is tried again for which the system has no room. */
const PATIENCE_MS = 5_000;
/** So long a server may still be on its way to listen. */
const STARTING_MS = 1_000;

const { EINPROGRESS, EAGAIN, EADDRNOTAVAIL, ECONNREFUSED, ENOENT, ETIMEDOUT } = ERRNO;

/** What becomes of a connect. */
export interface ConnectListener {
  connected(stream: Stream): void;
  notConnected(stream: Stream, fault: Fault): void;
}

export class Connector {
  /** Streams that wait for their connection. */
  connecting = 0;
  /** Somebody has answered: who refuses now is not just starting. */
  hasServer = false;
  readonly #plan: LoadPlan;
  readonly #listener: ConnectListener;
  #dialer!: Dialer;
  #engine!: Engine;
  /** Streams whose connect is to be tried again. */
  #again: Stream[] = [];
  readonly #pending = new Set<Stream>();

  constructor(plan: LoadPlan, listener: ConnectListener) {
    this.#plan = plan;
    this.#listener = listener;
  }

  /** Before anything else. */
  use(engine: Engine): void {
    this.#engine = engine;
    this.#dialer = new Dialer(this.#plan.target, engine.isBlocking);
  }

  open(stream: Stream, now: number): void {
    this.connecting++;
    stream.since = now;
    this.#try(stream);
  }

  #try(stream: Stream): void {
    const fd = this.#dialer.open();
    if (fd < 0) {
      this.#giveUp(stream, 'socket', fd);
      return;
    }
    stream.fd = fd;
    stream.state = STREAM.connecting;
    const result = this.#dialer.connect(fd);
    if (result === 0) this.#connected(stream);
    else if (result === -EINPROGRESS) {
      this.#pending.add(stream);
      this.#engine.awaitConnect(stream);
    } else this.#refused(stream, result);
  }

  /** The connect of this stream is decided. */
  decided(stream: Stream): void {
    this.#pending.delete(stream);
    const result = this.#dialer.outcome(stream.fd);
    if (result === 0) this.#connected(stream);
    else this.#refused(stream, result);
  }

  #connected(stream: Stream): void {
    this.connecting--;
    stream.state = STREAM.open;
    stream.reset();
    this.#dialer.settle(stream.fd);
    this.#listener.connected(stream);
  }

  #refused(stream: Stream, result: number): void {
    this.#engine.close(stream);
    stream.state = STREAM.closed;
    const isPassing = result === -EAGAIN || result === -EADDRNOTAVAIL;
    const isStarting = !this.hasServer && (result === -ECONNREFUSED || result === -ENOENT);
    const patience = isPassing ? PATIENCE_MS : isStarting ? STARTING_MS : 0;
    if (performance.now() - stream.since < patience) this.#again.push(stream);
    else this.#giveUp(stream, 'connect', result);
  }

  #giveUp(stream: Stream, call: string, result: number): void {
    this.connecting--;
    const fault = { connection: stream.slot + 1, call, errno: -result };
    this.#listener.notConnected(stream, fault);
  }

  /** Every few milliseconds: tries again, and gives up what nobody has decided for `stallMs`. */
  look(now: number): void {
    if (this.#again.length > 0) {
      const again = this.#again;
      this.#again = [];
      for (const stream of again) this.#try(stream);
    }
    for (const stream of this.#pending) {
      // They stand in the order in which they began.
      if (now - stream.since < this.#plan.stallMs) return;
      this.#pending.delete(stream);
      this.#engine.close(stream);
      stream.state = STREAM.closed;
      this.#giveUp(stream, 'connect', -ETIMEDOUT);
    }
  }

  /** How soon something is to be tried again, in milliseconds. */
  get retryMs(): number {
    return this.#again.length > 0 ? RETRY_MS : Number.POSITIVE_INFINITY;
  }
}
