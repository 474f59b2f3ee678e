/**
 * Regular files and block devices.
 *
 * Facts:
 * - `read` copies from the page cache; what is not there comes from the disk first, and the thread
 *   sleeps for it whatever O_NONBLOCK says. A file is always ready for select and poll, which
 *   promise nothing by it, and epoll refuses it (EPERM). Only a completion model waits elsewhere.
 * - `write` returns once the page cache has the bytes. With O_DSYNC it returns once the disk has
 *   them, with O_SYNC also everything that describes the file; `fdatasync` and `fsync` say the same
 *   afterwards. That a write failed may show there first.
 * - preadv2(2) with RWF_NOWAIT reads what is cached and answers EAGAIN where a read would sleep. The
 *   kernel may start reading at that moment: asked twice, it may answer differently. File systems
 *   without it (tmpfs, proc) answer EOPNOTSUPP.
 * - O_DIRECT goes round the page cache. Where a file system takes it, the memory, the offset and the
 *   length of each call have to be multiples of a block (512 to 4096 bytes), or it answers EINVAL.
 * - A file that is removed stays until its last descriptor is closed. One that is truncated while
 *   it is read ends there: `read` answers 0 beyond the new end.
 *
 * What this means for us: a File has no timeout and no tryX but `tryPread`, which is that probe, as
 * `wouldSleep` is; where nobody knows, they say so.
 */
import { fstatSync } from 'node:fs';
import { inspect } from 'node:util';
import { SystemError, UnsupportedError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, FADVISE, FCNTL } from '../sys/abi.ts';
import { read, write } from '../sys/descriptor.ts';
import { UIO } from '../sys/linux/abi.ts';
import { fadvise, fallocate, fcntl } from '../sys/posix/fcntl.ts';
import { encodeVector, preadv, preadv2, pwritev, readv, writev } from '../sys/posix/uio.ts';
import { fdatasync, fsync, ftruncate, lseek, pread, pwrite } from '../sys/posix/unistd.ts';
import { asIncoming, asIncomingVector, asOutgoing, asOutgoingVector } from './buffers.ts';
import { Descriptor } from './descriptor.ts';
import { encodeFlags, type FileOpenOptions } from './file-flags.ts';
import { asMode, asPath, checkDescriptorKind, openPath } from './opening.ts';
import { callNow, callUntil, type DescriptorCall } from './waiting.ts';

/** What the kernel is told about the reads to come: posix_fadvise(2). */
export type FileAdvice = keyof typeof ADVICE;

const ADVICE = {
  normal: FADVISE.POSIX_FADV_NORMAL,
  random: FADVISE.POSIX_FADV_RANDOM,
  sequential: FADVISE.POSIX_FADV_SEQUENTIAL,
  willneed: FADVISE.POSIX_FADV_WILLNEED,
  dontneed: FADVISE.POSIX_FADV_DONTNEED,
  noreuse: FADVISE.POSIX_FADV_NOREUSE,
} as const;

const KINDS = ['regular file', 'block device'] as const;
const OFFSET_MAX = Number.MAX_SAFE_INTEGER;
const SEEK_SET = 0;
const SEEK_CUR = 1;
/** How much one probe of `wouldSleep` reads. */
const PROBE_BYTES = 65_536;

/** A regular file or a block device. Its calls may sleep in the disk; there is no time limit. */
export class File extends Descriptor {
  /** Where it was opened, or null when it was adopted. */
  readonly path: string | null;
  /** Whether it goes round the page cache (O_DIRECT). */
  readonly direct: boolean;

  private constructor(fd: number, path: string | null, direct: boolean) {
    super(fd, false);
    this.path = path;
    this.direct = direct;
  }

  /**
   * Opens a file, for reading unless something else is asked for. Throws SystemError (ENOENT,
   * EEXIST, EACCES, EISDIR, ENAMETOOLONG, EINVAL where the file system knows no O_DIRECT),
   * TypeError for options that contradict each other or when something else lies there.
   *
   * @see open(2)
   */
  static open(path: string | URL, options: FileOpenOptions = {}): File {
    const name = asPath(path);
    const flags = encodeFlags(options);
    const mode = asMode(options.mode ?? 0o666);
    const hint = (errno: number) => HINTS[errno]?.(options);
    const fd = openPath({ path: name, flags, mode, kinds: KINDS, hint });
    return new File(fd, name, options.direct === true);
  }

