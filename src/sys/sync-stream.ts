/**
 * Standard output and error without Node's own streams: for threads whose loop never returns to
 * Node, and for what Node's streams cannot open (a pipe under Wine).
 */
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { ERRNO, POLL } from './abi.ts';
import { pollFd } from './poll.ts';

const WAIT_MS = 1_000;

/** A stream that has written what it is given when `write` returns. */
export class SyncStream extends Writable {
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
