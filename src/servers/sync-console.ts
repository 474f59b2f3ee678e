/**
 * A console that writes at once. In a worker thread Node hands console output to the main thread
 * by message, and a loop that never returns to Node sends none.
 */
import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { ERRNO, POLL } from '../sys/abi.ts';
import { pollFd } from '../sys/poll.ts';

const WAIT_MS = 1_000;

class SyncStream extends Writable {
  readonly isTTY: boolean;
  readonly #fd: number;

  constructor(fd: number) {
    super({ decodeStrings: true });
    this.#fd = fd;
    this.isTTY = isatty(fd);
  }

  override _write(bytes: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    let written = 0;
    while (written < bytes.length) {
      try {
        written += writeSync(this.#fd, bytes, written);
      } catch (error) {
        // Nobody reads any more, or not for a second: output is lost rather than the server.
        if ((error as NodeJS.ErrnoException).errno !== -ERRNO.EAGAIN) break;
        if (pollFd(this.#fd, POLL.POLLOUT, WAIT_MS) <= 0) break;
      }
    }
    done();
  }
}

/** Replaces the global console of the calling thread. */
export function writeConsoleAtOnce(): void {
  globalThis.console = new Console({ stdout: new SyncStream(1), stderr: new SyncStream(2) });
}