  /**
   * Adopts an open file, which from now on this object closes. Throws SystemError (EBADF),
   * TypeError when it is something else.
   */
  static fromFd(fd: number): File {
    const checked = asFd(fd);
    checkDescriptorKind(checked, KINDS);
    const flags = fcntl(checked, FCNTL.F_GETFL, 0);
    if (flags < 0) throw new SystemError(flags, 'fcntl');
    return new File(checked, null, (flags & FCNTL.O_DIRECT) !== 0);
  }

  /** Files do not wait for readiness: anything but null (for ever) is refused. */
  override setTimeout(timeoutMs: number | null): void {
    this.openFd('setTimeout');
    if (timeoutMs === null) return;
    throw new UnsupportedError({
      model: 'a timeout or non-blocking mode of a file',
      reason: 'its read sleeps in the disk whatever O_NONBLOCK says',
      remedy: 'ask wouldSleep or tryPread first, read in a worker, or use a completion model',
    });
  }

  /** Reads at the file's position, which moves on: how many bytes, 0 at the end. @see read(2) */
  read(buffer: ArrayBufferView): number {
    const bytes = asIncoming(buffer);
    return this.wait('read', 0, read, bytes, bytes.length, undefined);
  }

  /** Reads at an offset; the file's position stays. How many bytes, 0 at the end. @see pread(2) */
  pread(buffer: ArrayBufferView, offset: number): number {
    const bytes = asIncoming(buffer);
    return this.wait('pread', 0, pread, bytes, bytes.length, asOffset(offset));
  }

  /** Reads at the file's position into one buffer after the other. @see readv(2) */
  readv(buffers: readonly ArrayBufferView[]): number {
    const vector = asIncomingVector(buffers);
    return this.wait('readv', 0, readv, encodeVector(vector), vector.length, undefined);
  }

  /** Reads at an offset into one buffer after the other. @see preadv(2) */
  preadv(buffers: readonly ArrayBufferView[], offset: number): number {
    const vector = asIncomingVector(buffers);
    return this.wait('preadv', 0, preadv, encodeVector(vector), vector.length, asOffset(offset));
  }

  /** Reads at the file's position until the buffer is full or the file ends: how many bytes. */
  readAll(buffer: ArrayBufferView): number {
    return this.#readAll('read', read, asIncoming(buffer), 0);
  }

  /** The same from an offset; the file's position stays. */
  preadAll(buffer: ArrayBufferView, offset: number): number {
    return this.#readAll('pread', pread, asIncoming(buffer), asOffset(offset));
  }

  /**
   * Reads at an offset what is in the page cache: how many bytes, 0 at the end, null where it would
   * have to sleep for the first of them. Throws UnsupportedError where the file system cannot tell.
   *
   * @see preadv2(2), RWF_NOWAIT
   */
  tryPread(buffer: ArrayBufferView, offset: number): number | null {
    const fd = this.openFd('tryPread');
    const result = probe(fd, asIncoming(buffer), asOffset(offset));
    if (result >= 0) return result;
    if (result === -ERRNO.EAGAIN) return null;
    if (result === -ERRNO.EOPNOTSUPP) throw cannotTell();
    throw this.failure(result, 'preadv2');
  }

  /**
   * Whether reading `length` bytes at `offset` would sleep in the disk: false when all of them, as
   * far as there are any, are in the page cache; true when one is not; null when nobody knows, and
   * then `sleepUnknown` tells why. Costs a copy of what is cached, and the kernel may begin to read
   * what is not: the answer is about the moment of the question.
   *
   * @param offset in bytes @default 0
   * @param length in bytes, 1 or more @default 1
   */
  wouldSleep(offset = 0, length = 1): boolean | null {
    const fd = this.openFd('wouldSleep');
    asInteger(length, 'length', 1, OFFSET_MAX - asOffset(offset));
    if (this.direct) return true;
    const room = new Uint8Array(Math.min(length, PROBE_BYTES));
    for (let done = 0; done < length; ) {
      const part = room.subarray(0, Math.min(room.length, length - done));
      const result = probe(fd, part, offset + done);
      if (result === 0) return false;
      if (result === -ERRNO.EAGAIN) return true;
      if (result === -ERRNO.EOPNOTSUPP) return null;
      if (result < 0) throw this.failure(result, 'preadv2');
      done += result;
    }
    return false;
  }

