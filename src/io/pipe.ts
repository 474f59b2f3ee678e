import { fstatSync } from 'node:fs';
import { SystemError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { FCNTL, POLL } from '../sys/abi.ts';
import { read, write } from '../sys/descriptor.ts';
import { fcntl } from '../sys/posix/fcntl.ts';
import { openPipe } from '../sys/posix/unistd.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import { Descriptor } from './descriptor.ts';
import { blockSigpipe } from './sigpipe.ts';

/** Checks that a descriptor from elsewhere is a pipe or a FIFO, open for what its class does. */
function checkPipeEnd(fd: number, wrongMode: number, purpose: string): number {
  const checked = asFd(fd);
  const flags = fcntl(checked, FCNTL.F_GETFL, 0);
  if (flags < 0) throw new SystemError(flags, 'fcntl');
  if (!fstatSync(checked).isFIFO()) throw new TypeError(`descriptor ${checked} is not a pipe`);
  if ((flags & FCNTL.O_ACCMODE) === wrongMode) {
    throw new TypeError(`descriptor ${checked} is a pipe that is not open for ${purpose}`);
  }
  return checked;
}

let adoptReader: (fd: number) => PipeReader;
let adoptWriter: (fd: number) => PipeWriter;

/** The end of a pipe that bytes come out of: pipe(7). */
export class PipeReader extends Descriptor {
  static {
    adoptReader = (fd) => new PipeReader(fd, false);
  }

  /**
   * Adopts the reading end of a pipe or FIFO, which from now on this object closes. Throws
   * SystemError (EBADF), TypeError when it is something else.
   */
  static fromFd(fd: number): PipeReader {
    return new PipeReader(checkPipeEnd(fd, FCNTL.O_WRONLY, 'reading'), true);
  }

  /** Waits for bytes: how many came, 0 once every writer has closed. @see read(2) */
  read(buffer: ArrayBufferView): number {
    const bytes = asIncoming(buffer);
    return this.wait('read', POLL.POLLIN, read, bytes, bytes.length, undefined);
  }

  /**
   * Takes the bytes that are there: how many, 0 once every writer has closed, null when none are.
   * Throws TypeError on a blocking pipe.
   */
  tryRead(buffer: ArrayBufferView): number | null {
    this.requireNonBlocking('tryRead');
    const bytes = asIncoming(buffer);
    return this.attempt('read', read, bytes, bytes.length, undefined);
  }

  protected override describe(): string {
    return '';
  }
}

/**
 * The end of a pipe that bytes go into: pipe(7). Once no reader is left, writing throws SystemError
 * EPIPE; SIGPIPE is blocked in every thread that has a PipeWriter.
 */
export class PipeWriter extends Descriptor {
  static {
    adoptWriter = (fd) => new PipeWriter(fd, false);
  }

  protected constructor(fd: number, inherited: boolean) {
    super(fd, inherited);
    blockSigpipe();
  }

  /**
   * Adopts the writing end of a pipe or FIFO, which from now on this object closes. Throws
   * SystemError (EBADF), TypeError when it is something else.
   */
  static fromFd(fd: number): PipeWriter {
    return new PipeWriter(checkPipeEnd(fd, FCNTL.O_RDONLY, 'writing'), true);
  }

  /**
   * Waits for room and writes: how many bytes were taken. A blocking pipe takes all of them unless
   * a signal cuts it short; up to 4096 bytes go in whole or not at all. @see write(2)
   */
  write(buffer: ArrayBufferView): number {
    const bytes = asOutgoing(buffer);
    return this.wait('write', POLL.POLLOUT, write, bytes, bytes.length, undefined);
  }

  /**
   * Writes what there is room for: how many bytes were taken, null when there was no room. Throws
   * TypeError on a blocking pipe.
   */
  tryWrite(buffer: ArrayBufferView): number | null {
    this.requireNonBlocking('tryWrite');
    const bytes = asOutgoing(buffer);
    return this.attempt('write', write, bytes, bytes.length, undefined);
  }

  /**
   * Writes every byte; a timeout limits the whole of it. An error tells in its message how many
   * bytes were taken before it.
   */
  writeAll(buffer: ArrayBufferView): void {
    this.waitForAll('write', POLL.POLLOUT, write, asOutgoing(buffer), 0);
  }

  protected override describe(): string {
    return '';
  }
}

/** A pipe: what is written to the one end is read from the other. Disposing it closes both. */
export class Pipe {
  readonly reader: PipeReader;
  readonly writer: PipeWriter;

  private constructor(reader: PipeReader, writer: PipeWriter) {
    this.reader = reader;
    this.writer = writer;
  }

  /** Opens a pipe whose ends wait for ever. Throws SystemError (EMFILE, ENFILE). @see pipe(2) */
  static open(): Pipe {
    const fds = new Int32Array(2);
    const result = openPipe(fds);
    if (result < 0) throw new SystemError(result, 'pipe');
    return new Pipe(adoptReader(fds[0] as number), adoptWriter(fds[1] as number));
  }

  /** Closes both ends. */
  close(): void {
    this.reader.close();
    this.writer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
