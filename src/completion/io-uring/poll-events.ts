/** Interest and ready bits, which are those of selectors, and the events of poll(2). */
import { POLL } from '../../sys/abi.ts';

const { POLLIN, POLLOUT, POLLPRI, POLLHUP, POLLERR } = POLL;

/** By bit: READABLE, WRITABLE, PRIORITY, HANGUP, ERROR. */
const EVENTS = [POLLIN, POLLOUT, POLLPRI, POLLHUP, POLLERR];

/** The events to ask for. */
export function eventsOf(interest: number): number {
  let events = 0;
  for (const [bit, event] of EVENTS.entries()) if ((interest & (1 << bit)) !== 0) events |= event;
  return events;
}

/** The ready bits for events that were reported. */
export function readyOf(events: number): number {
  let ready = 0;
  for (const [bit, event] of EVENTS.entries()) if ((events & event) !== 0) ready |= 1 << bit;
  return ready;
}