  /** Why `wouldSleep` answers null for this file, or null when it gives an answer. */
  get sleepUnknown(): UnsupportedError | null {
    return this.wouldSleep() === null ? cannotTell() : null;
  }

  /** Writes at the file's position, or its end with `append`: how many bytes. @see write(2) */
  write(buffer: ArrayBufferView): number {
    const bytes = asOutgoing(buffer);
    return this.wait('write', 0, write, bytes, bytes.length, undefined);
  }

  /** Writes at an offset; with `append` Linux writes at the end even so. @see pwrite(2) */
  pwrite(buffer: ArrayBufferView, offset: number): number {
    const bytes = asOutgoing(buffer);
    return this.wait('pwrite', 0, pwrite, bytes, bytes.length, asOffset(offset));
  }

  /** Writes one buffer after the other at the file's position. @see writev(2) */
  writev(buffers: readonly ArrayBufferView[]): number {
    const vector = asOutgoingVector(buffers);
    return this.wait('writev', 0, writev, encodeVector(vector), vector.length, undefined);
  }

  /** Writes one buffer after the other at an offset. @see pwritev(2) */
  pwritev(buffers: readonly ArrayBufferView[], offset: number): number {
    const vector = asOutgoingVector(buffers);
    return this.wait('pwritev', 0, pwritev, encodeVector(vector), vector.length, asOffset(offset));
  }

  /** Writes every byte. An error tells how many were taken before it (ENOSPC, EFBIG). */
  writeAll(buffer: ArrayBufferView): void {
    this.waitForAll('write', 0, write, asOutgoing(buffer), 0);
  }

