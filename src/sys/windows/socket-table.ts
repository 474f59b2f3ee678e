/**
 * What is known about the sockets of this process, by their handles, in memory that all threads
 * share.
 *
 * Facts: a handle does not tell what it is, and a socket does not tell whether it is blocking
 * (FIONBIO can only be set). Handles are multiples of 4, at most 2^24 of a process at once. The
 * number is reused at once after a close.
 *
 * What this means for us: who opens, accepts, adopts or closes a socket says it here. The table
 * reaches a worker as that of the waiting threads does.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { HOST } from '../../platform/host.ts';

const ENVIRONMENT_KEY = 'polyio:sockets';

/** Handles below this have a place; one above is refused as if the process had too many. */
const HANDLES_BELOW = 2 ** 24;
const ENTRIES = HANDLES_BELOW / 4;

/** How many sockets a process can have open. */
export const SOCKETS_MAX = ENTRIES;

const KNOWN = 1;
const NON_BLOCKING = 2;

const table = HOST === 'win32' ? openTable() : new Uint8Array(0);

function openTable(): Uint8Array {
  const inherited = getEnvironmentData(ENVIRONMENT_KEY);
  if (inherited instanceof SharedArrayBuffer) return new Uint8Array(inherited);
  const shared = new SharedArrayBuffer(ENTRIES);
  setEnvironmentData(ENVIRONMENT_KEY, shared);
  return new Uint8Array(shared);
}

/** Takes a socket in. False when its handle has no place. */
export function noteSocket(fd: number, nonBlocking: boolean): boolean {
  if (fd >= HANDLES_BELOW) return false;
  table[fd >>> 2] = nonBlocking ? KNOWN | NON_BLOCKING : KNOWN;
  return true;
}

export function forgetSocket(fd: number): void {
  if (fd < HANDLES_BELOW) table[fd >>> 2] = 0;
}

/** Whether it is a socket that was opened, accepted or adopted here. */
export function isKnownSocket(fd: number): boolean {
  return ((table[fd >>> 2] ?? 0) & KNOWN) !== 0;
}

/** Whether its calls are to answer would-block instead of waiting. */
export function isMarkedNonBlocking(fd: number): boolean {
  return ((table[fd >>> 2] ?? 0) & NON_BLOCKING) !== 0;
}

/** The handles of the sockets that are open now. */
export function knownSockets(): number[] {
  const found: number[] = [];
  for (let at = table.indexOf(KNOWN); at >= 0; at = table.indexOf(KNOWN, at + 1))
    found.push(at * 4);
  const both = KNOWN | NON_BLOCKING;
  for (let at = table.indexOf(both); at >= 0; at = table.indexOf(both, at + 1)) found.push(at * 4);
  return found.sort((a, b) => a - b);
}
