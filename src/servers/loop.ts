/**
 * What the programs of all models share: the table of connections, stopping, deadlines, and the
 * moment between two batches when what ended is closed. The loop itself, its waiting and its order
 * of steps, is each model's own file.
 */
import { SystemError } from '../errors.ts';
import type { Address } from '../io.ts';
import { READABLE, type Selector, Waker } from '../readiness.ts';
import { SOCKET } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { checkInterrupt } from '../sys/interrupt.ts';
import { setSocketTimeouts, shutdown } from '../sys/socket.ts';
import type { AcceptMode } from './accept-mode.ts';
import { Acceptor, isShortage } from './acceptor.ts';
import type { BaseConnection } from './base-connection.ts';
import { Callbacks } from './callbacks.ts';
import { Lease } from './chunk.ts';
import type { ServerConnection } from './connection.ts';
import { ACCEPT_PAUSE_MS, type Limits, RECEIVE_BYTES } from './limits.ts';
import type { Protocol } from './protocol.ts';
import { COUNTER, type ControlBlock, STATE, STOP, type WorkerRecord } from './statistics.ts';
import { EdgeWatcher, LevelWatcher, noWatcher, type Watcher } from './watcher.ts';

/** What a worker is given to serve with. */
export interface Assignment {
  readonly protocol: Protocol;
  /** The listening socket; it belongs to whoever started the worker, unless `ownsListener`. */
  readonly listenerFd: number;
  /** The descriptor is the worker's own copy: as long as one is open, the kernel lets clients queue. */
  readonly ownsListener?: boolean;
  readonly limits: Limits;
  readonly control: ControlBlock;
  /** Which of the control block's workers this is. */
  readonly worker: number;
  /** The starter's waker, or -1 where signals do the waking. */
  readonly wakerFd: number;
  /** Whether the model's sockets block. */
  readonly isBlocking: boolean;
  /** With `reuse-port` nobody else accepts from the listening socket, wherever it belongs. */
  readonly accept: AcceptMode;
}

/** Makes the connections of a loop: of the kind that its model's calls need. */
export type Connect<Kind extends BaseConnection> = (
  id: number,
  fd: number,
  address: Address,
) => Kind;

export class Loop<Kind extends BaseConnection = ServerConnection> {
  readonly limits: Limits;
  readonly control: ControlBlock;
  readonly record: WorkerRecord;
  readonly counters: Float64Array;
  readonly callbacks: Callbacks;
  /** The one receive buffer: every connection receives into it and sends from it. */
  readonly lease: Lease;
  readonly isBlocking: boolean;
  /** Other workers accept from the same listener. */
  readonly isShared: boolean;
  readonly listenerFd: number;
  /** Open connections in no order; `index` of each says where it stands. */
  readonly connections: Kind[] = [];
  /** The time of this batch in ms, kept only while somebody has a deadline. */
  now = performance.now();
  tracksTime = false;
  /** Makes a connection, which `add` takes in. */
  readonly connect: Connect<Kind>;
  readonly #memory: Arena;
  readonly #acceptor: Acceptor<Kind>;
  readonly #byFd: (Kind | undefined)[] = [];
  readonly #doomed: Kind[] = [];
  readonly #waker: Waker | null;
  #ownsListener: boolean;
  /** Who waits in the listener's queue waits for this worker. */
  readonly #ownsQueue: boolean;
  readonly #isExclusive: boolean;
  #hasLeft = false;
  #watcher: Watcher = noWatcher;
  #stop: number = STOP.none;
  #nextLook = Number.POSITIVE_INFINITY;
  #isListening = true;
  #resumeAt = Number.POSITIVE_INFINITY;

