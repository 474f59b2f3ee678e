/**
 * Facts about inotify(7):
 * - One descriptor, many watches; a watch is on an inode, so that a second name of the same file
 *   gives the same watch, whose mask it replaces. A directory's watch tells of its entries, not of
 *   what is deeper.
 * - The kernel queues records; equal neighbours become one. The queue has a limit
 *   (fs.inotify.max_queued_events): what does not fit is lost, and one IN_Q_OVERFLOW says so.
 * - A move is two records with one cookie, one for each watched directory; with only one of them
 *   watched there is only one. The two follow each other closely, yet not as one step: another
 *   record may come between, and a read may end between.
 * - A watch that is gone (removed, its file deleted, its file system unmounted, IN_ONESHOT done)
 *   says IN_IGNORED last.
 * - A read takes whole records; the buffer must have room for a name of 255 bytes.
 *
 * What this means for us: a batch that holds the first half of a move without the second is read on:
 * `read` waits a moment for it, `tryRead` takes what is there. Only when both were seen does one
 * event say so; a half that stays alone is delivered as what it is, with its cookie. After an
 * overflow what is watched has to be looked at anew.
 */
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { read } from '../sys/descriptor.ts';
import { INOTIFY } from '../sys/linux/event-abi.ts';
import { inotifyAddWatch, inotifyInit1, inotifyRmWatch } from '../sys/linux/inotify.ts';
import { pollFd } from '../sys/poll.ts';
import { Descriptor } from './descriptor.ts';
import { decodeEvents, hasLoneHalf, joinMoves, type RawEvent } from './inotify-events.ts';
import { asPath, pathHint } from './opening.ts';
import { callNow } from './waiting.ts';

const BUFFER_BYTES = 65_536;
/** How long `read` waits for the second half of a move, in milliseconds. */
const JOIN_MS = 10;
/** How often a batch is read on for a second half, so that a busy directory cannot hold it up. */
const JOIN_READS = 4;

/** What can be watched for. */
const EVENTS = [
  'IN_ACCESS',
  'IN_MODIFY',
  'IN_ATTRIB',
  'IN_CLOSE_WRITE',
  'IN_CLOSE_NOWRITE',
  'IN_OPEN',
  'IN_MOVED_FROM',
  'IN_MOVED_TO',
  'IN_CREATE',
  'IN_DELETE',
  'IN_DELETE_SELF',
  'IN_MOVE_SELF',
] as const satisfies readonly (keyof typeof INOTIFY)[];

/** What comes unasked. */
const UNASKED = ['IN_UNMOUNT', 'IN_IGNORED'] as const;

/** Several events by one name, and how to watch. */
const FLAGS = [
  'IN_CLOSE',
  'IN_MOVE',
  'IN_ALL_EVENTS',
  'IN_ONLYDIR',
  'IN_DONT_FOLLOW',
  'IN_EXCL_UNLINK',
  'IN_MASK_CREATE',
  'IN_MASK_ADD',
  'IN_ONESHOT',
] as const;

const MASKS = new Set<string>([...EVENTS, ...FLAGS]);

/** What to watch for and how: the names of inotify(7). */
export type InotifyMask = (typeof EVENTS)[number] | (typeof FLAGS)[number];

/** Something that is watched. */
export interface InotifyWatch {
  /** The kernel's number of it; numbers are not given again soon. */
  readonly id: number;
  /** As it was first given. */
  readonly path: string;
}

/** Where something is: in a watched directory, by its name there. */
export interface InotifyPlace {
  readonly watch: InotifyWatch;
  readonly name: string;
}

/** One thing that happened. */
export interface InotifyChange {
  readonly event: (typeof EVENTS)[number] | (typeof UNASKED)[number];
  readonly watch: InotifyWatch;
  /** The name in the watched directory; null when it is about the watched thing itself. */
  readonly name: string | null;
  readonly isDirectory: boolean;
  /** The same number in both halves of a move that were seen apart, 0 elsewhere. */
  readonly cookie: number;
}

/** A move of which both halves were seen. */
export interface InotifyMove {
  readonly event: 'IN_MOVE';
  readonly from: InotifyPlace;
  readonly to: InotifyPlace;
  readonly isDirectory: boolean;
}

/** The queue was full and events are lost: look at everything anew. */
export interface InotifyOverflow {
  readonly event: 'IN_Q_OVERFLOW';
}

/** One record of a batch: something that happened, a move whose halves were joined, or lost events. */
export type InotifyEvent = InotifyChange | InotifyMove | InotifyOverflow;

const HINTS: Readonly<Record<string, string>> = {
  [`inotify_init1 ${ERRNO.EMFILE}`]:
    'no descriptor is left, or this user has too many: see fs.inotify.max_user_instances',
  [`inotify_add_watch ${ERRNO.ENOSPC}`]:
    'this user has too many watches: raise fs.inotify.max_user_watches, or watch less',
  [`inotify_add_watch ${ERRNO.EACCES}`]: 'watching needs the right to read it',
  [`inotify_add_watch ${ERRNO.EEXIST}`]: 'it is watched already, and IN_MASK_CREATE was given',
};

function maskOf(names: readonly InotifyMask[]): number {
  if (!Array.isArray(names)) {
    throw new TypeError(`mask must be an array of names, got ${inspect(names)}`);
  }
  let mask = 0;
  for (const name of names as readonly InotifyMask[]) {
    if (!MASKS.has(name)) {
      throw new TypeError(`mask: ${inspect(name)} is none of ${[...MASKS].join(', ')}`);
    }
    mask |= INOTIFY[name];
  }
  if ((mask & INOTIFY.IN_ALL_EVENTS) === 0) {
    throw new TypeError(`mask must name at least one event, got ${inspect(names)}`);
  }
  return mask >>> 0;
}

