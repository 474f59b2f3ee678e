/**
 * Ending a wait from outside.
 *
 * Facts about threads that sleep in the kernel:
 * - A worker inside a call of C code hears nothing: no message, no `worker.terminate()`. While one
 *   sleeps there, `process.exit` runs its `exit` event and then hangs for ever; so does the end of
 *   the process after an uncaught throw.
 * - What wakes a sleeping call without harm to its descriptor is a signal whose handler does
 *   nothing, installed without SA_RESTART: the call returns EINTR.
 * - A single signal may arrive just before the call and is then lost for it.
 *
 * What this means for us: each thread that waits owns a slot in memory shared by all threads: its
 * kernel number, whether it is waiting, and a stop word. `interrupt` sets the word and repeats the
 * signal until the thread has seen it. A wait that sees EINTR looks at the word before it goes on.
 * When the process exits, the main thread does the same to every slot.
 *
 * The shared memory reaches a worker through the environment data of `worker_threads`: a worker
 * started by a program that never imported polyio in its main thread has a table of its own, and
 * nobody can end its waits when that program exits.
 */
import {
  getEnvironmentData,
  isMainThread,
  setEnvironmentData,
  threadId,
  type Worker,
} from 'node:worker_threads';
import { PolyioError, SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { gettid, tgkill } from './linux/thread.ts';
import { ERRNO, SIGNAL } from './posix/abi.ts';
import { installHarmlessHandler } from './posix/signal.ts';
import { getpid } from './posix/unistd.ts';

/** The signal that ends waits. Its number is part of the contract: it must stay unblocked. */
export const INTERRUPT_SIGNAL = SIGNAL.SIGRTMIN + 9;

/** How long one signal gets before the next is sent, in milliseconds. */
export const SIGNAL_INTERVAL_MS = 5;

const EXIT_LIMIT_MS = 5_000;
const ENVIRONMENT_KEY = 'polyio:waiting-threads';

// One slot: the state, the thread's kernel number, its number in worker_threads, the stop word.
const SLOT_WORDS = 8;
const STATE = 0;
const TID = 1;
const THREAD_ID = 2;
const WORD = 3;
const FREE = 0;
const IDLE = 1;
const WAITING = 2;
const NONE = 0;
const REQUESTED = 1;
const EXITING = 2;
const SLOTS = 1_024;

// Slot 0 is the table's own: its WORD says that the process is exiting.
const table = openTable();
let mine = 0;
let depth = 0;

function openTable(): Int32Array {
  const inherited = getEnvironmentData(ENVIRONMENT_KEY);
  if (inherited instanceof SharedArrayBuffer) return new Int32Array(inherited);
  const bytes = Int32Array.BYTES_PER_ELEMENT * SLOT_WORDS * (SLOTS + 1);
  const shared = new SharedArrayBuffer(bytes);
  setEnvironmentData(ENVIRONMENT_KEY, shared);
  return new Int32Array(shared);
}

/** Takes a slot that is free, or whose thread is gone without having freed it (a terminated worker). */
function take(slot: number, tid: number): boolean {
  const owner = Atomics.load(table, slot + TID);
  if (owner !== 0 && tgkill(getpid(), owner, 0) === 0) return false;
  // One word decides, so that of two threads that see the same slot only one gets it.
  return Atomics.compareExchange(table, slot + TID, owner, tid) === owner;
}

function claim(): number {
  const result = installHarmlessHandler(INTERRUPT_SIGNAL);
  if (result < 0) throw new SystemError(result, 'sigaction');
  const tid = gettid();
  for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
    if (!take(slot, tid)) continue;
    // A thread that was terminated in its wait left its slot as it was.
    Atomics.store(table, slot + STATE, FREE);
    Atomics.store(table, slot + THREAD_ID, threadId);
    Atomics.store(table, slot + WORD, NONE);
    Atomics.store(table, slot + STATE, IDLE);
    process.once('exit', release);
    return slot;
  }
  throw new RangeError(`more than ${SLOTS} threads wait in the kernel at once`);
}

function release(): void {
  Atomics.store(table, mine + STATE, FREE);
  Atomics.store(table, mine + TID, 0);
  mine = 0;
}

