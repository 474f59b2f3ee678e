/** Packets that wake whoever waits at a completion port, or say that it is being closed. */
import { bindTruth } from '../ffi.ts';
import { COMPLETION_PORT, FREE, ownerOf, SLOT_WORDS, STATE, table } from '../thread-table.ts';
import { KERNEL32 } from './libraries.ts';

/** The keys of packets without an OVERLAPPED. */
export const KEY = { wake: 0, closed: 1 } as const;

const postQueuedCompletionStatus = bindTruth<
  [port: number, bytes: number, key: number, overlapped: number]
>('PostQueuedCompletionStatus', 'int', ['fd', 'uint', 'address', 'address'], KERNEL32);

/** Posts a packet without an OVERLAPPED: 0, or the negative error number. */
export function postToPort(port: number, key: number): number {
  return Math.min(postQueuedCompletionStatus(port, 0, key, 0), 0);
}

/** The port that a thread waits at; 0 when it waits at none. */
export function portOfThread(thread: number): number {
  for (let slot = SLOT_WORDS; slot < table.length; slot += SLOT_WORDS) {
    if (ownerOf(slot) !== thread || table[slot + STATE] === FREE) continue;
    return Atomics.load(table, slot + COMPLETION_PORT);
  }
  return 0;
}