/** What happens to files and directories, as events that a selector can watch for: inotify(7). */
export class Inotify extends Descriptor {
  readonly #watches = new Map<number, InotifyWatch>();
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  /** Opens one that watches nothing yet and waits for ever. Throws SystemError (EMFILE). */
  static open(): Inotify {
    const fd = inotifyInit1(INOTIFY.IN_CLOEXEC);
    if (fd >= 0) return new Inotify(fd, false);
    throw new SystemError(fd, 'inotify_init1', { hint: HINTS[`inotify_init1 ${-fd}`] });
  }

  /**
   * Watches a file or directory. What is watched already, under this name or another, keeps its
   * watch, which is returned, and gets the new mask (IN_MASK_ADD adds to it).
   *
   * Throws SystemError with the path (ENOENT, EACCES, ENOSPC, ENOTDIR), TypeError for a mask that
   * names no event. @see inotify_add_watch(2)
   */
  watch(path: string | URL, mask: readonly InotifyMask[]): InotifyWatch {
    const fd = this.openFd('watch');
    const name = asPath(path);
    const id = inotifyAddWatch(fd, name, maskOf(mask));
    if (id < 0) {
      const hint = HINTS[`inotify_add_watch ${-id}`] ?? pathHint(id);
      throw new SystemError(id, 'inotify_add_watch', { path: name, hint });
    }
    const watch = this.#watches.get(id) ?? { id, path: name };
    this.#watches.set(id, watch);
    return watch;
  }

  /**
   * Ends a watch; its events that nobody has read still come, and IN_IGNORED last. Nothing happens
   * when it has ended by itself. Throws TypeError for a watch of somebody else.
   */
  unwatch(watch: InotifyWatch): void {
    const fd = this.openFd('unwatch');
    if (typeof watch !== 'object' || watch === null || typeof watch.id !== 'number') {
      throw new TypeError(`watch must be what watch() returned, got ${inspect(watch)}`);
    }
    const known = this.#watches.get(watch.id);
    if (known === undefined) return;
    if (known !== watch) {
      throw new TypeError(`watch ${watch.id} (${watch.path}) is not one of this Inotify`);
    }
    const result = inotifyRmWatch(fd, watch.id);
    if (result < 0 && result !== -ERRNO.EINVAL) throw new SystemError(result, 'inotify_rm_watch');
  }

  /** What is watched; a watch that has ended stays until its IN_IGNORED was read. */
  watches(): InotifyWatch[] {
    return [...this.#watches.values()];
  }

  /**
   * Waits for events and takes them, in order; never none. When the first half of a move came
   * alone, it waits up to 10 ms for the second, unless the Inotify is non-blocking.
   */
  read(): InotifyEvent[] {
    const count = this.wait('read', POLL.POLLIN, read, this.#buffer, BUFFER_BYTES, undefined);
    return this.#take(count, this.blocking ? JOIN_MS : 0);
  }

  /** Takes the events that are there, null when there are none. Throws TypeError when blocking. */
  tryRead(): InotifyEvent[] | null {
    this.requireNonBlocking('tryRead');
    const count = this.attempt('read', read, this.#buffer, BUFFER_BYTES, undefined);
    return count === null ? null : this.#take(count, 0);
  }

  #take(count: number, waitMs: number): InotifyEvent[] {
    const raw = decodeEvents(this.#buffer.subarray(0, count));
    for (let reads = 0; reads < JOIN_READS && hasLoneHalf(raw); reads++) {
      // A failure here is told by the next read: what was taken already must not be lost with it.
      if (pollFd(this.fd, POLL.POLLIN, waitMs) <= 0) break;
      const more = callNow(read, this.fd, this.#buffer, BUFFER_BYTES, undefined);
      if (more <= 0) break;
      raw.push(...decodeEvents(this.#buffer.subarray(0, more)));
    }
    return joinMoves(raw).map((event) => {
      return 'from' in event ? this.#move(event.from, event.to) : this.#change(event);
    });
  }

  #move(from: RawEvent, to: RawEvent): InotifyMove {
    const isDirectory = (to.mask & INOTIFY.IN_ISDIR) !== 0;
    return { event: 'IN_MOVE', from: this.#place(from), to: this.#place(to), isDirectory };
  }

  #change(raw: RawEvent): InotifyChange | InotifyOverflow {
    if ((raw.mask & INOTIFY.IN_Q_OVERFLOW) !== 0) return { event: 'IN_Q_OVERFLOW' };
    const event = [...EVENTS, ...UNASKED].find((name) => (raw.mask & INOTIFY[name]) !== 0);
    const { watch, name } = this.#place(raw);
    if (event === 'IN_IGNORED') this.#watches.delete(raw.wd);
    return {
      event: event as InotifyChange['event'],
      watch,
      name: name === '' ? null : name,
      isDirectory: (raw.mask & INOTIFY.IN_ISDIR) !== 0,
      cookie: raw.cookie,
    };
  }

  #place({ wd, name }: RawEvent): InotifyPlace {
    return { watch: this.#watches.get(wd) ?? { id: wd, path: '' }, name };
  }

  protected override describe(): string {
    return `${this.#watches.size} watches`;
  }
}
