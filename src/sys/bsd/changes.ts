/** What a queue is to be told next: changes that are collected, then applied by one call. */
import { KeventList } from './kevent.ts';

const CHANGES_MAX = 8;

/** What a change may say beside who it is about. */
export interface ChangeDetails {
  readonly fflags?: number | undefined;
  readonly data?: number | undefined;
  readonly udata?: number | undefined;
}

/** At most eight changes at a time. */
export class Changes {
  readonly #list = new KeventList(CHANGES_MAX);
  #count = 0;

  /** Adds a change to the list; nothing is told to the kernel yet. */
  put(ident: number, filter: number, flags: number, details: ChangeDetails = {}): void {
    const { fflags = 0, data = 0, udata = 0 } = details;
    this.#list.set(this.#count, ident, filter, flags);
    this.#list.setFflags(this.#count, fflags);
    this.#list.setData(this.#count, data);
    this.#list.setUdata(this.#count, udata);
    this.#count++;
  }

  /**
   * Tells the kernel, and empties the list: 0, or the negative error number of the first change
   * that was refused for another reason than the `tolerated` ones. The changes after it were made
   * all the same.
   */
  apply(queue: number, ...tolerated: readonly number[]): number {
    const count = this.#count;
    this.#count = 0;
    if (count === 0) return 0;
    const result = this.#list.apply(queue, count);
    if (result < 0) return result;
    for (let index = 0; index < count; index++) {
      const outcome = this.#list.outcome(index);
      if (outcome < 0 && !tolerated.includes(-outcome)) return outcome;
    }
    return 0;
  }

  close(): void {
    this.#list.close();
  }
}