/**
 * Marks the calling thread as waiting, so that an interrupt signals it. Every wait in the kernel
 * stands between this and `endWait`. Throws ERR_POLYIO_INTERRUPTED when one is already due.
 */
export function beginWait(): void {
  if (mine === 0) mine = claim();
  depth++;
  Atomics.store(table, mine + STATE, WAITING);
  try {
    checkInterrupt();
  } catch (interrupted) {
    endWait();
    throw interrupted;
  }
}

/** The other end of `beginWait`; they nest. */
export function endWait(): void {
  if (--depth === 0) Atomics.store(table, mine + STATE, IDLE);
}

/** Throws ERR_POLYIO_INTERRUPTED when the calling thread was interrupted, once; for ever while the process exits. */
export function checkInterrupt(): void {
  if (mine !== 0 && Atomics.load(table, mine + WORD) === REQUESTED) {
    Atomics.compareExchange(table, mine + WORD, REQUESTED, NONE);
    throw new PolyioError('ERR_POLYIO_INTERRUPTED', 'the wait was interrupted by another thread');
  }
  if (Atomics.load(table, WORD) === EXITING) {
    throw new PolyioError('ERR_POLYIO_INTERRUPTED', 'the wait was interrupted: the process exits');
  }
}

/** For loops over calls that sleep: goes on after EINTR unless an interrupt is due, then throws it. */
export function isEintr(result: number): boolean {
  if (result !== -ERRNO.EINTR) return false;
  checkInterrupt();
  return true;
}

function slotOf(target: number): number {
  for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
    if (table[slot + STATE] !== FREE && table[slot + THREAD_ID] === target) return slot;
  }
  return 0;
}

function isSleeping(slot: number): boolean {
  return Atomics.load(table, slot + STATE) === WAITING;
}

/** Options of `interrupt`. */
export interface InterruptOptions {
  /** How long the thread may take to answer, in milliseconds (1 to 2^31-1). @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * Ends the wait of another thread of this process: its call throws `ERR_POLYIO_INTERRUPTED`.
 *
 * Resolves with true once the thread has seen it, with false when it is in no wait: then its next
 * one throws at once. Rejects with SystemError ETIMEDOUT when the thread does not answer in time,
 * and with TypeError when the worker has no waiting thread of polyio's.
 *
 * @param thread a Worker, or its `threadId`; 0 is the main thread
 */
export async function interrupt(
  thread: Worker | number,
  { timeoutMs = 5_000 }: InterruptOptions = {},
): Promise<boolean> {
  const target = typeof thread === 'number' ? thread : thread.threadId;
  const slot = slotOf(asInteger(target, 'thread', 0, 2 ** 31 - 1));
  if (slot === 0) throw new TypeError(`thread ${target} has never waited in a call of polyio`);
  asInteger(timeoutMs, 'timeoutMs', 1, 2 ** 31 - 1);
  Atomics.store(table, slot + WORD, REQUESTED);
  const deadline = performance.now() + timeoutMs;
  while (Atomics.load(table, slot + WORD) === REQUESTED && isSleeping(slot)) {
    if (performance.now() > deadline) throw new SystemError(ERRNO.ETIMEDOUT, 'interrupt');
    tgkill(getpid(), table[slot + TID] as number, INTERRUPT_SIGNAL);
    await new Promise((wake) => setTimeout(wake, SIGNAL_INTERVAL_MS));
  }
  return Atomics.load(table, slot + WORD) !== REQUESTED;
}

/** Signals every waiting thread until none is left; the process cannot end before. */
function interruptAll(): void {
  Atomics.store(table, WORD, EXITING);
  const deadline = performance.now() + EXIT_LIMIT_MS;
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (;;) {
    let sleeping = 0;
    for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
      if (slot === mine || !isSleeping(slot)) continue;
      if (tgkill(getpid(), table[slot + TID] as number, INTERRUPT_SIGNAL) === 0) sleeping++;
    }
    if (sleeping === 0 || performance.now() > deadline) return;
    Atomics.wait(pause, 0, 0, SIGNAL_INTERVAL_MS);
  }
}

if (isMainThread) process.on('exit', interruptAll);