  constructor(assignment: Assignment, connect: Connect<Kind>) {
    this.connect = connect;
    const { protocol, limits, control, worker, wakerFd, isBlocking, listenerFd } = assignment;
    this.limits = limits;
    this.control = control;
    this.record = control.workers[worker] as WorkerRecord;
    this.counters = this.record.counters;
    this.callbacks = new Callbacks(protocol, this.record);
    this.isBlocking = isBlocking;
    this.listenerFd = listenerFd;
    this.#memory = Arena.map(RECEIVE_BYTES);
    this.lease = new Lease(this.#memory.bytes, this.#memory.address);
    this.#waker = wakerFd < 0 ? null : Waker.fromFd(wakerFd);
    this.#ownsListener = assignment.ownsListener === true;
    this.#ownsQueue = assignment.accept === 'reuse-port';
    this.#isExclusive = assignment.accept === 'exclusive';
    this.isShared = control.workers.length > 1 && !this.#ownsQueue;
    this.#acceptor = new Acceptor(this);
  }

  get isDraining(): boolean {
    return this.#stop !== STOP.none;
  }

  /** Lets `selector` watch the listener, the waker and from now on every connection. */
  watchWith(selector: Selector<undefined>, { edge = false } = {}): void {
    const Kind = edge ? EdgeWatcher : LevelWatcher;
    this.waitWith(new Kind(selector, this.#isExclusive));
  }

  /** The same with a watcher of the model's own. */
  waitWith(watcher: Watcher): void {
    this.#watcher = watcher;
    watcher.listen(this.listenerFd);
    if (this.#waker !== null) watcher.addWaker(this.#waker.fd);
  }

  /** Looks at the stop word; the first look at a new level acts on it. False when the program is to end. */
  isRunning(): boolean {
    checkInterrupt();
    if (this.tracksTime) this.now = performance.now();
    const { stop } = this.control;
    if (stop !== this.#stop) this.#advance(stop);
    if (stop === STOP.none) return true;
    // Where the kernel still holds what was ended, an abort takes a batch more.
    if ((stop === STOP.drain || !this.isBlocking) && this.connections.length > 0) return true;
    if (stop === STOP.drain && this.#watcher.isAccepting) return true;
    this.#leaveListener();
    return false;
  }

  #advance(stop: number): void {
    this.#stop = stop;
    this.#stopListening();
    // A blocking loop may be in the middle of a callback, where others' callbacks have no place.
    if (!this.#ownsQueue || !this.isBlocking || stop === STOP.abort) this.#leaveListener();
    if (stop === STOP.drain) {
      this.record.state = STATE.draining;
      for (const connection of this.connections) connection.end();
    } else {
      this.abort();
    }
    // A blocking loop gets here from inside a connection's call; it settles when that is over.
    if (!this.isBlocking) this.settle();
    this.record.seen = stop;
  }

  /**
   * Nobody is accepted from the listener any more. Whoever waits at a socket of the worker's own
   * would be thrown out with it by the kernel: a drain takes them in first, to say goodbye.
   */
  #leaveListener(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    if (this.#ownsQueue) {
      if (this.#stop === STOP.drain) this.#acceptor.emptyQueue();
      // Closed it will be by its starter; from here on clients go elsewhere.
      shutdown(this.listenerFd, SOCKET.SHUT_RDWR);
    }
    if (this.#ownsListener) close(this.listenerFd);
    this.#ownsListener = false;
  }

  #stopListening(): void {
    if (this.#isListening) this.#watcher.ignore(this.listenerFd);
    this.#isListening = false;
  }

  /** Ends every connection now and counts what they had not sent. */
  abort(): void {
    for (const connection of this.connections) {
      const { bytesQueued, isOver } = connection;
      if (bytesQueued > 0 && !isOver) {
        this.count(COUNTER.unsentBytes, bytesQueued);
        this.count(COUNTER.unsentConnections, 1);
      }
      connection.destroy();
    }
  }

  /** Milliseconds until somebody's deadline; undefined while nobody has one. */
  timeoutMs(): number | undefined {
    if (this.#nextLook === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#nextLook - performance.now());
  }

  /** Accepts whoever waits, without sleeping. True when more may be waiting. */
  accept(): boolean {
    return this.#isListening && this.#acceptor.acceptBatch();
  }

  /** Takes in a client that the kernel accepted by itself. */
  adopt(fd: number): void {
    this.#acceptor.adopt(fd);
  }

  /**
   * The kernel's own accepting ended with this error. True when it may begin again at once, false
   * when it would only fail again until somebody waits to be accepted.
   */
  acceptFailed(errno: number): boolean {
    if (!isShortage(errno)) return this.#acceptor.goesOn(errno);
    this.accept();
    return false;
  }

  /** Blocking models: sleeps until a client comes. Null when the loop is to look at its stop word instead. */
  acceptOne(): Kind | null {
    return this.#isListening ? this.#acceptor.acceptOne() : null;
  }

  /** Makes the starter's waker silent again. */
  clearWaker(): void {
    this.#waker?.clear();
  }

  /** The connection behind a ready descriptor; undefined for the waker, which is then cleared, and for what is gone. */
  connectionAt(fd: number): Kind | undefined {
    const connection = this.#byFd[fd];
    if (connection === undefined && fd === this.#waker?.fd) this.#waker.clear();
    return connection;
  }

  /** Takes a new connection in, unless the kernel refuses to watch it: then it throws what the kernel said. */
  add(connection: Kind): void {
    this.#watcher.add(connection, READABLE);
    connection.index = this.connections.push(connection) - 1;
    this.#byFd[connection.fd] = connection;
  }

  rewatch(connection: BaseConnection, interest: number): void {
    try {
      this.#watcher.change(connection.fd, connection.watched, interest);
      connection.watched = interest;
    } catch (error) {
      connection.destroy(error as Error);
    }
  }

  /** Has a connection closed as soon as no callback and no event of this batch can name it any more. */
  doom(connection: BaseConnection): void {
    // Its own kind is all that this loop makes.
    this.#doomed.push(connection as Kind);
  }

  /** Between two batches: closes what ended, looks at deadlines, lets a resting listener go on. */
  settle(): void {
    if (this.#nextLook !== Number.POSITIVE_INFINITY) this.#look();
    if (this.#doomed.length === 0) return;
    // The list grows while `close` callbacks end other connections.
    for (let i = 0; i < this.#doomed.length; i++) this.#close(this.#doomed[i] as Kind);
    this.#doomed.length = 0;
  }

  #close(connection: Kind): void {
    const { fd, index, watched } = connection;
    // A `close` callback that ends the thread settles while this does.
    if (index < 0) return;
    connection.index = -1;
    this.#watcher.remove(fd, watched);
    this.#byFd[fd] = undefined;
    const last = this.connections.pop() as Kind;
    if (last !== connection) {
      this.connections[index] = last;
      last.index = index;
    }
    close(fd);
    this.control.closeOne();
    this.callbacks.run('close', connection, connection.error);
    this.count(COUNTER.closed, 1);
  }

  /** Begins to look at this connection's deadline. A blocking loop leaves that to the kernel. */
  trackTime(connection: BaseConnection): void {
    this.now = performance.now();
    if (this.isBlocking) {
      const result = setSocketTimeouts(connection.fd, connection.timeLimit);
      if (result < 0) connection.destroy(new SystemError(result, 'setsockopt'));
    } else {
      this.tracksTime = true;
      this.#nextLook = Math.min(this.#nextLook, this.now + connection.timeLimit);
    }
  }

  /** The listener rests because not even turning clients away is possible. */
  pauseListening(): void {
    this.#stopListening();
    this.#resumeAt = performance.now() + ACCEPT_PAUSE_MS;
    this.#nextLook = Math.min(this.#nextLook, this.#resumeAt);
  }

  #look(): void {
    const now = performance.now();
    if (now < this.#nextLook) return;
    this.now = now;
    if (now >= this.#resumeAt) this.#resumeListening();
    let next = this.#resumeAt;
    if (this.tracksTime) {
      for (const connection of this.connections) {
        if (connection.deadline <= now) connection.expire();
        next = Math.min(next, connection.deadline);
      }
    }
    this.#nextLook = next;
    this.tracksTime = next !== Number.POSITIVE_INFINITY;
  }

  #resumeListening(): void {
    this.#resumeAt = Number.POSITIVE_INFINITY;
    if (this.isDraining) return;
    this.#isListening = true;
    this.#watcher.listen(this.listenerFd);
  }

  count(counter: number, by: number): void {
    this.counters[counter] = (this.counters[counter] as number) + by;
  }

  /** After the program, or instead of its end: gives back what the loop held. It can be repeated. */
  finish(): void {
    this.#watcher.close();
    this.#watcher = noWatcher;
    this.#nextLook = Number.POSITIVE_INFINITY;
    this.abort();
    this.settle();
    this.#acceptor.close();
    this.#memory.close();
  }
}
