/**
 * Facts about completion ports:
 * - A port is a queue of packets in the kernel. A handle that was opened for overlapped I/O is tied
 *   to one port for the rest of its life, whichever process or thread holds it; what completes on it
 *   then puts a packet there: the key that was given with the handle, the address of the
 *   operation's OVERLAPPED, the number of bytes. The status stands in the OVERLAPPED itself.
 * - An operation that is complete when its call returns puts a packet there all the same, unless the
 *   handle was told not to (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS). One that its call refuses puts
 *   none there.
 * - GetQueuedCompletionStatusEx takes many packets in one call, and says WAIT_TIMEOUT when there are
 *   none in time. Anybody may post a packet: it wakes whoever waits, and it is not lost when nobody
 *   does.
 * - Closing a port under a thread that waits there ends the wait on some versions of Windows and
 *   not on others.
 *
 * What this means for us: one port for each queue or loop, and its thread alone waits there. Every
 * handle is told to skip the port. A packet without an OVERLAPPED is a wake-up: `wakeThread` posts
 * one to the port that a thread's slot names, and whoever closes a port posts one to each waiter.
 */
import { SystemError } from '../../errors.ts';
import { Arena } from '../arena.ts';
import { type Native, report, resolve, settleTruth, tap } from '../ffi.ts';
import { COMPLETION_PORT, ownSlot, SLOT_WORDS, table } from '../thread-table.ts';
import { ERRNO } from './abi.ts';
import { COMPLETION_MODE, OVERLAPPED_ENTRY } from './completion-abi.ts';
import { KERNEL32 } from './libraries.ts';
import { KEY, postToPort } from './port-packet.ts';

const INVALID_HANDLE = -1;
const INFINITE = 0xffffffff;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const LOW_WORDS = 2 ** 32;
const ENTRY_WORDS = OVERLAPPED_ENTRY.size / WORD_BYTES;
const KEY_AT = OVERLAPPED_ENTRY.fields.lpCompletionKey[0] / WORD_BYTES;
const OVERLAPPED_AT = OVERLAPPED_ENTRY.fields.lpOverlapped[0] / WORD_BYTES;
const SKIP =
  COMPLETION_MODE.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
  COMPLETION_MODE.FILE_SKIP_SET_EVENT_ON_HANDLE;

let createNative: Native | undefined;
let waitNative: Native | undefined;
let modesNative: Native | undefined;
let closeNative: Native | undefined;

function createIoCompletionPort(handle: number, port: number, key = 0): number {
  createNative ??= resolve(
    'CreateIoCompletionPort',
    'address',
    ['ssize', 'address', 'address', 'uint'],
    KERNEL32,
  );
  return settleTruth(createNative(handle, port, key, 1));
}

/** An open completion port, and the packets that the last wait took from it. */
export class CompletionPort {
  /** The words of the packets; `overlappedAt` says whose they are. */
  readonly entries: Int32Array;
  readonly #arena: Arena;
  readonly #count: number;
  readonly #countAddress: number;
  readonly #countWord: Int32Array;
  #handle: number;
  #isClosed = false;
  /** Another thread has closed it: its number may be another's by now. */
  #isGone = false;

  /** @param count how many packets one wait takes at most */
  private constructor(handle: number, count: number) {
    this.#handle = handle;
    this.#count = count;
    this.#arena = Arena.map(count * OVERLAPPED_ENTRY.size + 2 * OVERLAPPED_ENTRY.size);
    this.entries = this.#arena.carve(count * OVERLAPPED_ENTRY.size).words;
    const { address, words } = this.#arena.carve(WORD_BYTES);
    this.#countAddress = address;
    this.#countWord = words;
  }

  /** Opens one. Throws SystemError (ENOMEM). */
  static open(count = 1_024): CompletionPort {
    const handle = createIoCompletionPort(INVALID_HANDLE, 0);
    if (handle < 0) throw new SystemError(handle, 'CreateIoCompletionPort');
    return new CompletionPort(handle, count);
  }

