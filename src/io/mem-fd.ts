/**
 * Facts about memfd_create(2):
 * - It is a file in memory without a name in any directory, gone with its last descriptor and
 *   mapping. Passed to another process, it is memory that both see.
 * - It is a regular file: always ready for select and poll, refused by epoll; its reads and writes
 *   never sleep.
 * - A seal, once added, is there for good and for everybody. F_SEAL_WRITE cannot be added while
 *   somebody has it mapped for writing (EBUSY); F_SEAL_FUTURE_WRITE can.
 * - Touching mapped memory behind the end of the file is SIGBUS, which kills the process; and any
 *   holder of the file may shorten it, unless F_SEAL_SHRINK is there.
 *
 * What this means for us: only a file that cannot shrink any more is mapped. What is mapped stays so
 * until its views have been collected, as in every arena.
 */
import { fstatSync } from 'node:fs';
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { MEMFD } from '../sys/linux/abi.ts';
import { SEAL } from '../sys/linux/event-abi.ts';
import { memfdCreate } from '../sys/linux/memfd.ts';
import { fcntl } from '../sys/posix/fcntl.ts';
import { ftruncate, pread, pwrite } from '../sys/posix/unistd.ts';
import { checkAnonymous } from './anonymous.ts';
import { asIncoming, asOutgoing } from './buffers.ts';
import { Descriptor } from './descriptor.ts';
import { callNow } from './waiting.ts';

const SEALS = [
  'F_SEAL_SEAL',
  'F_SEAL_SHRINK',
  'F_SEAL_GROW',
  'F_SEAL_WRITE',
  'F_SEAL_FUTURE_WRITE',
] as const satisfies readonly (keyof typeof SEAL)[];

/** What the kernel adds `memfd:` to, and NAME_MAX is 255. */
const NAME_BYTES_MAX = 249;

/** What nobody can do to the file any more: fcntl(2). */
export type Seal = (typeof SEALS)[number];

/** Options of `MemFd.open`. */
export interface MemFdOptions {
  /** For people, in proc(5); at most 249 bytes. @default 'polyio' */
  readonly name?: string;
  /** The size in bytes, all zeros. @default 0 */
  readonly size?: number;
  /** Whether seals can be added. @default true */
  readonly sealable?: boolean;
}

function checkName(name: string): string {
  if (typeof name !== 'string' || name.includes('\0')) {
    throw new TypeError(`name must be a string without a zero byte, got ${inspect(name)}`);
  }
  if (Buffer.byteLength(name) > NAME_BYTES_MAX) {
    throw new RangeError(`name must be at most ${NAME_BYTES_MAX} bytes, got ${name.length}`);
  }
  return name;
}

function sealBits(seals: readonly Seal[]): number {
  let bits = 0;
  for (const seal of seals) {
    if (!SEALS.includes(seal)) {
      throw new TypeError(`a seal is one of ${SEALS.join(', ')}; got ${inspect(seal)}`);
    }
    bits |= SEAL[seal];
  }
  return bits;
}

