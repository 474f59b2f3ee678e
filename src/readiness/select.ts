/**
 * Facts about select(2):
 * - It is everywhere, and the oldest: the program hands over three bit sets (readable, writable,
 *   exceptional) and gets them back with only the ready descriptors left.
 * - A set has 1024 bits. The C library does not check: setting bit 1024 writes behind the set, and
 *   programs have been broken into that way.
 * - Every call copies the sets in and out and looks at each descriptor up to the highest: O(n),
 *   however few are ready. The program then looks at every bit again.
 * - It cannot tell a hang-up from data, nor an error from room to write: both look ready.
 * - A closed descriptor in a set fails the whole call with EBADF, without naming it.
 * - The exceptional set means urgent data, not errors.
 * - Regular files are always ready.
 * - On Linux the time limit comes back as what was left of it, elsewhere it does not.
 *
 * What this means for us: a descriptor of 1024 or more is refused before any bit is set. The sets
 * are kept and copied for each call, and scanned a word of 32 at a time. On EBADF the closed ones
 * are found one by one and reported with ERROR, so that one forgotten descriptor does not stop the
 * others. The time limit is written anew for each call.
 */
import { SystemError, type Unsupported } from '../errors.ts';
import { ERRNO } from '../sys/abi.ts';
import { isOpen } from '../sys/descriptor.ts';
import { FdSets } from '../sys/select.ts';
import { ALL_INTEREST, eventsOf, READY_OF } from './events.ts';
import { probe } from './probe.ts';
import { refuseOptions } from './refuse-options.ts';
import { BaseSelector } from './registry.ts';
import { ERROR, type RegisterOptions } from './selector.ts';

/** `Selector` on select(2): descriptors 0 to 1023. */
export class SelectSelector<Data = unknown> extends BaseSelector<Data> {
  static readonly model = 'select';

  /** Asks the kernel whether it has select(2): null, or why not. */
  static unavailable(): Unsupported | null {
    return probe('select', 'select', () => {
      const sets = new FdSets();
      const result = sets.select(0);
      sets.arena.close();
      return result;
    });
  }

  override readonly model = 'select';
  protected override readonly call = 'select';
  readonly #sets = new FdSets();

  protected override add(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions,
  ): void {
    refuseOptions('select', options);
    const refused = this.#sets.refuse(fd);
    if (refused !== null) throw new RangeError(refused);
    if (!isOpen(fd)) throw new SystemError(ERRNO.EBADF, 'fcntl', { hint: `fd ${fd} is not open` });
    this.#sets.set(fd, eventsOf(interest));
  }

  protected override change(
    fd: number,
    interest: number,
    _generation: number,
    options: RegisterOptions | undefined,
  ): void {
    refuseOptions('select', options);
    this.#sets.set(fd, eventsOf(interest));
  }

  protected override remove(fd: number): void {
    this.#sets.set(fd, 0);
  }

  protected override poll(timeoutMs: number): number {
    this.#sets.reset();
    const result = this.#sets.select(timeoutMs);
    if (result === -ERRNO.EBADF) return this.#pollWithoutClosed();
    if (result > 0) this.#collect();
    return result;
  }

  protected override release(): void {
    this.#sets.arena.close();
  }

  #collect(): void {
    const sets = this.#sets;
    for (let fd = sets.next(); fd >= 0; fd = sets.next()) {
      this.deliver(fd, this.generationOf(fd), READY_OF[sets.events] as number);
    }
  }

  #pollWithoutClosed(): number {
    const sets = this.#sets;
    sets.reset();
    for (const { fd } of this.keys()) {
      if (isOpen(fd)) continue;
      sets.exclude(fd);
      this.deliver(fd, this.generationOf(fd), ALL_INTEREST | ERROR);
    }
    const result = sets.select(0);
    if (result > 0) this.#collect();
    // Whoever closes descriptors meanwhile gets another round, not an error.
    return Math.max(result, 0);
  }
}
