/**
 * The file of a Unix socket.
 *
 * Facts: bind(2) makes it, and nothing removes it again, not even the end of its process. A file that
 * is there makes the next bind fail with EADDRINUSE, whoever left it. Connecting tells whether
 * somebody listens: ECONNREFUSED says that nobody does.
 *
 * What this means for us: a file that was there before is never removed, the refusal says what it is
 * instead. Our own is removed when the listener closes, unless another has taken its place.
 */
import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import { ERRNO, SOCKET } from '../sys/abi.ts';
import { encodeAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { connect, openSocket } from '../sys/socket.ts';

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** What stands where a socket was to be bound, and what to do about it. */
export function occupant(path: string): string {
  const stats = look(path);
  if (stats !== undefined && !stats.isSocket())
    return 'it is there already and no socket; name another file';
  const fd = openSocket(SOCKET.AF_UNIX, SOCKET.SOCK_STREAM, 0, true);
  if (fd < 0) return 'it is there already; name another file';
  const { bytes, size } = encodeAddress({ path });
  const result = connect(fd, bytes, size);
  close(fd);
  return result === -ERRNO.ECONNREFUSED
    ? 'nobody listens on it, a server that was killed has left it behind; remove it, or name another'
    : 'another server listens on it; name another file';
}

/** A file that has just been made by bind(2). */
export class SocketFile {
  readonly #path: string;
  readonly #made: Stats | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#made = look(path);
  }

  /** Removes it, when it is still the same. */
  remove(): void {
    const now = look(this.#path);
    if (now === undefined || now.ino !== this.#made?.ino || now.dev !== this.#made.dev) return;
    try {
      unlinkSync(this.#path);
    } catch {
      // The folder may have been closed to us meanwhile: the file then stays, and the next start says so.
    }
  }
}
