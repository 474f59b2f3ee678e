/**
 * What goes over the connections of a load: opens them, keeps as many messages under way as the plan
 * says, compares every byte that comes back, and records how long each message took.
 *
 * Everything here runs once per message or once per connection, and allocates nothing per message.
 */
import { SOCKET } from '../../sys/abi.ts';
import { shutdown } from '../../sys/socket.ts';
import { type ConnectListener, Connector } from './connector.ts';
import { Datagrams, STRAY } from './datagrams.ts';
import type { Engine, Listener } from './engine.ts';
import { type Fault, Faults } from './faults.ts';
import { Latencies } from './latencies.ts';
import { after, PATTERN_BYTES, type Pattern } from './pattern.ts';
import { isUdp, type LoadPlan } from './plan.ts';
import type { LoadErrorKind } from './report.ts';
import { STREAM, Stream } from './stream.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
/** How far apart streams begin in the pattern, in words. */
const PHASE_STEP = 1_979;
export class Traffic implements Listener, ConnectListener {
  readonly streams: readonly Stream[];
  readonly latencies = new Latencies();
  readonly connectLatencies = new Latencies();
  readonly faults = new Faults();
  /** Whether what comes back counts. */
  isMeasuring = false;
  /** Whether messages follow one another: off, what is under way is only waited for. */
  isFlowing = false;
  /** Messages and bytes that came back in the measured time, connections opened in it. */
  messages = 0;
  bytes = 0;
  connects = 0;
  /** Messages that came back, ever. */
  total = 0;
  /** Connections that are open, and streams that were begun. */
  open = 0;
  begun = 0;
  /** Streams that have been given up. */
  dead = 0;
  /** Streams that were served at least once. */
  served = 0;
  readonly #plan: LoadPlan;
  readonly #pattern: Pattern;
  /** For UDP; null for connections. */
  readonly #datagrams: Datagrams | null;
  readonly #connector: Connector;
  /** Streams that have said goodbye, in that order. */
  readonly #leaving = new Set<Stream>();
  #engine!: Engine;

  constructor(plan: LoadPlan, pattern: Pattern) {
    this.#plan = plan;
    this.#pattern = pattern;
    this.#datagrams = isUdp(plan.target) ? new Datagrams(plan, pattern) : null;
    this.#connector = new Connector(plan, this);
    this.streams = Array.from({ length: plan.connections }, (_, slot) => {
      const words = slot * PHASE_STEP + (plan.seed % PATTERN_BYTES);
      return new Stream(slot, plan.pipeline, (words * WORD_BYTES) % PATTERN_BYTES);
    });
  }

  /** Before anything else. */
  use(engine: Engine): void {
    this.#engine = engine;
    this.#connector.use(engine);
  }

  /** Opens the connection of the next stream. */
  begin(now: number): void {
    const stream = this.streams[this.begun];
    if (stream === undefined) return;
    this.begun++;
    this.#connector.open(stream, now);
  }

  /** Streams that wait for their connection. */
  get connecting(): number {
    return this.#connector.connecting;
  }

  decided(stream: Stream): void {
    this.#connector.decided(stream);
  }

  notConnected(_: Stream, fault: Fault): void {
    this.dead++;
    this.faults.add('connect', fault);
  }

  connected(stream: Stream): void {
    this.open++;
    const now = performance.now();
    if (this.isMeasuring) {
      this.connects++;
      this.connectLatencies.record(now - stream.since);
    }
    this.#engine.receive(stream);
    // The first message shows that the server has the connection; the others follow in their time.
    if (this.isFlowing) this.#goOn(stream, now);
    else this.#greet(stream, now);
  }

  /** Lets the messages flow on every connection that is open. */
  start(now: number): void {
    this.isFlowing = true;
    for (const stream of this.streams) {
      if (stream.state === STREAM.open) this.#next(stream, now);
    }
  }

  /** One message more is due on this stream. */
  demand(stream: Stream): void {
    stream.due++;
    if (stream.state === STREAM.open) this.#goOn(stream, 0);
  }

