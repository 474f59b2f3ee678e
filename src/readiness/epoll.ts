/**
 * Facts about epoll(7):
 * - The set lives in the kernel, behind a descriptor of its own. Registering hooks a callback into
 *   the descriptor's wait queue; when something happens there, the callback appends the entry to a
 *   ready list, and `epoll_wait` hands out that list: O(ready), however many are idle.
 * - An entry is named by the number *and* the open file description behind it. Closing the number
 *   removes the entry only when no duplicate is left, in this process or a child. Until then it
 *   goes on reporting a number that is closed or somebody else's, and `EPOLL_CTL_DEL` cannot reach
 *   it, because the number does not lead to that description any more.
 * - Level-triggered entries go back to the end of the ready list until they are drained;
 *   edge-triggered ones (EPOLLET) report changes only; one-shot ones are silenced by their event.
 * - EPOLLERR and EPOLLHUP are reported whether asked for or not, and that includes an entry that
 *   asks for nothing: to pause, remove.
 * - Several instances that watch one listening socket all wake, unless they ask for EPOLLEXCLUSIVE,
 *   which cannot be changed afterwards.
 * - Regular files and directories are refused with EPERM: they are always ready.
 * - An instance is itself readable while its ready list is not empty, so instances nest, 5 deep.
 *
 * What this means for us: the 64 bits of data that an entry carries hold the number and the
 * generation of its registration, and an event of another generation is dropped and counted. A
 * batch of nothing else would come back at once and for ever, so the instance is then built anew
 * from the keys, which leaves such entries behind. Whoever has been given `fd` may have registered
 * it elsewhere, so that instance stays as it is: there, unregister before you close.
 */
import { SystemError, type Unsupported } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { EPOLL, EPOLL_EVENT } from '../sys/linux/abi.ts';
import { epollCreate1, epollCtl, epollWait } from '../sys/linux/epoll.ts';
import { eventsOf, READY_OF } from './events.ts';
import { probe } from './probe.ts';
import { BaseSelector, grown } from './registry.ts';
import type { RegisterOptions } from './selector.ts';

const EVENTS_MAX = 512;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const EVENT_WORDS = EPOLL_EVENT.size / WORD_BYTES;
/** The number lies in the low word of `data`, the generation in the high one. */
const FD_WORD = EPOLL_EVENT.fields.data[0] / WORD_BYTES;
const GENERATION_WORD = FD_WORD + 1;
const FLAGS = EPOLL.EPOLLET | EPOLL.EPOLLONESHOT | EPOLL.EPOLLEXCLUSIVE;
const INITIAL_CAPACITY = 64;

const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.EPERM]:
    'epoll refuses what is always ready (regular files, directories, devices as /dev/null): ' +
    'poll and select say so; for asynchronous file I/O use a completion model',
  [ERRNO.EBADF]: 'the descriptor is not open',
  [ERRNO.EINVAL]:
    'an exclusive registration cannot be modified (unregister it, then register it again), nor ' +
    'be joined with oneShot or PRIORITY; no epoll watches itself',
};

function flagsOf({ edge, oneShot, exclusive }: RegisterOptions): number {
  return (
    (edge === true ? EPOLL.EPOLLET : 0) |
    (oneShot === true ? EPOLL.EPOLLONESHOT : 0) |
    (exclusive === true ? EPOLL.EPOLLEXCLUSIVE : 0)
  );
}

/** `Selector` on epoll(7): any number of descriptors, at a cost that grows with the ready ones. */
export class EpollSelector<Data = unknown> extends BaseSelector<Data> {
  static readonly model = 'epoll';

  /** Asks the kernel whether it has epoll(7): null, or why not. */
  static unavailable(): Unsupported | null {
    return probe('epoll', 'epoll_create1', () => {
      const fd = epollCreate1(EPOLL.EPOLL_CLOEXEC);
      return fd < 0 ? fd : close(fd);
    });
  }

  override readonly model = 'epoll';
  protected override readonly call = 'epoll_wait';
  readonly #arena = Arena.map((EVENTS_MAX + 1) * EPOLL_EVENT.size);
  readonly #words = new Int32Array(this.#arena.buffer, 0, (EVENTS_MAX + 1) * EVENT_WORDS);
  readonly #address = this.#arena.address;
  /** By number: the events and flags that the kernel has, the flags alone while silenced. */
  #asked = new Int32Array(INITIAL_CAPACITY);
  #epfd: number;
  #isShared = false;

