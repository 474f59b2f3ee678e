/**
 * What a worker process shares with the one that started it: memory, and its end.
 *
 * Facts:
 * - Linux has files that are memory only (memfd_create(2)), and tells a process by a signal that the
 *   thread that started it has ended (PR_SET_PDEATHSIG). Nobody else has either.
 * - A file without a name lives for as long as somebody has it open or mapped.
 * - A socket whose other end is closed becomes readable, and with O_ASYNC its owner gets SIGIO then.
 *   The kernel closes what a process had open however it ends.
 * - A signal's handler runs while every thread of the process sleeps in the kernel, and _exit(2) may
 *   be called in it.
 *
 * What this means for us: elsewhere the memory is a file of the temporary folder that is unlinked at
 * once, and the worker holds one end of a socket whose other end the starter has and uses for
 * nothing. When the starter is gone, SIGIO ends the worker, blocked in accept(2) or not, and no
 * thread has to wait for that.
 */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Unsupported } from '../errors.ts';
import { HOST } from '../platform/host.ts';
import { FCNTL, POLL, SIGNAL } from './abi.ts';
import * as linux from './linux/process.ts';
import { fcntl, open } from './posix/fcntl.ts';
import { pollFd } from './posix/poll.ts';
import { installEndingHandler } from './posix/signal.ts';
import { getpid, getppid, unlink } from './posix/unistd.ts';
import { HAS } from './posix/ways.ts';

/** Whether Node hands a child process the listening socket and the shared memory here: null, or why not. */
export function processesUnavailable(): Unsupported | null {
  if (HOST !== 'win32') return null;
  return {
    model: 'blocking-processes',
    reason: 'Node hands no listening socket and no shared memory to a child process on Windows',
    remedy: 'use blocking-threads',
  };
}

const OWNER_ONLY = 0o600;

/** Whether a worker process is handed the end of a socket to hear of its starter's end by. */
export const NEEDS_PARENT_SOCKET = !HAS.pdeathsig;

/**
 * A file that only descriptors lead to, closed on exec: its descriptor, or the negative error
 * number. It is memory where the kernel has such files.
 */
export function createSharedFile(name: string): number {
  if (HAS.memfd) return linux.createMemoryFile(name);
  const path = join(tmpdir(), `${name}-${randomUUID()}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_CLOEXEC } = FCNTL;
  const fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, OWNER_ONLY);
  if (fd >= 0) unlink(path);
  return fd;
}

/** Has SIGIO end this process as soon as nobody holds the other end of the socket. */
function endWithSocket(fd: number): number {
  const { F_GETFL, F_SETFL, F_SETOWN, O_ASYNC } = FCNTL;
  const steps = [
    () => installEndingHandler(SIGNAL.SIGIO),
    () => fcntl(fd, F_SETOWN, getpid()),
    () => fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_ASYNC),
    // What happened before is told by no signal.
    () => (pollFd(fd, POLL.POLLIN, 0) === 0 ? 0 : -1),
  ];
  for (const step of steps) {
    const result = step();
    if (result < 0) return result;
  }
  return 0;
}

/**
 * Makes this process end when the one that started it does, whatever it is doing then. False when
 * that is over already: this process has no reason to go on.
 *
 * @param parent the process that started this one
 * @param socket the descriptor of the socket that leads to it, where `NEEDS_PARENT_SOCKET`
 */
export function endWithParent(parent: number, socket: number): boolean {
  if (NEEDS_PARENT_SOCKET) {
    if (endWithSocket(socket) < 0) return false;
  } else {
    linux.setParentDeathSignal(SIGNAL.SIGKILL);
  }
  // It may have died before the line above.
  return getppid() === parent;
}
