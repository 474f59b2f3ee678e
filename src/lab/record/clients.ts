/** The clients of a run, driven in Node's own loop, beside the server that works in threads of its own. */
import type { Address } from '../../io.ts';
import { attach } from '../../node.ts';
import { openSelector, READABLE, type Selector, WRITABLE } from '../../readiness.ts';
import { Client } from './client.ts';
import type { Script } from './script.ts';
import type { ThreadPen } from './tap.ts';

/** How long what was sent may take to come back after the last step. */
const GRACE_MS = 10_000;

/** How the clients fared. */
export interface ClientsReport {
  readonly clients: readonly Client[];
  /** True when somebody still waited when the time was up. */
  readonly isCut: boolean;
}

/** What a run of clients is told beside the script. */
export interface ClientsOptions {
  readonly address: Address;
  readonly hand: ThreadPen;
  readonly signal?: AbortSignal | undefined;
  /** @default 10000 */
  readonly graceMs?: number | undefined;
}

class Run {
  readonly #clients: readonly Client[];
  readonly #selector: Selector<Client> = openSelector<Client>();
  readonly #watched = new Map<Client, number>();
  readonly #options: ClientsOptions;
  readonly #started = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #finish: () => void = () => {};

  constructor(script: Script, options: ClientsOptions) {
    this.#options = options;
    this.#clients = script.steps.map((_, client) => new Client(script, client, options.hand));
  }

  async run(lengthMs: number): Promise<ClientsReport> {
    const { signal, graceMs = GRACE_MS } = this.#options;
    const attachment = attach(this.#selector, (batch) => {
      for (const { key, ready } of batch) this.#react(key.data, ready);
      this.#goOn();
    });
    const limit = setTimeout(() => this.#finish(), lengthMs + graceMs);
    const finish = () => this.#finish();
    signal?.addEventListener('abort', finish);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#finish = resolve;
        attachment.finished.catch(reject);
        this.#goOn();
      });
    } finally {
      signal?.removeEventListener('abort', finish);
      clearTimeout(limit);
      clearTimeout(this.#timer);
      attachment.close();
      this.#selector.close();
    }
    const isCut = this.#clients.some(({ isDone }) => !isDone);
    for (const client of this.#clients) client.abandon();
    return { clients: this.#clients, isCut };
  }

  #react(client: Client, ready: number): void {
    if ((ready & WRITABLE) !== 0) client.writable();
    if ((ready & READABLE) !== 0 && client.wantsRead) client.readable();
    this.#watch(client);
  }

  /** Takes the steps that are due, and sets the clock for the next. */
  #goOn(): void {
    clearTimeout(this.#timer);
    const { address } = this.#options;
    for (const client of this.#clients) {
      while (client.due <= performance.now() - this.#started) client.step(address);
      this.#watch(client);
    }
    if (this.#clients.every(({ isDone }) => isDone)) {
      this.#finish();
      return;
    }
    const next = Math.min(...this.#clients.map(({ due }) => due));
    if (next === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(0, next - (performance.now() - this.#started));
    this.#timer = setTimeout(() => this.#goOn(), wait);
  }

  /** Has the selector wait for what the client waits for. */
  #watch(client: Client): void {
    const wanted =
      client.fd < 0 ? 0 : (client.wantsRead ? READABLE : 0) | (client.wantsWrite ? WRITABLE : 0);
    const before = this.#watched.get(client) ?? 0;
    if (wanted === before) return;
    this.#watched.set(client, wanted);
    if (wanted === 0) this.#selector.unregister(client.fd);
    else if (before === 0) this.#selector.register(client.fd, wanted, client);
    else this.#selector.modify(client.fd, wanted);
  }
}

/** Plays the script against a server. Resolves when every client is through, or the time is up. */
export function runClients(script: Script, options: ClientsOptions): Promise<ClientsReport> {
  return new Run(script, options).run(script.lengthMs);
}
