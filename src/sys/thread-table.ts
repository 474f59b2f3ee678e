/**
 * The memory that all threads of a process share: who waits in the kernel, how many threads are
 * setting up the foreign library, and whether the process exits.
 *
 * It reaches a worker through the environment data of `worker_threads`: a worker started by a
 * program that never imported polyio in its main thread has a table of its own, and nobody can end
 * its waits when that program exits.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const ENVIRONMENT_KEY = 'polyio:waiting-threads';

/** How many threads can have waited at once. */
export const SLOTS = 1_024;

/**
 * One thread's slot: its state, its number in worker_threads, its stop word, and in two words what
 * the system knows it by, which some systems need 64 bits for.
 */
export const SLOT_WORDS = 8;
export const STATE = 0;
export const THREAD_ID = 1;
export const WORD = 2;
/** Windows alone: the handle and the port of the socket that wakes it. */
export const WAKE_SOCKET = 3;
const IDENTITY = 4;
export const WAKE_PORT = 7;
/** Windows alone: the completion port that the thread waits at, or 0. */
export const COMPLETION_PORT = 6;

/** What STATE holds. */
export const FREE = 0;
export const IDLE = 1;
export const WAITING = 2;

/** What WORD holds. */
export const NONE = 0;
export const REQUESTED = 1;

/** Slot 0 is the table's own: whether the process exits, and how many threads are in a set-up. */
export const EXIT_WORD = 0;
export const SETTING_UP = 1;
export const EXITING = 1;

export const table: Int32Array = openTable();

const identities = new BigUint64Array(table.buffer);

/** Who owns a slot, as the system knows threads; 0 for nobody. */
export function ownerOf(slot: number): number {
  return Number(Atomics.load(identities, (slot + IDENTITY) >> 1));
}

/** Hands a slot from one owner to another: false when the first is not its owner any more. */
export function changeOwner(slot: number, from: number, to: number): boolean {
  const expected = BigInt(from);
  const index = (slot + IDENTITY) >> 1;
  return Atomics.compareExchange(identities, index, expected, BigInt(to)) === expected;
}

let mine = 0;

/** The slot of the calling thread, 0 while it has none. */
export function ownSlot(): number {
  return mine;
}

/** Remembers the slot that the calling thread has taken, or given back (0). */
export function setOwnSlot(slot: number): void {
  mine = slot;
}

/** Whether the calling thread is in a wait: then the exiting process waits for it. */
export function isWaitingHere(): boolean {
  return mine !== 0 && table[mine + STATE] === WAITING;
}

function openTable(): Int32Array {
  const inherited = getEnvironmentData(ENVIRONMENT_KEY);
  if (inherited instanceof SharedArrayBuffer) return new Int32Array(inherited);
  const bytes = Int32Array.BYTES_PER_ELEMENT * SLOT_WORDS * (SLOTS + 1);
  const shared = new SharedArrayBuffer(bytes);
  setEnvironmentData(ENVIRONMENT_KEY, shared);
  return new Int32Array(shared);
}
