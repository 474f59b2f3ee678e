/**
 * Opening what has a name in the file system.
 *
 * Facts about open(2):
 * - It may sleep: in a FIFO until its other side is there, in a serial line until the modem has a
 *   carrier. It knows no time limit; what ends its sleep is a signal.
 * - It opens whatever lies there. Opening a FIFO where a file was expected sleeps for ever, and
 *   opening a device may do something to it (a tape rewinds).
 * - Opening a terminal makes it the controlling terminal of a process that has none, which then
 *   dies of its hang-up, unless O_NOCTTY is given.
 *
 * What this means for us: what lies at a path is looked at before it is opened, and once more
 * afterwards, as it may have been replaced in between. A limit of time is a timer that sends the
 * thread our own interrupting signal.
 */
import { fstatSync, type Stats, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asTimeout } from '../platform/integers.ts';
import { ERRNO, FCNTL, LIMITS } from '../sys/abi.ts';
import { close } from '../sys/descriptor.ts';
import { beginWait, endWait, isEintr, SIGNAL_INTERVAL_MS } from '../sys/interrupt.ts';
import { startTimer, stopTimer } from '../sys/linux/timer.ts';
import { open } from '../sys/posix/fcntl.ts';
import { INTERRUPT_SIGNAL } from '../sys/threads.ts';
import type { Deadline } from './waiting.ts';

/** What can lie at a path, by the words of the manual pages. */
export type Kind =
  | 'regular file'
  | 'directory'
  | 'FIFO'
  | 'socket'
  | 'character device'
  | 'block device';

const REMEDIES: Readonly<Record<Kind, string>> = {
  'regular file': 'open it with File.open',
  directory: 'name a file in it',
  FIFO: 'open it with Fifo.openReader or Fifo.openWriter',
  socket: 'connect a Unix socket to it',
  'character device': 'open it with CharacterDevice.open or Terminal.open',
  'block device': 'open it with File.open',
};

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.ENOENT]: 'there is nothing of that name',
  [ERRNO.EACCES]: 'this user may not: look at its mode and at those of the directories above it',
  [ERRNO.EPERM]: 'the kernel allows it to the owner or to root only',
  [ERRNO.ENAMETOOLONG]: `a path has at most ${LIMITS.PATH_MAX - 1} bytes, each name in it ${LIMITS.NAME_MAX}`,
  [ERRNO.ENOTDIR]: 'a name before the last one is no directory',
  [ERRNO.EISDIR]: 'it is a directory: name a file in it',
  [ERRNO.ELOOP]: 'it is a symbolic link that may not be followed, or leads round in a circle',
  [ERRNO.EMFILE]: 'this process has no descriptor left: close some, or raise ulimit -n',
  [ERRNO.ENFILE]: 'the system has no descriptor left',
  [ERRNO.EROFS]: 'the file system is mounted for reading only',
  [ERRNO.ENXIO]: 'the name is there and no device behind it',
  [ERRNO.ENODEV]: 'the name is there and no driver for it is loaded',
  [ERRNO.EBUSY]: 'somebody else has it for themselves',
  [ERRNO.ETXTBSY]: 'it is a program that is running',
  [ERRNO.ENOSPC]: 'the file system is full',
};

/** What to do about the error of a call that was given a path, where its name does not tell. */
export function pathHint(errno: number): string | undefined {
  return HINTS[Math.abs(errno)];
}

/** Checks a path: a string, or a file URL. A zero byte in it would cut it short in the kernel. */
export function asPath(path: unknown): string {
  const text = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof text !== 'string') {
    throw new TypeError(`path must be a string or a file URL, got ${inspect(path)}`);
  }
  if (text.includes('\0')) {
    throw new TypeError(`path must not contain a zero byte, got ${inspect(text)}`);
  }
  return text;
}

