/** What the hub needs of a kernel: a set behind a descriptor, whose entries report once. */
import { EpollInstance } from './epoll-instance.ts';
import { KqueueInstance } from './kqueue-instance.ts';

/** One event of the last `collect`. Ready bits and hints are those of a selector. */
export interface InstanceEvent {
  fd: number;
  generation: number;
  /** Of what was asked for when it was armed, and hints. */
  ready: number;
}

/** A set in the kernel. Results are 0 or more, or the negative error number of `call`. */
export interface Instance {
  /** Readable while an entry that is armed is ready. */
  readonly fd: number;

  /**
   * What the kernel thinks of a number: 1 when it has an entry for it already, 0 when it can have
   * one, or why not. Nothing is changed by it.
   */
  probe(fd: number): number;

  /**
   * Makes an entry report one event of `interest` and be silent afterwards. It looks at the
   * descriptor anew, so that nothing that happened in between is lost.
   *
   * @param isEntered whether it is there already; when the kernel has forgotten it, that is ENOENT
   */
  arm(fd: number, interest: number, generation: number, isEntered: boolean): number;

  /** Takes an entry out, if there is one. */
  remove(fd: number): void;

  /**
   * Takes what is ready, without waiting, and calls `tell` for each.
   *
   * @param tell with an object that is used again for the next event
   */
  collect(tell: (event: InstanceEvent) => void): void;

  close(): void;
}

/** Best first; the last one is asked where nobody else is at home, and says why it cannot be had. */
const CANDIDATES = [KqueueInstance, EpollInstance] as const;

const Here = CANDIDATES.find(({ isAtHome }) => isAtHome) ?? EpollInstance;

/** The call that changes the instance of this kernel. */
export const INSTANCE_CALL = Here.call;

/** Opens the instance of this kernel. Throws SystemError (EMFILE). */
export function openInstance(): Instance {
  return new Here();
}
