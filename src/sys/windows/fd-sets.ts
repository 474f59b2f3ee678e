/**
 * The sets of Winsock's select: arrays of SOCKETs.
 *
 * Facts:
 * - A set is a count and an array. FD_SETSIZE, 64, is how long the compiler makes it; the call reads
 *   as many as the count says. The number of a socket does not matter.
 * - It refuses three empty sets (WSAEINVAL), and fails for one handle that is no socket
 *   (WSAENOTSOCK) without naming it.
 * - A connect that was refused shows in the exceptional set only, which is also urgent data's.
 *
 * What this means for us: the arrays are ours, for 1,024 sockets. What waits for room stands in the
 * exceptional set too, and what is found there is an error. The socket that wakes the thread stands
 * in the readable set.
 */
import { Arena } from '../arena.ts';
import { ERRNO, FD_SET, POLL, TIMEVAL } from './abi.ts';
import { sleep } from './poll.ts';
import { clearWakes, wakeSocket } from './wake-socket.ts';
import { selectSockets } from './winsock.ts';

/** How many sockets one selector can watch. */
export const SOCKETS_MAX = 1_024;

/** The numbers of sockets have no limit here. */
export const DESCRIPTORS_BELOW = Number.POSITIVE_INFINITY;

/** The sets have no neighbours that a descriptor could overwrite. */
export const GUARD_BYTES = 0;

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const ARRAY_WORD = FD_SET.fields.fd_array[0] / WORD_BYTES;
const SOCKET_WORDS = 2;
// One more for the socket that wakes.
const SET_WORDS = ARRAY_WORD + (SOCKETS_MAX + 1) * SOCKET_WORDS;
const SET_BYTES = Math.ceil((SET_WORDS * WORD_BYTES) / 64) * 64;
const SECOND_MS = 1_000;
const MILLISECOND_US = 1_000;
const { POLLIN, POLLOUT, POLLPRI, POLLERR } = POLL;

/** The three sets and the time limit, in mapped memory, written anew for each call. */
export class FdSets {
  readonly arena = Arena.map(SET_BYTES * 3 + 64);
  readonly #readable = this.arena.carve(SET_BYTES);
  readonly #writable = this.arena.carve(SET_BYTES);
  readonly #exceptional = this.arena.carve(SET_BYTES);
  readonly #time = this.arena.carve(TIMEVAL.size);
  /** By handle: the events, and what the last call found. */
  readonly #wanted = new Map<number, number>();
  readonly #excluded = new Set<number>();
  readonly #found = new Map<number, number>();
  #iterator: Iterator<[number, number]> = this.#found.entries();
  #events = 0;

  /** Why the sets cannot take `fd`, or null. */
  refuse(fd: number): string | null {
    if (this.#wanted.size < SOCKETS_MAX || this.#wanted.has(fd)) return null;
    return `select cannot watch more than ${SOCKETS_MAX} sockets; use poll`;
  }

  /** Puts `fd` into the sets of `events` of `POLL`, and takes it out of the others. */
  set(fd: number, events: number): void {
    if (events === 0) this.#wanted.delete(fd);
    else this.#wanted.set(fd, events);
  }

  /** Prepares the next call. */
  reset(): void {
    this.#excluded.clear();
  }

  /** Takes `fd` out of the next call only. */
  exclude(fd: number): void {
    this.#excluded.add(fd);
  }

  /**
   * Waits `timeoutMs` (-1 for ever): more than 0 when something was found, or the negative error
   * number, EBADF when one of the handles is no open socket, EINTR when another thread ended it.
   */
  select(timeoutMs: number): number {
    const readable = this.#readable.words;
    const writable = this.#writable.words;
    const exceptional = this.#exceptional.words;
    readable[0] = 0;
    writable[0] = 0;
    exceptional[0] = 0;
    for (const [fd, events] of this.#wanted) {
      if (this.#excluded.has(fd)) continue;
      if ((events & POLLIN) !== 0) append(readable, fd);
      if ((events & POLLOUT) !== 0) append(writable, fd);
      if ((events & (POLLOUT | POLLPRI)) !== 0) append(exceptional, fd);
    }
    const wake = timeoutMs === 0 ? -1 : wakeSocket();
    if (wake >= 0) append(readable, wake);
    this.#found.clear();
    this.#iterator = this.#found.entries();
    if (((readable[0] as number) | (writable[0] as number) | (exceptional[0] as number)) === 0) {
      return sleep(timeoutMs);
    }
    const result = this.#call(timeoutMs);
    if (result <= 0) return result === -ERRNO.ENOTSOCK ? -ERRNO.EBADF : result;
    this.#collect(readable, POLLIN, wake);
    this.#collect(writable, POLLOUT, wake);
    this.#collect(exceptional, 0, wake);
    this.#iterator = this.#found.entries();
    return this.#found.size > 0 ? this.#found.size : -ERRNO.EINTR;
  }

  /** The next socket that the last call found, -1 after the last one. */
  next(): number {
    const { done, value } = this.#iterator.next();
    if (done) return -1;
    this.#events = value[1];
    return value[0];
  }

  /** The events of what `next` has answered. */
  get events(): number {
    return this.#events;
  }

  #call(timeoutMs: number): number {
    const { words, address } = this.#time;
    words[TIMEVAL.fields.tv_sec[0] >> 2] = Math.floor(timeoutMs / SECOND_MS);
    words[TIMEVAL.fields.tv_usec[0] >> 2] = (timeoutMs % SECOND_MS) * MILLISECOND_US;
    const limit = timeoutMs < 0 ? 0 : address;
    const readable = this.#readable.address;
    return selectSockets(0, readable, this.#writable.address, this.#exceptional.address, limit);
  }

  /** @param events what standing in this set means; 0 for the exceptional one */
  #collect(words: Int32Array, events: number, wake: number): void {
    const count = words[0] as number;
    for (let at = 0; at < count; at++) {
      const fd = words[ARRAY_WORD + at * SOCKET_WORDS] as number;
      if (fd === wake) {
        clearWakes();
        continue;
      }
      const wanted = this.#wanted.get(fd) ?? 0;
      const meaning = events === 0 ? exceptionOf(wanted) : events;
      this.#found.set(fd, (this.#found.get(fd) ?? 0) | meaning);
    }
  }
}

/** Urgent data for whoever waits for it, else the failure of a connect. */
function exceptionOf(wanted: number): number {
  return (wanted & POLLPRI) !== 0 ? POLLPRI : POLLERR;
}

function append(words: Int32Array, fd: number): void {
  const count = words[0] as number;
  words[ARRAY_WORD + count * SOCKET_WORDS] = fd;
  words[ARRAY_WORD + count * SOCKET_WORDS + 1] = 0;
  words[0] = count + 1;
}