  constructor(rejected?: readonly Unsupported[]) {
    super(rejected);
    this.#epfd = epollCreate1(EPOLL.EPOLL_CLOEXEC);
    if (this.#epfd < 0) throw new SystemError(this.#epfd, 'epoll_create1');
  }

  override get fd(): number {
    this.#isShared = true;
    return this.#epfd;
  }

  protected override add(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions,
  ): void {
    const asked = eventsOf(interest) | flagsOf(options);
    let result = this.#control(EPOLL.EPOLL_CTL_ADD, fd, asked, generation);
    if (result === -ERRNO.EEXIST) {
      // A forgotten entry of the same description under the same number, which leads to it again.
      this.#control(EPOLL.EPOLL_CTL_DEL, fd, 0, 0);
      result = this.#control(EPOLL.EPOLL_CTL_ADD, fd, asked, generation);
    }
    if (result < 0) throw new SystemError(result, 'epoll_ctl', { hint: HINTS[-result] });
    this.#asked = grown(this.#asked, fd);
    this.#asked[fd] = asked;
  }

  protected override change(
    fd: number,
    interest: number,
    generation: number,
    options: RegisterOptions | undefined,
  ): void {
    const before = this.#asked[fd] as number;
    const flags = options === undefined ? before & FLAGS : flagsOf(options);
    const asked = eventsOf(interest) | flags;
    // Changing an entry looks at its state anew, which matters to edges; a level says it anyway.
    if (asked === before && flags === 0) return;
    let result = this.#control(EPOLL.EPOLL_CTL_MOD, fd, asked, generation);
    const isLeftBehind = result === -ERRNO.ENOENT && (before & ~FLAGS) === 0;
    if (isLeftBehind) result = this.#control(EPOLL.EPOLL_CTL_ADD, fd, asked, generation);
    if (result < 0) throw new SystemError(result, 'epoll_ctl', { hint: HINTS[-result] });
    this.#asked[fd] = asked;
  }

  protected override remove(fd: number): void {
    const result = this.#control(EPOLL.EPOLL_CTL_DEL, fd, 0, 0);
    // The descriptor is closed, or its number leads to another description by now.
    if (result === -ERRNO.EBADF || result === -ERRNO.ENOENT || result === -ERRNO.EPERM) return;
    if (result < 0) throw new SystemError(result, 'epoll_ctl');
  }

  protected override poll(timeoutMs: number): number {
    const result = this.#collect(timeoutMs);
    if (result <= 0 || this.delivered > 0 || !this.#rebuild()) return result;
    return this.#collect(0);
  }

  protected override release(): void {
    close(this.#epfd);
    this.#epfd = -1;
    this.#arena.close();
  }

  protected override describe(): string {
    return this.#epfd < 0 ? super.describe() : `${super.describe()}, fd ${this.#epfd}`;
  }

  #collect(timeoutMs: number): number {
    const result = epollWait(this.#epfd, this.#address, EVENTS_MAX, timeoutMs);
    const words = this.#words;
    for (let at = 0; at < result * EVENT_WORDS; at += EVENT_WORDS) {
      const fd = words[at + FD_WORD] as number;
      const ready = READY_OF[(words[at] as number) & 63] as number;
      const isDelivered = this.deliver(fd, words[at + GENERATION_WORD] as number, ready);
      const asked = this.#asked[fd] as number;
      // The kernel has silenced it: remember, or building anew would arm it.
      if ((asked & EPOLL.EPOLLONESHOT) !== 0 && isDelivered) this.#asked[fd] = asked & FLAGS;
    }
    return result;
  }

  #control(operation: number, fd: number, events: number, generation: number): number {
    const at = EVENTS_MAX * EVENT_WORDS;
    this.#words[at] = events;
    this.#words[at + FD_WORD] = fd;
    this.#words[at + GENERATION_WORD] = generation;
    return epollCtl(this.#epfd, operation, fd, this.#address + at * WORD_BYTES);
  }

  /** Leaves entries behind that no number leads to; false where that cannot be done (now). */
  #rebuild(): boolean {
    if (this.#isShared) return false;
    const before = this.#epfd;
    const next = epollCreate1(EPOLL.EPOLL_CLOEXEC);
    if (next < 0) return false;
    this.#epfd = next;
    for (const { fd } of this.keys()) {
      const asked = this.#asked[fd] as number;
      if ((asked & ~FLAGS) === 0) continue;
      const result = this.#control(EPOLL.EPOLL_CTL_ADD, fd, asked, this.generationOf(fd));
      // Closed without being unregistered: the kernel had forgotten it before we do.
      if (result >= 0 || result === -ERRNO.EBADF || result === -ERRNO.EPERM) continue;
      this.#epfd = before;
      close(next);
      return false;
    }
    close(before);
    return true;
  }
}
