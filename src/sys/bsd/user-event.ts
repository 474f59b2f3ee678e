/** Events that a program triggers itself, from any thread, by the number of a queue (EVFILT_USER). */
import { EV, KEVENT_ABI } from './abi.ts';
import { Changes } from './changes.ts';

const { filters, notes } = KEVENT_ABI;

/** Whether this system's kqueue has them. */
export const HAS_USER_EVENTS = filters.EVFILT_USER !== null;

let changes: Changes | null = null;

function tell(queue: number, ident: number, flags: number, fflags: number): number {
  changes ??= new Changes();
  changes.put(ident, filters.EVFILT_USER ?? 0, flags, { fflags });
  return changes.apply(queue);
}

/** Adds one: 0, or the negative error number (EINVAL where the kernel is older than its header). */
export function addUserEvent(queue: number, ident: number): number {
  return tell(queue, ident, EV.EV_ADD | EV.EV_CLEAR, 0);
}

/** Triggers one; `value` has 24 bits. 0, or the negative error number (ENOENT, EBADF). */
export function triggerUserEvent(queue: number, ident: number, value: number): number {
  const copy = (notes.NOTE_FFCOPY ?? 0) | value;
  return tell(queue, ident, 0, (notes.NOTE_TRIGGER ?? 0) | copy);
}
