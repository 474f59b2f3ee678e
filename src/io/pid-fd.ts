/**
 * Facts about pidfd_open(2):
 * - The descriptor stands for one process, for good: its number (the pid) may be given to another
 *   one once it is reaped, a signal sent through the descriptor never reaches that.
 * - It is readable once the process has ended, for whoever holds it, parent or not.
 * - How it ended is told to its parent only, by waitid(2), and only until the parent has reaped it.
 *   libuv reaps the children of child_process as soon as its loop sees SIGCHLD.
 * - Duplicating a descriptor out of another process (pidfd_getfd(2)) needs the right to trace it.
 *
 * What this means for us: `waitExit` looks at the end with WNOWAIT and leaves the reaping to whoever
 * does it, so that a ChildProcess still emits its `exit`. A process that is no child of this one, or
 * has been reaped before we looked, ended in a way that is `unknown`.
 */
import { SystemError } from '../errors.ts';
import { asFd, type Fd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { CHILD_CODES, SIGINFO } from '../sys/linux/event-abi.ts';
import { peekChildEnd, pidfdGetfd, pidfdOpen, pidfdSendSignal } from '../sys/linux/pidfd.ts';
import { requireLinux } from '../sys/linux/presence.ts';
import { pollFd } from '../sys/poll.ts';
import { checkAnonymous, fieldOf } from './anonymous.ts';
import { Descriptor } from './descriptor.ts';
import { type SignalName, signalName, signalNumber } from './signal-names.ts';
import { callNow, pollUntil } from './waiting.ts';

const PID_MAX = 2 ** 31 - 1;
const FIELDS = SIGINFO.fields;
const REASONS = new Map<number, ProcessExit['reason']>([
  [CHILD_CODES.CLD_EXITED, 'exited'],
  [CHILD_CODES.CLD_KILLED, 'killed'],
  [CHILD_CODES.CLD_DUMPED, 'dumped'],
]);

const HINTS: Readonly<Record<string, string>> = {
  [`pidfd_open ${ERRNO.ESRCH}`]: 'there is no such process (any more)',
  [`pidfd_open ${ERRNO.EINVAL}`]: 'the number is that of a thread, not of a process',
  [`pidfd_send_signal ${ERRNO.ESRCH}`]: 'the process has ended',
  [`pidfd_send_signal ${ERRNO.EPERM}`]: 'the process belongs to another user',
  [`pidfd_getfd ${ERRNO.EPERM}`]: 'it needs the right to trace that process, see ptrace(2)',
  [`pidfd_getfd ${ERRNO.EBADF}`]: 'the process has no descriptor of that number',
  [`pidfd_getfd ${ERRNO.ESRCH}`]: 'the process has ended',
};

/** How a process ended. */
export interface ProcessExit {
  readonly pid: number;
  /**
   * `exited` by itself with `code`; `killed` by `signal`; `dumped`: the same, with a core dump;
   * `unknown`: it is no child of this process, or somebody has reaped it.
   */
  readonly reason: 'exited' | 'killed' | 'dumped' | 'unknown';
  /** The exit code, null when it did not exit by itself. */
  readonly code: number | null;
  /** The signal that ended it, null when none did. */
  readonly signal: SignalName | null;
}

/** Waits as long as the deadline allows until the process has ended; 1, or the negative error number. */
function waitForEnd(deadline: number | null, fd: number): number {
  beginWait();
  try {
    return pollUntil(deadline, fd, POLL.POLLIN);
  } finally {
    endWait();
  }
}

/** A process that can be waited for and signalled without a race for its number: pidfd_open(2). */
export class PidFd extends Descriptor {
  /** The number of the process; another one may have it once this one is reaped. */
  readonly pid: number;

  private constructor(fd: number, inherited: boolean, pid: number) {
    super(fd, inherited);
    this.pid = pid;
  }

  /**
   * Opens a running process, or one that has ended and is not reaped. Throws SystemError (ESRCH,
   * EMFILE; EINVAL for the number of a thread), RangeError for what can be no pid.
   */
  static open(pid: number): PidFd {
    requireLinux('PidFd');
    const fd = pidfdOpen(asInteger(pid, 'pid', 1, PID_MAX));
    if (fd >= 0) return new PidFd(fd, false, pid);
    throw new SystemError(fd, 'pidfd_open', { hint: HINTS[`pidfd_open ${-fd}`] });
  }

  /**
   * Adopts a pidfd, which from now on this object closes. Throws SystemError (EBADF), TypeError when
   * it is something else.
   */
  static fromFd(fd: number): PidFd {
    const checked = checkAnonymous(fd, /^(anon_inode:\[pidfd\]|pidfd:)/, 'a pidfd');
    return new PidFd(checked, true, Number(fieldOf(checked, 'Pid') ?? -1));
  }

  /**
   * Waits until the process has ended. It may be asked again, and takes nothing away: whoever
   * reaps the child, libuv for those of child_process, still does.
   *
   * In the thread that has started a ChildProcess, its `exit` comes after this call, when Node's loop
   * runs again. @see waitid(2)
   */
  waitExit(): ProcessExit {
    const fd = this.openFd('waitExit');
    const deadline = this.deadline();
    const end = deadline === 0 ? this.tryWaitExit() : null;
    if (end !== null) return end;
    const result = deadline === 0 ? -ERRNO.EAGAIN : waitForEnd(deadline, fd);
    if (result < 0) throw new SystemError(result, 'waitid');
    return this.#end(fd);
  }

  /** How the process ended, null while it runs. Never waits, in whatever mode. */
  tryWaitExit(): ProcessExit | null {
    const fd = this.openFd('tryWaitExit');
    const ready = callNow(pollFd, fd, POLL.POLLIN, 0, undefined);
    if (ready < 0) throw new SystemError(ready, 'poll');
    return ready === 0 ? null : this.#end(fd);
  }

  /**
   * Sends a signal to the process, and to no other that has got its number. Throws SystemError
   * (ESRCH once it has ended, EPERM). @see pidfd_send_signal(2)
   */
  sendSignal(name: SignalName): void {
    this.#check(
      'pidfd_send_signal',
      pidfdSendSignal(this.openFd('sendSignal'), signalNumber(name)),
    );
  }

  /**
   * Duplicates a descriptor of the process into this one, closed on exec: both share its open file
   * description. Throws SystemError (EPERM, EBADF, ESRCH). @see pidfd_getfd(2)
   */
  getFd(target: number): Fd {
    const fd = this.openFd('getFd');
    return asFd(this.#check('pidfd_getfd', pidfdGetfd(fd, asFd(target, 'target'))));
  }

  #check(call: string, result: number): number {
    if (result >= 0) return result;
    throw new SystemError(result, call, { hint: HINTS[`${call} ${-result}`] });
  }

  #end(fd: number): ProcessExit {
    const { pid } = this;
    const info = new Uint8Array(SIGINFO.size);
    const result = callNow(peekChildEnd, fd, info, undefined, undefined);
    if (result < 0 && result !== -ERRNO.ECHILD) throw new SystemError(result, 'waitid');
    const view = new DataView(info.buffer);
    const reason = REASONS.get(view.getInt32(FIELDS.si_code[0], true)) ?? 'unknown';
    if (result < 0 || reason === 'unknown') {
      return { pid, reason: 'unknown', code: null, signal: null };
    }
    const status = view.getInt32(FIELDS.si_status[0], true);
    const hasExited = reason === 'exited';
    return {
      pid,
      reason,
      code: hasExited ? status : null,
      signal: hasExited ? null : signalName(status),
    };
  }

  protected override describe(): string {
    return `pid ${this.pid}`;
  }
}
