/**
 * Facts about poll(2):
 * - The program hands over an array of { fd, events } and the kernel writes `revents` beside them:
 *   no limit but the number of open descriptors, and nothing to prepare anew for each call.
 * - It is still O(n): the kernel copies the array in, visits every descriptor, puts the thread on
 *   every one's wait queue and takes it off again; the program then looks at every entry.
 * - POLLERR, POLLHUP and POLLNVAL are reported whether asked for or not.
 * - A closed descriptor is reported as POLLNVAL, in its own entry, at once and at every call.
 * - The kernel remembers nothing: a number that was closed and opened again is simply watched.
 * - Regular files are always ready.
 *
 * What this means for us: the array lies in mapped memory and is changed in place; the last entry
 * takes the place of one that leaves. Who calls without anything ready pays for every idle
 * descriptor, which is why epoll comes first in the list of candidates.
 */
import { SystemError, type Unsupported } from '../errors.ts';
import { ERRNO, POLLFD } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { isOpen } from '../sys/descriptor.ts';
import { poll } from '../sys/poll.ts';
import { eventsOf, READY_MASK, READY_OF } from './events.ts';
import { probe } from './probe.ts';
import { refuseOptions } from './refuse-options.ts';
import { BaseSelector, grown } from './registry.ts';
import type { RegisterOptions } from './selector.ts';

const ENTRY_WORDS = POLLFD.size / Int32Array.BYTES_PER_ELEMENT;
const INITIAL_ENTRIES = 64;
/** `events` and `revents` share one word: the kernel's half is the upper one. */
const EVENTS_WORD = POLLFD.fields.events[0] / Int32Array.BYTES_PER_ELEMENT;
const REVENTS_SHIFT = 16;

/** `Selector` on poll(2): any number of descriptors, at a cost that grows with it. */
export class PollSelector<Data = unknown> extends BaseSelector<Data> {
  static readonly model = 'poll';

  /** Asks the kernel whether it has poll(2): null, or why not. */
  static unavailable(): Unsupported | null {
    return probe('poll', 'poll', () => poll(0, 0, 0));
  }

  override readonly model = 'poll';
  protected override readonly call = 'poll';
  #arena = Arena.map(INITIAL_ENTRIES * POLLFD.size);
  #entries = new Int32Array(this.#arena.buffer);
  #indexes = new Int32Array(INITIAL_ENTRIES);
  #count = 0;

  protected override add(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions,
  ): void {
    refuseOptions('poll', options);
    if (!isOpen(fd)) throw new SystemError(ERRNO.EBADF, 'fcntl', { hint: `fd ${fd} is not open` });
    // One entry more is the call's own.
    if ((this.#count + 1) * ENTRY_WORDS === this.#entries.length) this.#grow();
    this.#indexes = grown(this.#indexes, fd);
    this.#indexes[fd] = this.#count;
    this.#entries[this.#count * ENTRY_WORDS] = fd;
    this.#entries[this.#count * ENTRY_WORDS + EVENTS_WORD] = eventsOf(interest);
    this.#count++;
  }

  protected override change(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions | undefined,
  ): void {
    refuseOptions('poll', options);
    this.#entries[(this.#indexes[fd] as number) * ENTRY_WORDS + EVENTS_WORD] = eventsOf(interest);
  }

  protected override remove(fd: number): void {
    const entries = this.#entries;
    const index = this.#indexes[fd] as number;
    const last = --this.#count;
    const moved = entries[last * ENTRY_WORDS] as number;
    entries[index * ENTRY_WORDS] = moved;
    entries[index * ENTRY_WORDS + EVENTS_WORD] = entries[
      last * ENTRY_WORDS + EVENTS_WORD
    ] as number;
    this.#indexes[moved] = index;
  }

  protected override poll(timeoutMs: number): number {
    const result = poll(this.#arena.address, this.#count, timeoutMs);
    if (result > 0) this.#collect(result);
    return result;
  }

  protected override release(): void {
    this.#arena.close();
  }

  #collect(result: number): void {
    const entries = this.#entries;
    let left = result;
    for (let index = 0; left > 0 && index < this.#count; ) {
      const events = (entries[index * ENTRY_WORDS + EVENTS_WORD] as number) >>> REVENTS_SHIFT;
      if (events !== 0) {
        left--;
        const fd = entries[index * ENTRY_WORDS] as number;
        const ready = READY_OF[events & READY_MASK] as number;
        // A refused event takes its entry with it: another one stands at this index now.
        if (!this.deliver(fd, this.generationOf(fd), ready)) continue;
      }
      index++;
    }
  }

  #grow(): void {
    const larger = Arena.map(this.#arena.size * 2);
    const entries = new Int32Array(larger.buffer);
    entries.set(this.#entries);
    this.#arena.close();
    this.#arena = larger;
    this.#entries = entries;
  }
}
