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
 * number, whether it is waiting, and a stop word. `interrupt` sets the word and repeats the
 * signal until the thread has seen it. A wait that sees EINTR looks at the word before it goes on.
 * When the process exits, the main thread does the same to every slot.
 */
import { isMainThread, threadId, type Worker } from 'node:worker_threads';
import { PolyioError, SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO } from './abi.ts';
import {
  changeOwner,
  EXIT_WORD,
  EXITING,
  FREE,
  IDLE,
  NONE,
  ownerOf,
  ownSlot,
  REQUESTED,
  SETTING_UP,
  SLOT_WORDS,
  SLOTS,
  STATE,
  setOwnSlot,
  THREAD_ID,
  table,
  WAITING,
  WORD,
} from './thread-table.ts';
import {
  currentThread,
  isThreadAlive,
  KNOWS_DEAD_THREADS,
  prepareToBeWoken,
  wakeThread,
} from './threads.ts';

/** How long one signal gets before the next is sent, in milliseconds. */
export const SIGNAL_INTERVAL_MS = 5;

const EXIT_LIMIT_MS = 5_000;

let depth = 0;

/** Takes a slot that is free, or whose thread is gone without having freed it (a terminated worker). */
function take(slot: number, thread: number): boolean {
  const owner = ownerOf(slot);
  if (owner !== 0 && isThreadAlive(process.pid, owner)) return false;
  // One exchange decides, so that of two threads that see the same slot only one gets it.
  return changeOwner(slot, owner, thread);
}

function claim(): number {
  const result = prepareToBeWoken();
  if (result < 0) throw new SystemError(result, 'sigaction');
  const thread = currentThread();
  for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
    if (!take(slot, thread)) continue;
    // A thread that was terminated in its wait left its slot as it was.
    Atomics.store(table, slot + STATE, FREE);
    Atomics.store(table, slot + THREAD_ID, threadId);
    Atomics.store(table, slot + WORD, NONE);
    Atomics.store(table, slot + STATE, IDLE);
    process.once('exit', release);
    setOwnSlot(slot);
    return slot;
  }
  throw new RangeError(`more than ${SLOTS} threads wait in the kernel at once`);
}

function release(): void {
  const slot = ownSlot();
  Atomics.store(table, slot + STATE, FREE);
  changeOwner(slot, ownerOf(slot), 0);
  setOwnSlot(0);
}

/**
 * Marks the calling thread as waiting, so that an interrupt signals it. Every wait in the kernel
 * stands between this and `endWait`. Throws ERR_POLYIO_INTERRUPTED when one is already due.
 */
export function beginWait(): void {
  const slot = ownSlot() || claim();
  depth++;
  Atomics.store(table, slot + STATE, WAITING);
  try {
    checkInterrupt();
  } catch (interrupted) {
    endWait();
    throw interrupted;
  }
}

/** The other end of `beginWait`; they nest. */
export function endWait(): void {
  if (--depth === 0) Atomics.store(table, ownSlot() + STATE, IDLE);
}

/** Throws ERR_POLYIO_INTERRUPTED when the calling thread was interrupted, once; for ever while the process exits. */
export function checkInterrupt(): void {
  const slot = ownSlot();
  if (slot !== 0 && Atomics.load(table, slot + WORD) === REQUESTED) {
    Atomics.compareExchange(table, slot + WORD, REQUESTED, NONE);
    throw new PolyioError('ERR_POLYIO_INTERRUPTED', 'the wait was interrupted by another thread');
  }
  if (Atomics.load(table, EXIT_WORD) === EXITING) {
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
    wakeThread(process.pid, ownerOf(slot));
    await new Promise((wake) => setTimeout(wake, SIGNAL_INTERVAL_MS));
  }
  return Atomics.load(table, slot + WORD) !== REQUESTED;
}

/**
 * Signals every waiting thread until none is left, and lets those that are setting up the foreign
 * library finish: the process cannot end before.
 */
function interruptAll(): void {
  Atomics.store(table, EXIT_WORD, EXITING);
  const deadline = performance.now() + EXIT_LIMIT_MS;
  const pause = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (;;) {
    let sleeping = 0;
    for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
      if (slot === ownSlot() || !isSleeping(slot)) continue;
      if (wakeThread(process.pid, ownerOf(slot)) === 0) sleeping++;
    }
    const isQuiet = sleeping === 0 && Atomics.load(table, SETTING_UP) === 0;
    if (isQuiet || performance.now() > deadline) return;
    Atomics.wait(pause, 0, 0, SIGNAL_INTERVAL_MS);
  }
}

/** Frees what a worker left behind that was terminated in its wait. */
function forget(target: number): void {
  const slot = slotOf(target);
  if (slot === 0) return;
  Atomics.store(table, slot + STATE, FREE);
  changeOwner(slot, ownerOf(slot), 0);
}

function forgetWhenGone(worker: Worker): void {
  const target = worker.threadId;
  worker.once('exit', () => forget(target));
}

if (isMainThread) process.on('exit', interruptAll);
// A thread that was waited for must not be asked about: whoever started it hears of its end first.
if (!KNOWS_DEAD_THREADS) process.on('worker', forgetWhenGone);
