/** One scripted client: what it has sent and received, and when each message came back whole. */
import { SystemError } from '../../errors.ts';
import { type Address, Socket } from '../../io.ts';
import { KIND } from '../../trace.ts';
import type { Script, Step } from './script.ts';
import type { ThreadPen } from './tap.ts';

const PATTERN_PERIOD = 251;
const CHUNK_BYTES = 65_536;
const CONNECT_LIMIT_MS = 5_000;
/** Little room, so that whoever sends to a slow reader notices. */
const SLOW_BUFFER_BYTES = 8_192;

/** What is sent: position modulo 251, so that a byte that is lost or doubled shows. */
const pattern = new Uint8Array(CHUNK_BYTES + PATTERN_PERIOD).map((_, at) => at % PATTERN_PERIOD);
const received = new Uint8Array(CHUNK_BYTES);

interface SentMessage {
  /** Where it ends in the stream. */
  readonly end: number;
  readonly startNs: number;
}

export class Client {
  readonly number: number;
  readonly roundTripsNs: number[] = [];
  /** It is through: nothing more will happen. */
  isDone = false;
  port = 0;
  fd = -1;
  /** What ended it when it was not its script. */
  error: string | null = null;
  readonly #hand: ThreadPen;
  readonly #steps: readonly Step[];
  readonly #sent: SentMessage[] = [];
  #socket: Socket | null = null;
  #next = 0;
  #toSend = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  #isPaused: boolean;
  #hasHalfClosed = false;
  #messageStart = -1;

  constructor(script: Script, client: number, hand: ThreadPen) {
    this.number = client;
    this.#hand = hand;
    this.#steps = script.steps[client] as readonly Step[];
    this.#isPaused = this.#steps.some(({ act }) => act === 'pause');
  }

  /** When its next step is due, in milliseconds of the script; Infinity when there is none. */
  get due(): number {
    return this.isDone
      ? Number.POSITIVE_INFINITY
      : (this.#steps[this.#next]?.at ?? Number.POSITIVE_INFINITY);
  }

  get wantsRead(): boolean {
    return !this.isDone && !this.#isPaused;
  }

  get wantsWrite(): boolean {
    return !this.isDone && this.#toSend > 0;
  }

  /** Takes its next step. */
  step(address: Address): void {
    const { act, bytes, isMessage } = this.#steps[this.#next++] as Step;
    try {
      if (act === 'connect') this.#connect(address);
      else if (act === 'send') this.#queue(bytes, isMessage);
      else if (act === 'reset') this.#reset();
      else if (act === 'half-close') this.#halfClose();
      else this.#isPaused = act === 'pause';
      if (act === 'pause' || act === 'resume') this.#note(act, this.#hand.at());
    } catch (error) {
      this.#fail(error);
    }
    this.#endWhenThrough();
  }

  #note(name: string, start: number, bytes = 0): void {
    const { pen, at } = this.#hand;
    pen.write(KIND.client, name, this.fd, start, at(), bytes, 0, this.port);
  }

  #connect(address: Address): void {
    const socket = Socket.open('ipv4', 'stream');
    this.#socket = socket;
    this.fd = socket.fd;
    if (this.#isPaused) socket.setOption('SO_RCVBUF', SLOW_BUFFER_BYTES);
    socket.setOption('TCP_NODELAY', true);
    socket.setTimeout(CONNECT_LIMIT_MS);
    const start = this.#hand.at();
    socket.connect(address);
    const { localAddress } = socket;
    if ('port' in localAddress) this.port = localAddress.port;
    socket.setBlocking(false);
    this.#note('connect', start);
  }

  #queue(bytes: number, isMessage: boolean): void {
    if (this.#messageStart < 0) this.#messageStart = this.#hand.at();
    this.#toSend += bytes;
    if (isMessage) {
      const end = this.#sentBytes + this.#toSend;
      this.#sent.push({ end, startNs: this.#messageStart });
      this.#messageStart = -1;
    }
    this.#send();
  }

  #send(): void {
    while (this.#toSend > 0) {
      const offset = this.#sentBytes % PATTERN_PERIOD;
      const length = Math.min(this.#toSend, CHUNK_BYTES);
      const start = this.#hand.at();
      const sent = (this.#socket as Socket).trySend(pattern.subarray(offset, offset + length));
      if (sent === null) return;
      this.#sentBytes += sent;
      this.#toSend -= sent;
      this.#note('send', start, sent);
    }
  }

  /** The kernel has room for more of what it sends. */
  writable(): void {
    try {
      this.#send();
    } catch (error) {
      this.#fail(error);
    }
    this.#endWhenThrough();
  }

  /** There is something to receive. */
  readable(): void {
    try {
      this.#receive();
    } catch (error) {
      this.#fail(error);
    }
    this.#endWhenThrough();
  }

  #receive(): void {
    const socket = this.#socket as Socket;
    while (!this.isDone) {
      const start = this.#hand.at();
      const length = socket.tryRecv(received);
      if (length === null) return;
      if (length === 0) {
        const isEarly = this.#receivedBytes < this.#sentBytes + this.#toSend;
        if (isEarly) this.error = 'the server said goodbye before everything had come back';
        this.#close('closed');
        return;
      }
      this.#verify(length);
      this.#receivedBytes += length;
      this.#note('receive', start, length);
      this.#completeMessages();
    }
  }

  #verify(length: number): void {
    const offset = this.#receivedBytes % PATTERN_PERIOD;
    const wanted = pattern.subarray(offset, offset + length);
    if (Buffer.compare(wanted, received.subarray(0, length)) === 0) return;
    throw new Error(`the echo differs from what was sent after byte ${this.#receivedBytes}`);
  }

  #completeMessages(): void {
    const now = this.#hand.at();
    for (let first = this.#sent[0]; first !== undefined; first = this.#sent[0]) {
      if (first.end > this.#receivedBytes) return;
      this.roundTripsNs.push(now - first.startNs);
      this.#sent.shift();
    }
  }

  #halfClose(): void {
    if (this.#hasHalfClosed || this.#toSend > 0) return;
    this.#hasHalfClosed = true;
    const start = this.#hand.at();
    (this.#socket as Socket).shutdown('write');
    this.#note('half-close', start);
  }

  #reset(): void {
    (this.#socket as Socket).setOption('SO_LINGER', { on: true, seconds: 0 });
    this.#close('reset');
  }

  /** With its steps taken and everything back, it says that it will send no more, and waits for the goodbye. */
  #endWhenThrough(): void {
    if (this.isDone || this.#next < this.#steps.length || this.#socket === null) return;
    const isBack = this.#receivedBytes === this.#sentBytes + this.#toSend;
    const endsEarly = this.#steps.at(-1)?.act === 'half-close';
    if (this.#toSend > 0 || !(isBack || endsEarly)) return;
    try {
      this.#halfClose();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { message } = error as Error;
    this.error = error instanceof SystemError ? `${error.code} in ${error.syscall}` : message;
    this.#close('failed');
  }

  #close(how: string): void {
    if (this.isDone) return;
    this.isDone = true;
    const start = this.#hand.at();
    this.#socket?.close();
    this.#note(how, start);
  }

  /** Gives back what it holds, whatever it was doing. */
  abandon(): void {
    if (!this.isDone) this.#close('abandoned');
  }
}