/** Checks the mode of something to make: permission bits, 0 to 0o7777. */
export function asMode(mode: unknown): number {
  if (typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 0o7777) {
    return mode;
  }
  const type = typeof mode === 'number' ? RangeError : TypeError;
  throw new type(`mode must be an integer from 0 to 0o7777, got ${inspect(mode)}`);
}

function kindOf(stats: Stats): Kind {
  if (stats.isFile()) return 'regular file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return stats.isCharacterDevice() ? 'character device' : 'block device';
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    // What keeps us from looking keeps us from opening as well, and open(2) tells it with a hint.
    return null;
  }
}

function checkKind(what: string, stats: Stats, kinds: readonly Kind[]): void {
  const found = kindOf(stats);
  if (kinds.includes(found)) return;
  const wanted = kinds.join(' or ');
  throw new TypeError(`${what} is a ${found}, not a ${wanted}: ${REMEDIES[found]}`);
}

/** Checks what a descriptor from elsewhere is about. Throws Node's own error for a closed one. */
export function checkDescriptorKind(fd: number, kinds: readonly Kind[]): void {
  let stats: Stats;
  try {
    stats = fstatSync(fd);
  } catch (cause) {
    throw new SystemError((cause as NodeJS.ErrnoException).errno ?? ERRNO.EBADF, 'fstat');
  }
  checkKind(`descriptor ${fd}`, stats, kinds);
}

/** How long an open may sleep, as a time of `performance.now()`; null for ever. */
export function openDeadline(timeoutMs: number | null | undefined): Deadline {
  const timeout = asTimeout(timeoutMs ?? undefined);
  if (timeout === 0) {
    throw new RangeError('timeoutMs must be more than 0: the tryOpen family does not wait at all');
  }
  return timeout < 0 ? null : performance.now() + timeout;
}

/** open(2) by the deadline: the descriptor, or the negative error number (ETIMEDOUT). */
function openUntil(deadline: Deadline, path: string, flags: number, mode: number): number {
  let timer = -1;
  beginWait();
  try {
    if (deadline !== null) {
      const delayMs = deadline - performance.now();
      timer = startTimer(INTERRUPT_SIGNAL, delayMs, SIGNAL_INTERVAL_MS);
      if (timer < 0) throw new SystemError(timer, 'timer_create');
    }
    for (;;) {
      if (deadline !== null && performance.now() >= deadline) return -ERRNO.ETIMEDOUT;
      const fd = open(path, flags | FCNTL.O_CLOEXEC | FCNTL.O_NOCTTY, mode);
      if (!isEintr(fd)) return fd;
    }
  } finally {
    if (timer >= 0) stopTimer(timer);
    endWait();
  }
}

/** What to open, and how. */
export interface Opening {
  readonly path: string;
  /** Flags of open(2); O_CLOEXEC and O_NOCTTY come of themselves. */
  readonly flags: number;
  /** The permission bits of a file that is made. */
  readonly mode?: number;
  readonly kinds: readonly Kind[];
  /** When waiting ends; null never. */
  readonly deadline?: Deadline;
  /** What to do about an error, before what is said of every path. */
  readonly hint?: (errno: number) => string | undefined;
}

/**
 * Opens what lies at a path: its descriptor, or the negative error number for those in `expected`.
 * Throws SystemError with the path and a hint, TypeError when something of another kind lies there.
 */
export function openPath(opening: Opening, expected: readonly number[] = []): number {
  const { path, flags, mode = 0, kinds, deadline = null, hint } = opening;
  const before = statOrNull(path);
  if (before !== null) checkKind(path, before, kinds);
  const fd = openUntil(deadline, path, flags, mode);
  if (fd < 0) {
    if (expected.includes(-fd)) return fd;
    throw new SystemError(fd, 'open', { path, hint: hint?.(-fd) ?? pathHint(fd) });
  }
  try {
    checkKind(path, fstatSync(fd), kinds);
    return fd;
  } catch (wrong) {
    close(fd);
    throw wrong;
  }
}