  /** Writes every byte, from an offset on. An error tells how many were taken before it. */
  pwriteAll(buffer: ArrayBufferView, offset: number): void {
    const fd = this.openFd('pwriteAll');
    const bytes = asOutgoing(buffer);
    const start = asOffset(offset);
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done);
      const result = callUntil(null, 0, pwrite, fd, rest, rest.length, start + done);
      if (result < 0) {
        throw this.failure(result, 'pwrite', `${done} of ${bytes.length} bytes were taken`);
      }
      done += result;
    }
  }

  /** Where the next `read` or `write` happens, in bytes from the start. */
  get position(): number {
    return this.#call('lseek', lseek, 0, SEEK_CUR);
  }

  /** Moves the position; beyond the end is allowed. @see lseek(2) */
  setPosition(offset: number): void {
    this.openFd('setPosition');
    this.#call('lseek', lseek, asOffset(offset), SEEK_SET);
  }

  /** How long the file is, in bytes; 0 for a block device. @see fstat(2) */
  get size(): number {
    return fstatSync(this.openFd('size')).size;
  }

  /** Waits until the disk has the bytes and all that describes the file. @see fsync(2) */
  fsync(): void {
    this.wait('fsync', 0, fsync, undefined, undefined, undefined);
  }

  /** Waits until the disk has the bytes and what is needed to find them. @see fdatasync(2) */
  fdatasync(): void {
    this.wait('fdatasync', 0, fdatasync, undefined, undefined, undefined);
  }

  /**
   * Tells the kernel how it will be read: `willneed` begins to read it into the page cache,
   * `dontneed` drops its clean pages from there (fsync first).
   *
   * @param range in bytes; `length` 0 means to the end @default the whole file
   * @see posix_fadvise(2)
   */
  advise(advice: FileAdvice, range: { offset?: number; length?: number } = {}): void {
    const fd = this.openFd('advise');
    if (!Object.hasOwn(ADVICE, advice)) {
      const names = Object.keys(ADVICE).join(', ');
      throw new TypeError(`advice must be one of ${names}, got ${inspect(advice)}`);
    }
    const { offset = 0, length = 0 } = range;
    const size = asInteger(length, 'length', 0, OFFSET_MAX);
    const result = fadvise(fd, asOffset(offset), size, ADVICE[advice]);
    if (result < 0) throw this.failure(result, 'posix_fadvise');
  }

  /**
   * Gives a range of the file its blocks on the disk, so that writing there cannot fail with
   * ENOSPC; the file grows to its end. Throws SystemError EOPNOTSUPP where the file system cannot.
   *
   * @see fallocate(2)
   */
  allocate(offset: number, length: number): void {
    const size = asInteger(length, 'length', 1, OFFSET_MAX);
    this.wait('fallocate', 0, fallocate, 0, asOffset(offset), size);
  }

  /** Sets the length in bytes: cuts the rest off, or adds zeros. @see ftruncate(2) */
  truncate(length = 0): void {
    const size = asInteger(length, 'length', 0, OFFSET_MAX);
    this.wait('ftruncate', 0, ftruncate, size, undefined, undefined);
  }

  #call(name: string, call: DescriptorCall<number, number, undefined>, a: number, b: number) {
    const result = callNow(call, this.openFd(name), a, b, undefined);
    if (result < 0) throw this.failure(result, name);
    return result;
  }

  #readAll(
    name: string,
    call: DescriptorCall<Uint8Array, number, number>,
    bytes: Uint8Array,
    offset: number,
  ): number {
    const fd = this.openFd(`${name}All`);
    let done = 0;
    while (done < bytes.length) {
      const rest = bytes.subarray(done);
      const result = callUntil(null, 0, call, fd, rest, rest.length, offset + done);
      if (result < 0) {
        throw this.failure(result, name, `${done} of ${bytes.length} bytes were read`);
      }
      if (result === 0) break;
      done += result;
    }
    return done;
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isAlignment = this.direct && result === -ERRNO.EINVAL;
    const known = isAlignment ? ALIGNMENT : FAILURES[-result];
    const path = this.path ?? undefined;
    const both = [hint, known].filter((part) => part !== undefined).join('; ');
    return new SystemError(result, name, { path, hint: both === '' ? undefined : both });
  }

  protected override describe(): string {
    return `${this.path ?? 'file'}${this.direct ? ' direct' : ''}`;
  }
}

const ALIGNMENT =
  'with direct the memory, the offset and the length must be multiples of the block size: ' +
  'AlignedMemory.allocate(4096) gives such memory';

const FAILURES: Readonly<Record<number, string>> = {
  [ERRNO.EBADF]: 'it was not opened for that: read, write',
  [ERRNO.ENOSPC]: 'the disk is full',
  [ERRNO.EFBIG]: 'its file system, or this process (ulimit -f), has no files as large as that',
  [ERRNO.EOPNOTSUPP]: 'its file system cannot do this',
};

const HINTS: Readonly<Record<number, (options: FileOpenOptions) => string | undefined>> = {
  [ERRNO.ENOENT]: ({ create }) =>
    create === true ? 'its directory is missing' : 'create: true makes it',
  [ERRNO.EEXIST]: () => 'exclusive: true refuses a name that is taken',
  [ERRNO.EINVAL]: ({ direct }) =>
    direct === true ? 'its file system knows no direct access: leave direct out' : undefined,
  [ERRNO.EPERM]: ({ noAccessTime }) =>
    noAccessTime === true ? 'noAccessTime is for the owner of the file or root' : undefined,
};

function asOffset(offset: number): number {
  return asInteger(offset, 'offset', 0, OFFSET_MAX);
}

/** Reads what is cached: bytes, or the negative error number. */
function probe(fd: number, bytes: Uint8Array, offset: number): number {
  const vector = encodeVector([bytes]);
  for (;;) {
    const result = preadv2(fd, vector, 1, offset, UIO.RWF_NOWAIT);
    if (result !== -ERRNO.EINTR) return result;
  }
}

function cannotTell(): UnsupportedError {
  return new UnsupportedError({
    model: 'asking whether a read would sleep',
    reason: 'the file system of this file answers EOPNOTSUPP to preadv2 with RWF_NOWAIT',
    remedy: 'read in a worker, or use a completion model',
  });
}
