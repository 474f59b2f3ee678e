/**
 * Signals that say that a descriptor is ready: O_ASYNC with F_SETSIG and F_SETOWN_EX of fcntl(2),
 * taken from the queue by sigtimedwait(2).
 */
import { Arena, type Slice } from '../arena.ts';
import { FCNTL, SIGNAL, TIMESPEC } from '../posix/abi.ts';
import { fcntl } from '../posix/fcntl.ts';
import { signalSet } from '../posix/signal-set.ts';
import { F_OWNER_EX, SIGINFO, SIGNAL_IO } from './event-abi.ts';
import { bind } from './presence.ts';
import { gettid } from './thread.ts';

const { F_GETFL, F_SETFL } = FCNTL;
const { O_ASYNC, F_GETSIG, F_SETSIG, F_SETOWN_EX, F_OWNER_TID } = SIGNAL_IO;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const MS_PER_S = 1_000;
const NS_PER_MS = 1_000_000;

const fcntlOwner = bind<[fd: number, command: number, owner: Int32Array]>('fcntl', 'int', [
  'fd',
  'int',
  'buffer',
]);

const sigtimedwait = bind<[set: number, info: number, timeout: number]>('sigtimedwait', 'int', [
  'address',
  'address',
  'address',
]);

/**
 * Has the kernel send `signal` to the calling thread whenever the descriptor becomes ready. 1 when
 * armed, 0 when somebody else has armed the same open file description, or the negative error
 * number. Where the kernel sends none (eventfd, files) it says nothing and answers 1 all the same.
 */
export function armSignal(fd: number, signal: number): number {
  const flags = fcntl(fd, F_GETFL, 0);
  if (flags < 0) return flags;
  if ((flags & O_ASYNC) !== 0) return 0;
  const owner = new Int32Array(F_OWNER_EX.size / WORD_BYTES);
  owner[F_OWNER_EX.fields.type[0] / WORD_BYTES] = F_OWNER_TID;
  owner[F_OWNER_EX.fields.pid[0] / WORD_BYTES] = gettid();
  let result = fcntl(fd, F_SETSIG, signal);
  if (result >= 0) result = fcntlOwner(fd, F_SETOWN_EX, owner);
  if (result >= 0) result = fcntl(fd, F_SETFL, flags | O_ASYNC);
  return result < 0 ? result : 1;
}

/** Undoes `armSignal`. A number that is closed or somebody else's by now is left alone. */
export function disarmSignal(fd: number, signal: number): void {
  if (fcntl(fd, F_GETSIG, 0) !== signal) return;
  const flags = fcntl(fd, F_GETFL, 0);
  if (flags >= 0) fcntl(fd, F_SETFL, flags & ~O_ASYNC);
  fcntl(fd, F_SETSIG, 0);
}

/** The queue of readiness signals of the calling thread, which has to block both signals. */
export class SignalQueue {
  readonly #arena = Arena.map(4_096);
  readonly #set: Slice;
  readonly #info: Slice;
  readonly #time: Slice;

  /** @param signal the real-time signal; SIGIO, its substitute when the queue is full, is taken too */
  constructor(signal: number) {
    const set = signalSet([signal, SIGNAL.SIGIO]);
    this.#set = this.#arena.carve(set.length);
    this.#set.bytes.set(set);
    this.#info = this.#arena.carve(SIGINFO.size);
    this.#time = this.#arena.carve(TIMESPEC.size);
  }

  /**
   * Takes the next signal, sleeping up to `timeoutMs` (-1 for ever): its number, or the negative
   * error number, EAGAIN when none came in time.
   */
  take(timeoutMs: number): number {
    const set = this.#set.address;
    const info = this.#info.address;
    if (timeoutMs < 0) return sigtimedwait(set, info, 0);
    const { words, address } = this.#time;
    words[TIMESPEC.fields.tv_sec[0] / WORD_BYTES] = Math.floor(timeoutMs / MS_PER_S);
    words[TIMESPEC.fields.tv_nsec[0] / WORD_BYTES] = (timeoutMs % MS_PER_S) * NS_PER_MS;
    return sigtimedwait(set, info, address);
  }

  /** Which descriptor the last signal was about. */
  get fd(): number {
    return this.#info.words[SIGINFO.fields.si_fd[0] / WORD_BYTES] as number;
  }

  close(): void {
    this.#arena.close();
  }
}
