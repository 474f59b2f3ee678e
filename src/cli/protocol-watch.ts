/** Tells whoever runs a server of the first mistake that its protocol makes. */
import type { Server } from '../servers.ts';
import { sentenceOf } from './failure.ts';
import { complain } from './output.ts';

const LOOK_MS = 250;

export class ProtocolWatch {
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  #isDone = false;

  constructor(server: Server) {
    this.#server = server;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    const mistake = this.#server.protocolError;
    if (mistake === null || this.#isDone) return;
    this.#isDone = true;
    clearInterval(this.#timer);
    complain(
      `warning: the protocol failed in ${sentenceOf(mistake)}; its connection is closed, and such mistakes are counted from here on`,
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#look();
  }
}
