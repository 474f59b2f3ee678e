/**
 * FIFOs: pipes with a name in the file system.
 *
 * Facts about fifo(7):
 * - open(2) for reading sleeps until somebody opens it for writing, and the other way round. In
 *   Node such an open sits in one of four thread-pool threads: the fifth stops files and names.
 * - Opened with O_NONBLOCK, a reader is there at once; a writer without a reader is refused (ENXIO).
 * - A reader that was opened before any writer reads 0 bytes, the same as at the end. `poll` knows
 *   the difference: nothing before the first writer, POLLHUP after the last.
 * - A writer that comes and writes nothing does not show: a selector reports the first byte, or
 *   that the writer has gone. After the last writer POLLHUP stays until the next one opens: select
 *   and level-triggered selectors report the reader again and again until then.
 * - A writer whose reader has gone is ready with an error (POLLERR), and writing is EPIPE.
 *
 * What this means for us: the blocking open is one call that an interrupt or a time limit ends, so
 * a thread of one's own waits in it and no pool. The waiting of many belongs to a selector, with
 * readers from `tryOpenReader`: those ask `poll` what a 0 means, and an end is an end.
 */
import { SystemError } from '../errors.ts';
import { ERRNO, FCNTL, POLL } from '../sys/abi.ts';
import { read } from '../sys/descriptor.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { pollFd } from '../sys/poll.ts';
import { mkfifo } from '../sys/posix/stat.ts';
import { asIncoming } from './buffers.ts';
import { asMode, asPath, openDeadline, openPath, pathHint } from './opening.ts';
import { PipeReader, PipeWriter } from './pipe.ts';
import { callNow, callUntil, type Deadline, pollUntil } from './waiting.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = FCNTL;

const MAKE_HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EEXIST]: 'the name is taken: open what is there, or remove it',
  [ERRNO.ENOENT]: 'its directory is missing',
};

/** Options of `Fifo.make`. */
export interface FifoMakeOptions {
  /** Permission bits, of which the process's umask takes some away. @default 0o600 */
  readonly mode?: number;
}

/** Options of `Fifo.openReader` and `Fifo.openWriter`. */
export interface FifoOpenOptions {
  /** How long to wait for the other side, in milliseconds; null waits for ever. @default null */
  readonly timeoutMs?: number | null;
}

/** Options of `Fifo.openReader` and `Fifo.tryOpenReader`. */
export interface FifoReaderOptions {
  /**
   * Hold a writing side as well, as Linux allows: opening waits for nobody, and the end never
   * comes, however many writers come and go.
   * @default false
   */
  readonly endless?: boolean;
}

let adoptReader: (fd: number, path: string) => FifoReader;
let adoptWriter: (fd: number, path: string) => FifoWriter;

/** The reading side of a FIFO. Its end is the leaving of the last writer; another may come after. */
export class FifoReader extends PipeReader {
  /** Where it was opened. */
  readonly path: string;

  static {
    adoptReader = (fd, path) => new FifoReader(fd, path);
  }

  private constructor(fd: number, path: string) {
    super(fd, false);
    this.path = path;
  }

  /**
   * Waits for bytes: how many came, 0 once every writer has left. While no writer has come yet it
   * waits, as it does for bytes.
   */
  override read(buffer: ArrayBufferView): number {
    const fd = this.openFd('read');
    const bytes = asIncoming(buffer);
    const deadline = this.deadline();
    for (;;) {
      const count = callUntil(deadline, POLL.POLLIN, read, fd, bytes, bytes.length, undefined);
      if (count < 0) throw this.failure(count, 'read');
      if (count > 0 || this.#isAtEnd(fd)) return count;
      const ready = deadline === 0 ? -ERRNO.EAGAIN : waitForWriter(deadline, fd);
      if (ready < 0) throw this.failure(ready, 'read', 'no writer has come yet');
    }
  }

  /**
   * Takes the bytes that are there: how many, 0 once every writer has left, null when none are or
   * no writer has come yet. Throws TypeError on a blocking reader.
   */
  override tryRead(buffer: ArrayBufferView): number | null {
    const count = super.tryRead(buffer);
    return count === 0 && !this.#isAtEnd(this.fd) ? null : count;
  }

  /** A writer that came, wrote and left since the read gave 0 left bytes: that is no end. */
  #isAtEnd(fd: number): boolean {
    const { POLLIN, POLLHUP } = POLL;
    return (callNow(pollFd, fd, POLLIN, 0, undefined) & (POLLIN | POLLHUP)) === POLLHUP;
  }