  /** A port that another thread of this process has opened, by its number. */
  static fromHandle(handle: number, count = 1_024): CompletionPort {
    return new CompletionPort(handle, count);
  }

  /** Its number; -1 once closed. */
  get handle(): number {
    return this.#handle;
  }

  /**
   * Ties a handle to this port, for good: 0, or the negative error number; EINVAL when it is tied to
   * a port already, this one or another. Its packets carry `key` (0 to 2^31-1).
   */
  associate(handle: number, key = 0): number {
    const result = createIoCompletionPort(handle, this.#handle, key);
    if (result < 0) return result;
    modesNative ??= resolve(
      'SetFileCompletionNotificationModes',
      'int',
      ['address', 'uint'],
      KERNEL32,
    );
    return Math.min(settleTruth(modesNative(handle, SKIP)), 0);
  }

  /**
   * Waits until a packet is there, at most `timeoutMs` milliseconds (-1: for ever): how many were
   * taken, 0 when the time is over, or the negative error number: EBADF when the port was closed.
   */
  wait(timeoutMs: number): number {
    const start = tap === null ? 0 : performance.now();
    const slot = ownSlot();
    if (slot !== 0) Atomics.store(table, slot + COMPLETION_PORT, this.#handle);
    const answer = this.#take(timeoutMs);
    if (slot !== 0) Atomics.store(table, slot + COMPLETION_PORT, 0);
    if (tap !== null) report('GetQueuedCompletionStatusEx', this.#handle, start, answer);
    return answer;
  }

  #take(timeoutMs: number): number {
    waitNative ??= resolve(
      'GetQueuedCompletionStatusEx',
      'int',
      ['address', 'address', 'uint', 'address', 'uint', 'int'],
      KERNEL32,
    );
    const { address } = this.#arena;
    const ms = timeoutMs < 0 ? INFINITE : Math.min(timeoutMs, INFINITE - 1);
    const answer = settleTruth(
      waitNative(this.#handle, address, this.#count, this.#countAddress, ms, 0),
    );
    if (answer === -ERRNO.ETIMEDOUT) return 0;
    if (answer < 0) return this.#lost(answer);
    const count = this.#countWord[0] as number;
    for (let index = 0; index < count; index++) {
      if (this.overlappedAt(index) === 0 && this.keyAt(index) === KEY.closed) {
        return this.#lost(-ERRNO.EBADF);
      }
    }
    return count;
  }

  #lost(answer: number): number {
    if (answer === -ERRNO.EBADF) this.#isGone = true;
    return answer;
  }

  /** The address of the OVERLAPPED of packet `index` of the last wait; 0 when it is a wake-up. */
  overlappedAt(index: number): number {
    const at = index * ENTRY_WORDS + OVERLAPPED_AT;
    const high = this.entries[at + 1] as number;
    return high * LOW_WORDS + ((this.entries[at] as number) >>> 0);
  }

  /** The key of packet `index`, which is that of its handle. */
  keyAt(index: number): number {
    return this.entries[index * ENTRY_WORDS + KEY_AT] as number;
  }

  /** Ends the wait of the thread that waits here, or the next one: any thread may call it. */
  post(): number {
    return postToPort(this.#handle, KEY.wake);
  }

  /** How many threads wait here. */
  get waiters(): number {
    let count = 0;
    for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
      if (Atomics.load(table, slot + COMPLETION_PORT) === this.#handle) count++;
    }
    return count;
  }

  /** Closes it; a thread that waits there is told first, and its wait answers EBADF. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const handle = this.#handle;
    const told = this.#isGone ? 0 : this.waiters;
    for (let left = told; left > 0; left--) postToPort(handle, KEY.closed);
    this.#handle = -1;
    closeNative ??= resolve('CloseHandle', 'int', ['address'], KERNEL32);
    if (!this.#isGone) closeNative(handle);
    this.#arena.close();
  }

  /** Lets go of a port that another thread has opened. */
  release(): void {
    this.#isClosed = true;
    this.#handle = -1;
    this.#arena.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