/** A file in memory that can be sealed, mapped and passed on: memfd_create(2). */
export class MemFd extends Descriptor {
  /** Makes one. Throws SystemError (EMFILE, ENOMEM), TypeError, RangeError. */
  static open({ name = 'polyio', size = 0, sealable = true }: MemFdOptions = {}): MemFd {
    asInteger(size, 'size', 0, Number.MAX_SAFE_INTEGER);
    const flags = MEMFD.MFD_CLOEXEC | (sealable ? MEMFD.MFD_ALLOW_SEALING : 0);
    const fd = memfdCreate(checkName(name), flags);
    if (fd < 0) throw new SystemError(fd, 'memfd_create');
    const file = new MemFd(fd, false);
    try {
      if (size > 0) file.setSize(size);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Adopts a memory file, which from now on this object closes. Throws SystemError (EBADF),
   * TypeError when it is something else.
   */
  static fromFd(fd: number): MemFd {
    return new MemFd(checkAnonymous(fd, /^\/memfd:/, 'a memory file'), true);
  }

  /** The size in bytes. */
  get size(): number {
    return fstatSync(this.openFd('size')).size;
  }

  /**
   * Cuts the file, or adds zeros to it. Throws SystemError (EPERM when a seal forbids it, ENOSPC,
   * EINVAL for more than the file system has). @see ftruncate(2)
   */
  setSize(size: number): void {
    const fd = this.openFd('setSize');
    asInteger(size, 'size', 0, Number.MAX_SAFE_INTEGER);
    const result = callNow(ftruncate, fd, size, undefined, undefined);
    if (result < 0) throw this.failure(result, 'ftruncate');
  }

  /** Copies bytes out from a position: how many, 0 at the end of the file. @see pread(2) */
  read(buffer: ArrayBufferView, position: number): number {
    const fd = this.openFd('read');
    const bytes = asIncoming(buffer);
    asInteger(position, 'position', 0, Number.MAX_SAFE_INTEGER);
    const result = callNow(pread, fd, bytes, bytes.length, position);
    if (result < 0) throw this.failure(result, 'pread');
    return result;
  }

  /**
   * Copies bytes in at a position, growing the file where they go past its end: how many, fewer
   * when the memory or what may be grown ends. Throws SystemError (EPERM when a seal forbids it,
   * ENOSPC). @see pwrite(2)
   */
  write(buffer: ArrayBufferView, position: number): number {
    const fd = this.openFd('write');
    const bytes = asOutgoing(buffer);
    asInteger(position, 'position', 0, Number.MAX_SAFE_INTEGER);
    const result = callNow(pwrite, fd, bytes, bytes.length, position);
    if (result < 0) throw this.failure(result, 'pwrite');
    return result;
  }

  /**
   * Adds seals, for good and for everybody who has the file. Throws SystemError: EPERM when it is
   * not sealable or F_SEAL_SEAL is there, EBUSY for F_SEAL_WRITE while it is mapped; TypeError.
   */
  seal(...seals: readonly Seal[]): void {
    const result = fcntl(this.openFd('seal'), SEAL.F_ADD_SEALS, sealBits(seals));
    if (result >= 0) return;
    const hint =
      result === -ERRNO.EBUSY
        ? 'it is mapped for writing; F_SEAL_FUTURE_WRITE leaves the mappings that exist'
        : 'it was opened without sealable, or F_SEAL_SEAL forbids any more';
    throw new SystemError(result, 'fcntl', { hint });
  }

  /** The seals that are there. */
  get seals(): Seal[] {
    const bits = fcntl(this.openFd('seals'), SEAL.F_GET_SEALS, 0);
    if (bits < 0) throw new SystemError(bits, 'fcntl');
    return SEALS.filter((seal) => (bits & SEAL[seal]) !== 0);
  }

  /**
   * Maps the file (1 byte to 2 GiB), shared with everybody who does the same; it stays mapped after
   * `close`. Throws TypeError until `seal('F_SEAL_SHRINK')`: were the file cut, touching what is
   * mapped behind its end would kill the process. SystemError EPERM when writing is sealed.
   */
  map(): Arena {
    const fd = this.openFd('map');
    const { seals, size } = this;
    if (!seals.includes('F_SEAL_SHRINK')) {
      throw new TypeError("MemFd.map: a file that may shrink is not mapped; seal('F_SEAL_SHRINK')");
    }
    if (seals.includes('F_SEAL_WRITE') || seals.includes('F_SEAL_FUTURE_WRITE')) {
      throw new SystemError(ERRNO.EPERM, 'mmap', { hint: 'writing is sealed: copy with read()' });
    }
    return Arena.share(fd, size);
  }

  protected override failure(result: number, name: string): SystemError {
    const hint = result === -ERRNO.EPERM ? `it is sealed: ${this.seals.join(', ')}` : undefined;
    return super.failure(result, name, hint);
  }

  protected override describe(): string {
    try {
      return `${this.size} bytes`;
    } catch {
      // Closed behind our back: what can be shown is shown.
      return '';
    }
  }
}
