/**
 * The hub's set on kqueue(2).
 *
 * A direction is an entry there, and one with EV_DISPATCH is silent from its event until it is
 * enabled. The other directions of the same number are disabled with it, so that a number reports
 * once. Enabling says ENOENT when the number was closed since: the kernel has forgotten the entry.
 */
import { fstatSync } from 'node:fs';
import { SystemError, UnsupportedError } from '../errors.ts';
import { ERROR, HANGUP, PRIORITY, READABLE, WRITABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { EV, KEVENT_ABI, KEVENT_SYSTEM } from '../sys/bsd/abi.ts';
import { Changes } from '../sys/bsd/changes.ts';
import { KeventList, kqueue } from '../sys/bsd/kevent.ts';
import { close } from '../sys/descriptor.ts';
import type { Instance, InstanceEvent } from './instance.ts';

/** Events of one turn of the loop; more come in the next one. */
const EVENTS_MAX = 256;
const { filters, notes } = KEVENT_ABI;
const DIRECTIONS: readonly (readonly [bit: number, filter: number, fflags: number])[] = [
  [READABLE, filters.EVFILT_READ, 0],
  [WRITABLE, filters.EVFILT_WRITE, 0],
  [PRIORITY, filters.EVFILT_EXCEPT ?? 0, notes.NOTE_OOB ?? 0],
];

function bitOf(filter: number): number {
  if (filter === filters.EVFILT_READ) return READABLE;
  return filter === filters.EVFILT_WRITE ? WRITABLE : PRIORITY;
}

export class KqueueInstance implements Instance {
  static readonly call = 'kevent';
  static readonly isAtHome = KEVENT_SYSTEM !== null;
  readonly fd: number;
  readonly #events = new KeventList(EVENTS_MAX);
  readonly #changes = new Changes();
  /** By number: the directions that have an entry, armed or not. */
  readonly #entered = new Map<number, number>();
  /** By number: what is ready in the batch that is being gathered. */
  readonly #gathered = new Map<number, InstanceEvent>();

  constructor() {
    this.fd = kqueue();
    if (this.fd < 0) throw new SystemError(this.fd, 'kqueue');
  }

  probe(fd: number): number {
    const entered = this.#entered.get(fd);
    if (entered !== undefined) {
      // A change that changes nothing only asks whether the entry is there.
      this.#put(fd, entered, 0);
      if (this.#changes.apply(this.fd) === 0) return 1;
      this.remove(fd);
    }
    // It would be told ready while its position is before its end, as good as always.
    const stat = fstatSync(fd);
    if (stat.isFile() || stat.isDirectory()) return -ERRNO.EPERM;
    this.#put(fd, READABLE, EV.EV_ADD | EV.EV_DISABLE);
    const result = this.#changes.apply(this.fd);
    if (result < 0) return result;
    this.#put(fd, READABLE, EV.EV_DELETE);
    return this.#changes.apply(this.fd, ERRNO.ENOENT);
  }

  arm(fd: number, interest: number, generation: number, isEntered: boolean): number {
    refuseAbsent(interest);
    const before = isEntered ? (this.#entered.get(fd) ?? 0) : 0;
    this.#put(fd, before & interest, EV.EV_ENABLE);
    let result = this.#changes.apply(this.fd);
    if (result < 0) return result;
    this.#put(fd, interest & ~before, EV.EV_ADD | EV.EV_DISPATCH, generation);
    result = this.#changes.apply(this.fd);
    if (result < 0) return result;
    this.#put(fd, before & ~interest, EV.EV_DELETE);
    this.#entered.set(fd, interest);
    return this.#changes.apply(this.fd, ERRNO.ENOENT);
  }

  remove(fd: number): void {
    this.#put(fd, this.#entered.get(fd) ?? 0, EV.EV_DELETE);
    this.#entered.delete(fd);
    this.#changes.apply(this.fd, ERRNO.ENOENT, ERRNO.EBADF);
  }

  collect(tell: (event: InstanceEvent) => void): void {
    const events = this.#events;
    const gathered = this.#gathered;
    const count = events.wait(this.fd, 0);
    for (let index = 0; index < count; index++) {
      const fd = events.ident(index);
      const hasEnded = (events.flags(index) & EV.EV_EOF) !== 0;
      const bit = bitOf(events.filter(index));
      const hasError = hasEnded && bit !== PRIORITY && events.fflags(index) !== 0;
      const ready = bit | (hasEnded ? HANGUP : 0) | (hasError ? ERROR : 0);
      const known = gathered.get(fd);
      if (known !== undefined) known.ready |= ready;
      else gathered.set(fd, { fd, generation: events.udata(index), ready });
    }
    for (const event of gathered.values()) this.#silence(event);
    for (const event of gathered.values()) tell(event);
    gathered.clear();
  }

  close(): void {
    close(this.fd);
    this.#events.close();
    this.#changes.close();
  }

  /** The directions that were not ready, which dispatching has left armed. */
  #silence({ fd, ready }: InstanceEvent): void {
    this.#put(fd, (this.#entered.get(fd) ?? 0) & ~ready, EV.EV_DISABLE);
    this.#changes.apply(this.fd, ERRNO.ENOENT, ERRNO.EBADF);
  }

  /** Puts one change for each direction among `bits` on the list. */
  #put(fd: number, bits: number, flags: number, udata = 0): void {
    for (const [bit, filter, fflags] of DIRECTIONS) {
      if ((bits & bit) !== 0) this.#changes.put(fd, filter, flags, { fflags, udata });
    }
  }
}

function refuseAbsent(interest: number): void {
  if ((interest & PRIORITY) === 0 || filters.EVFILT_EXCEPT !== null) return;
  throw new UnsupportedError({
    model: "PRIORITY in Node's own loop",
    reason: `kqueue of ${KEVENT_SYSTEM} has no filter for urgent data`,
    remedy: "wait for it in a thread: openSelector('poll')",
  });
}