  /** Takes the next message that is due on a stream: since when. */
  #dueAt(stream: Stream): number {
    const { connections, rate } = this.#plan;
    stream.due--;
    const number = stream.nextDue++ * connections + stream.slot;
    return this.scheduleStart + (number * 1_000) / rate;
  }

  /** With a rate: when the first message was due. */
  scheduleStart = 0;

  /** Begins as many messages as may be under way. */
  #goOn(stream: Stream, now: number): void {
    const { pipeline, churn, rate } = this.#plan;
    while (
      stream.waiting < pipeline &&
      (rate === 0 || stream.due > 0) &&
      (churn === 0 || stream.begun < churn) &&
      // A datagram that could not be sent has ended it.
      stream.state === STREAM.open
    ) {
      this.#put(stream, rate === 0 ? now : this.#dueAt(stream));
    }
    if (stream.unsent > 0 && !stream.isSending) this.#engine.send(stream);
  }

  #greet(stream: Stream, now: number): void {
    this.#put(stream, now);
    if (stream.unsent > 0 && !stream.isSending) this.#engine.send(stream);
  }

  #put(stream: Stream, start: number): void {
    const { pipeline, bytes } = this.#plan;
    let place = stream.head + stream.waiting;
    if (place >= pipeline) place -= pipeline;
    stream.starts[place] = start;
    stream.waiting++;
    stream.begun++;
    const datagrams = this.#datagrams;
    if (datagrams === null) stream.unsent += bytes;
    else this.#engine.sendDatagram(stream, datagrams.next(stream, place), bytes);
  }

  sent(stream: Stream): void {
    if (stream.unsent > 0) this.#engine.send(stream);
  }

  received(stream: Stream, offset: number, length: number): void {
    if (this.#datagrams !== null) {
      this.#receivedDatagram(this.#datagrams, stream, offset, length);
      return;
    }
    const { receivePlace } = stream;
    const isRight =
      length <= stream.outstanding &&
      this.#pattern.equals(receivePlace, this.#engine.memory, offset, length);
    if (!isRight) {
      this.#wrong(stream, offset, length);
      return;
    }
    stream.receivePlace = after(receivePlace, length);
    stream.outstanding -= length;
    if (this.isMeasuring) this.bytes += length;
    const { bytes } = this.#plan;
    let partial = stream.partial + length;
    if (partial >= bytes) {
      const now = performance.now();
      do {
        partial -= bytes;
        this.#completed(stream, now);
      } while (partial >= bytes);
      stream.partial = partial;
      this.#next(stream, now);
    } else stream.partial = partial;
  }

  /** The oldest message under way is back. */
  #completed(stream: Stream, now: number): void {
    const { head } = stream;
    this.#count(stream, now - (stream.starts[head] as number));
    stream.head = head + 1 < this.#plan.pipeline ? head + 1 : 0;
    stream.waiting--;
  }

  #count(stream: Stream, ms: number): void {
    this.total++;
    stream.messages++;
    if (stream.total++ === 0) this.#served();
    if (!this.isMeasuring) return;
    this.messages++;
    stream.counted++;
    this.latencies.record(ms);
  }

  #served(): void {
    this.served++;
    this.#connector.hasServer = true;
  }

  /** What follows an answer: the next message, or goodbye when the connection has had its share. */
  #next(stream: Stream, now: number): void {
    if (!this.isFlowing) return;
    const { churn } = this.#plan;
    if (churn > 0 && stream.messages >= churn) this.#leave(stream);
    else this.#goOn(stream, now);
  }

  /** Says goodbye; when the server has said it too, the next connection is opened. */
  #leave(stream: Stream): void {
    stream.state = STREAM.leaving;
    stream.since = performance.now();
    this.#leaving.add(stream);
    shutdown(stream.fd, SOCKET.SHUT_WR);
  }

  ended(stream: Stream): void {
    const isAgreed = stream.state === STREAM.leaving;
    this.#close(stream);
    if (!isAgreed) this.#lose(stream, 'ended', { connection: stream.slot + 1 });
    else if (this.isFlowing) this.#connector.open(stream, performance.now());
  }

  failed(stream: Stream, call: 'send' | 'recv', result: number): void {
    this.#close(stream);
    const kind = call === 'send' ? 'send' : 'receive';
    this.#lose(stream, kind, { connection: stream.slot + 1, call, errno: -result });
  }

  #close(stream: Stream): void {
    if (stream.state === STREAM.leaving) this.#leaving.delete(stream);
    stream.state = STREAM.closed;
    this.open--;
    this.#engine.close(stream);
  }

  #lose(stream: Stream, kind: LoadErrorKind, fault: Fault): void {
    this.dead++;
    stream.waiting = 0;
    this.faults.add(kind, fault);
  }

  #wrong(stream: Stream, offset: number, length: number): void {
    const { memory } = this.#engine;
    const { outstanding, receivePlace } = stream;
    const compared = Math.min(length, outstanding);
    const at = this.#pattern.agreement(receivePlace, memory, offset, compared);
    const got = memory.bytes[offset + at] as number;
    const wanted = at < outstanding ? (this.#pattern.bytes[receivePlace + at] as number) : null;
    this.#close(stream);
    this.#lose(stream, 'wrong-bytes', {
      connection: stream.slot + 1,
      message: stream.total + 1,
      at: (stream.partial + at) % this.#plan.bytes,
      got,
      wanted,
    });
  }

  #receivedDatagram(datagrams: Datagrams, stream: Stream, offset: number, length: number): void {
    const index = datagrams.identify(stream, this.#engine.memory, offset, length);
    if (index === STRAY.late) return;
    if (index === STRAY.wrong) {
      this.#close(stream);
      this.#lose(stream, 'wrong-bytes', { connection: stream.slot + 1, length });
      return;
    }
    const now = performance.now();
    if (this.isMeasuring) this.bytes += length;
    this.#count(stream, now - (stream.starts[index] as number));
    datagrams.settle(stream, index);
    if (this.isFlowing) this.#goOn(stream, now);
  }

  /** Every few milliseconds: what is late. */
  look(now: number): void {
    this.#connector.look(now);
    for (const stream of this.#leaving) {
      if (now - stream.since < this.#plan.stallMs) break;
      this.#close(stream);
      this.#lose(stream, 'unanswered', { connection: stream.slot + 1 });
    }
    const datagrams = this.#datagrams;
    if (datagrams === null) return;
    for (const stream of this.streams) {
      if (stream.state === STREAM.open && stream.waiting > 0) this.#giveUp(datagrams, stream, now);
    }
  }

  #giveUp(datagrams: Datagrams, stream: Stream, now: number): void {
    const lost = datagrams.giveUp(stream, now);
    for (let i = 0; i < lost; i++) this.faults.add('lost', { connection: stream.slot + 1 });
    if (lost > 0 && this.isFlowing) this.#goOn(stream, now);
  }

  /** How soon a connect is to be tried again, in milliseconds. */
  get retryMs(): number {
    return this.#connector.retryMs;
  }

  /** Messages that are under way, and the streams that wait for them. */
  get waiting(): { messages: number; streams: number } {
    const open = this.streams.filter(({ state, waiting }) => state === STREAM.open && waiting > 0);
    return { messages: open.reduce((sum, { waiting }) => sum + waiting, 0), streams: open.length };
  }

  /** Closes what is open. */
  close(): void {
    for (const stream of this.streams) if (stream.fd >= 0) this.#engine.close(stream);
  }
}
