/** A client of the server cases: node:net, an implementation that shares nothing with ours. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, InternetAddress } from '../../src/io.ts';
import type { Command } from '../fixtures/protocol-scripted.ts';

const LIMIT_MS = 15_000;

/** Waits until something is so; it fails with `what` when it never is. */
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`it never came to this: ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(2);
  }
}

export interface ClientOptions {
  /** Does not read until `resume`. */
  readonly paused?: boolean;
  readonly localAddress?: string;
}

export class Client {
  readonly socket: Socket;
  /** Everything that was received and not taken yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  #total = 0;
  #ended = false;
  #closed = false;
  #error: NodeJS.ErrnoException | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(address: Address, { paused = false, ...options }: ClientOptions = {}) {
    const { host, port } = address as InternetAddress;
    this.socket = connect({ host, port, allowHalfOpen: true, noDelay: true, ...options });
    this.socket.on('data', (bytes) => {
      this.#pieces.push(bytes);
      this.#length += bytes.length;
      this.#total += bytes.length;
      this.#wake();
    });
    if (paused) this.socket.pause();
    this.socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    this.socket.on('connect', () => this.#wake());
  }

  get total(): number {
    return this.#total;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #wait(condition: () => boolean, what: string): Promise<void> {
    const started = performance.now();
    while (!condition()) {
      const left = LIMIT_MS - (performance.now() - started);
      const has = `${this.#total} bytes, ended ${this.#ended}, error ${this.#error?.code}`;
      if (this.#closed) throw new Error(`the connection closed instead of ${what} (${has})`);
      if (left <= 0) throw new Error(`waited too long for ${what} (${has})`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async connected(): Promise<this> {
    await this.#wait(() => !this.socket.connecting && this.socket.pending === false, 'connecting');
    return this;
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  command(command: Command): void {
    this.write(JSON.stringify(command));
  }

  /** Half-close: says that it will send no more. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Takes exactly so many bytes. */
  async read(length: number): Promise<Buffer> {
    await this.#wait(() => this.#length >= length, `${length} bytes`);
    const all = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : this.#take();
    this.#pieces = length < all.length ? [all.subarray(length)] : [];
    this.#length = all.length - length;
    return all.subarray(0, length);
  }

  #take(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** Takes one line of JSON. */
  async line<Answer = Record<string, unknown>>(): Promise<Answer> {
    const hasLine = () => this.#pieces.some((piece) => piece.includes(10));
    await this.#wait(hasLine, 'a line');
    const length = this.#take().indexOf(10) + 1;
    return JSON.parse((await this.read(length)).toString()) as Answer;
  }

  ask<Answer = Record<string, unknown>>(command: Command): Promise<Answer> {
    this.command(command);
    return this.line<Answer>();
  }

  /** Everything up to the server's FIN. Throws when it is reset instead. */
  async rest(): Promise<Buffer> {
    await this.#wait(() => this.#ended, 'the end');
    return this.#take();
  }

  /** Waits until the connection is over, and returns the error that ended it. */
  async closed(): Promise<NodeJS.ErrnoException | undefined> {
    this.socket.resume();
    await until(() => this.#closed || this.#ended, 'the server closes the connection');
    if (!this.#closed) this.socket.destroy();
    await until(() => this.#closed, 'the client closes');
    return this.#error;
  }

  /** Closes at once. */
  async destroy(): Promise<void> {
    this.socket.destroy();
    await until(() => this.#closed, 'the client closes');
  }
}