  protected override describe(): string {
    return this.path;
  }
}

/** The writing side of a FIFO. Once the last reader has left, writing throws SystemError EPIPE. */
export class FifoWriter extends PipeWriter {
  /** Where it was opened. */
  readonly path: string;

  static {
    adoptWriter = (fd, path) => new FifoWriter(fd, path);
  }

  private constructor(fd: number, path: string) {
    super(fd, false);
    this.path = path;
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isLeft = result === -ERRNO.EPIPE && hint === undefined;
    return super.failure(result, name, isLeft ? 'every reader has left the FIFO' : hint);
  }

  protected override describe(): string {
    return this.path;
  }
}

function waitForWriter(deadline: Deadline, fd: number): number {
  beginWait();
  try {
    return pollUntil(deadline, fd, POLL.POLLIN);
  } finally {
    endWait();
  }
}

/** The descriptor, or -ENXIO where nobody reads. */
function open(path: string, flags: number, deadline: Deadline): number {
  const hint = (errno: number): string | undefined => {
    if (errno === ERRNO.ENOENT) return 'make it first with Fifo.make';
    if (errno !== ERRNO.ETIMEDOUT) return undefined;
    return `no ${flags === O_WRONLY ? 'reader' : 'writer'} came in time`;
  };
  return openPath({ path, flags, kinds: ['FIFO'], deadline, hint }, [ERRNO.ENXIO]);
}

/** FIFOs by their path: making one, and opening its sides. */
export const Fifo = {
  /**
   * Makes a FIFO. Throws SystemError: EEXIST when the name is taken, ENOENT when its directory is
   * missing, ENAMETOOLONG, EACCES, EROFS.
   *
   * @see mkfifo(3)
   */
  make(path: string | URL, { mode = 0o600 }: FifoMakeOptions = {}): void {
    const name = asPath(path);
    const result = mkfifo(name, asMode(mode));
    if (result >= 0) return;
    const hint = MAKE_HINTS[-result] ?? pathHint(result);
    throw new SystemError(result, 'mkfifo', { path: name, hint });
  },

  /**
   * Opens the reading side and waits in open(2) until a writer has come. Throws SystemError
   * ETIMEDOUT when none comes in time, ENOENT, EACCES; TypeError when it is something else.
   * `interrupt` of another thread ends the wait.
   *
   * @see fifo(7)
   */
  openReader(
    path: string | URL,
    { timeoutMs = null, endless = false }: FifoOpenOptions & FifoReaderOptions = {},
  ): FifoReader {
    const name = asPath(path);
    return adoptReader(open(name, endless ? O_RDWR : O_RDONLY, openDeadline(timeoutMs)), name);
  },

  /** The same for the writing side, which waits until a reader has come. */
  openWriter(path: string | URL, { timeoutMs = null }: FifoOpenOptions = {}): FifoWriter {
    const name = asPath(path);
    return adoptWriter(open(name, O_WRONLY, openDeadline(timeoutMs)), name);
  },

  /**
   * Opens the reading side, non-blocking, without waiting for a writer. A selector reports it once
   * there is something to read.
   */
  tryOpenReader(path: string | URL, { endless = false }: FifoReaderOptions = {}): FifoReader {
    const name = asPath(path);
    const flags = (endless ? O_RDWR : O_RDONLY) | O_NONBLOCK;
    const reader = adoptReader(open(name, flags, null), name);
    reader.setBlocking(false);
    return reader;
  },

  /** Opens the writing side, non-blocking, or answers null when no reader is there (ENXIO). */
  tryOpenWriter(path: string | URL): FifoWriter | null {
    const name = asPath(path);
    const fd = open(name, O_WRONLY | O_NONBLOCK, null);
    if (fd === -ERRNO.ENXIO) return null;
    const writer = adoptWriter(fd, name);
    writer.setBlocking(false);
    return writer;
  },
} as const;
