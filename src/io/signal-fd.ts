/**
 * Facts about signalfd(2):
 * - A signal that is *blocked* stays pending; a signalfd takes it from there by `read`, with who sent
 *   it and why. Blocking is per thread, and pending is too: a signal aimed at a thread waits in
 *   that thread, one sent to the process in a queue of them all. A read sees the queue of the
 *   process and that of the *reading* thread, and readiness means the thread that asks.
 * - A signal sent to the process (kill(2), Ctrl-C, a child's SIGCHLD) goes to *any* thread that does
 *   not block it, and only when none is left does it stay pending. A Node process has threads that
 *   JavaScript never meets (V8's, libuv's pool), all of which leave it unblocked: one of them takes
 *   it, runs the handler that libuv installed for `process.on`, or the process dies of it; only a
 *   read that is faster than that thread gets it. Nothing can block a signal in another thread.
 * - libuv reaps children by SIGCHLD, which is always sent to the process: a read that took one would
 *   leave a child unreaped.
 * - Several plain signals of one kind become one while pending; real-time ones queue, each with a
 *   value.
 * - The kernel ignores SIGKILL and SIGSTOP in a set without a word. A fault (SIGSEGV) in a thread
 *   that blocks its signal kills the process.
 *
 * What this means for us: a SignalFd is for signals aimed at its thread: by tgkill(2), by a timer
 * or an O_ASYNC descriptor with that thread as owner, by sigqueue to it; there it works in the
 * main thread and in workers. `tid` is the number to aim at, `signalThread` aims. For signals sent to the process stay
 * with `process.on`: `rivals()` names the threads that would take them. The set is blocked from
 * `open` to `close`, in that thread only.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { SystemError } from '../errors.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL, SIGNAL } from '../sys/abi.ts';
import { read } from '../sys/descriptor.ts';
import { POLL_CODES, SIGINFO_CODES, SIGNALFD, SIGNALFD_SIGINFO } from '../sys/linux/event-abi.ts';
import { requireLinux } from '../sys/linux/presence.ts';
import { signalfd, sigqueueToThread } from '../sys/linux/signalfd.ts';
import { gettid } from '../sys/linux/thread.ts';
import { blockSignals, isInSet, signalSet, unblockSignals } from '../sys/posix/signal-set.ts';
import { INTERRUPT_SIGNAL } from '../sys/threads.ts';
import { Descriptor } from './descriptor.ts';
import { type SignalName, signalName, signalNumber } from './signal-names.ts';

type Codes = typeof SIGINFO_CODES & typeof POLL_CODES;

/** Why a signal was sent, by sigaction(2); a number where that has no name. */
export type SignalCode = keyof Codes | number;

/** A signal that was taken; what does not apply to its code is 0. */
export interface SignalInfo {
  readonly signal: SignalName;
  /** `SI_TKILL` from tgkill(2), `SI_USER` from kill(2), `SI_QUEUE` from sigqueue(3). */
  readonly code: SignalCode;
  /** Who sent it. */
  readonly pid: number;
  readonly uid: number;
  /** What came with it (`SI_QUEUE`, `SI_TIMER`, `SI_MESGQ`). */
  readonly value: number;
  /** The descriptor that it is about (`POLL_IN` and its kin), else -1. */
  readonly fd: number;
  /** The events of that descriptor, as poll(2) has them. */
  readonly band: number;
  /** How many expirations of its timer went by unseen (`SI_TIMER`). */
  readonly overrun: number;
}

const SIZE = SIGNALFD_SIGINFO.size;
const FIELDS = SIGNALFD_SIGINFO.fields;
const bytes = new Uint8Array(SIZE);
const view = new DataView(bytes.buffer);

const INT_MAX = 2 ** 31 - 1;
const HINTS: Readonly<Record<number, string>> = {
  [ERRNO.ESRCH]: 'this process has no thread of that number (any more)',
  [ERRNO.EAGAIN]: 'this user has too many signals queued: somebody has to read them',
};

/** What a thread must leave unblocked, and why. */
const REFUSED = new Map<number, string>([
  [SIGNAL.SIGKILL, 'nothing blocks or catches it'],
  [SIGNAL.SIGSTOP, 'nothing blocks or catches it'],
  [SIGNAL.SIGCHLD, 'Node reaps its children by it; wait for them with PidFd'],
  [INTERRUPT_SIGNAL, 'it ends the waits of this library and must stay unblocked'],
  ...[SIGNAL.SIGSEGV, SIGNAL.SIGBUS, SIGNAL.SIGFPE, SIGNAL.SIGILL, SIGNAL.SIGTRAP].map(
    (signal) => [signal, 'a fault in a thread that blocks it kills the process'] as const,
  ),
]);

/** By signal: how many SignalFds of this thread keep it blocked. Those blocked before are not here. */
const blockers = new Map<number, number>();

function checkSignals(signals: readonly SignalName[]): number[] {
  if (!Array.isArray(signals) || signals.length === 0) {
    throw new TypeError(`signals must be an array of at least one name, got ${inspect(signals)}`);
  }
  const numbers = [...new Set(signals.map(signalNumber))];
  for (const number of numbers) {
    const reason = REFUSED.get(number);
    if (reason === undefined) continue;
    throw new TypeError(`${signalName(number)} cannot be read from a descriptor: ${reason}`);
  }
  return numbers;
}

/** Blocks signals in this thread and counts the ones that were not blocked already. */
function hold(numbers: readonly number[]): number[] {
  const before = signalSet([]);
  const result = blockSignals(numbers, before);
  if (result < 0) throw new SystemError(result, 'pthread_sigmask');
  const held = numbers.filter((number) => blockers.has(number) || !isInSet(before, number));
  for (const number of held) blockers.set(number, (blockers.get(number) ?? 0) + 1);
  return held;
}

/** Gives up what `hold` has counted: a signal that nobody holds any more is unblocked. */
function unhold(numbers: readonly number[]): void {
  const free = numbers.filter((number) => {
    const left = (blockers.get(number) as number) - 1;
    if (left > 0) blockers.set(number, left);
    else blockers.delete(number);
    return left === 0;
  });
  unblockSignals(free);
}

function nameIn(table: Readonly<Record<string, number>>, code: number): SignalCode | undefined {
  return Object.keys(table).find((name) => table[name] === code) as SignalCode | undefined;
}

function codeOf(signal: number, code: number): SignalCode {
  const general = nameIn(SIGINFO_CODES, code);
  if (general !== undefined) return general;
  const isAboutDescriptor = signal === SIGNAL.SIGIO || signal >= SIGNAL.SIGRTMIN;
  return (isAboutDescriptor ? nameIn(POLL_CODES, code) : undefined) ?? code;
}

function decode(): SignalInfo {
  const signal = view.getUint32(FIELDS.ssi_signo[0], true);
  const code = codeOf(signal, view.getInt32(FIELDS.ssi_code[0], true));
  return {
    signal: signalName(signal),
    code,
    pid: view.getUint32(FIELDS.ssi_pid[0], true),
    uid: view.getUint32(FIELDS.ssi_uid[0], true),
    value: view.getInt32(FIELDS.ssi_int[0], true),
    fd: String(code).startsWith('POLL_') ? view.getInt32(FIELDS.ssi_fd[0], true) : -1,
    band: view.getUint32(FIELDS.ssi_band[0], true),
    overrun: view.getUint32(FIELDS.ssi_overrun[0], true),
  };
}

/** The signals that a thread of this process blocks, as proc(5) shows them; null once it is gone. */
function maskOf(tid: string): bigint | null {
  try {
    const status = readFileSync(`/proc/self/task/${tid}/status`, 'utf8');
    return BigInt(`0x${/^SigBlk:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  } catch {
    return null;
  }
}

/**
 * Signals aimed at the thread that opened it, read as data: signalfd(2). Signals sent to the whole
 * process are another matter: Node's own threads take those, see `rivals`.
 *
 * It belongs to its thread: use it, watch it and close it there.
 */
export class SignalFd extends Descriptor {
  /** The signals that it takes. */
  readonly signals: readonly SignalName[];
  /** The kernel's number of the thread that they have to be aimed at: tgkill(2). */
  readonly tid: number;
  readonly #numbers: readonly number[];
  #held: readonly number[];

  private constructor(fd: number, numbers: readonly number[], held: readonly number[]) {
    super(fd, false);
    this.signals = numbers.map(signalName);
    this.tid = gettid();
    this.#numbers = numbers;
    this.#held = held;
  }

  /**
   * Blocks the signals in the calling thread, until `close`, and opens a descriptor that waits for
   * ever for one of them. Throws TypeError for a name that is none or that cannot be blocked,
   * SystemError (EMFILE).
   */
  static open(signals: readonly SignalName[]): SignalFd {
    requireLinux('SignalFd');
    const numbers = checkSignals(signals);
    const held = hold(numbers);
    const fd = signalfd(-1, signalSet(numbers), SIGNALFD.SFD_CLOEXEC);
    if (fd >= 0) return new SignalFd(fd, numbers, held);
    unhold(held);
    throw new SystemError(fd, 'signalfd');
  }

  /** Waits for a signal and takes it. @see signalfd(2) */
  read(): SignalInfo {
    this.wait('read', POLL.POLLIN, read, bytes, SIZE, undefined);
    return decode();
  }

  /** Takes a signal if one is pending, else null. Throws TypeError when it is blocking. */
  tryRead(): SignalInfo | null {
    this.requireNonBlocking('tryRead');
    return this.attempt('read', read, bytes, SIZE, undefined) === null ? null : decode();
  }

  /**
   * The other threads of this process that leave one of the signals unblocked, by the kernel's
   * number: while there is one, a signal sent to the process goes there and not here.
   */
  rivals(): number[] {
    this.openFd('rivals');
    return readdirSync('/proc/self/task').flatMap((tid) => {
      const mask = Number(tid) === this.tid ? null : maskOf(tid);
      if (mask === null) return [];
      const isBlocked = (number: number) => (mask & (1n << BigInt(number - 1))) !== 0n;
      return this.#numbers.every(isBlocked) ? [] : [Number(tid)];
    });
  }

  /** Gives the number up; the signals stay blocked. */
  override detach(): number {
    const fd = super.detach();
    this.#held = [];
    return fd;
  }

  /**
   * Closes the descriptor and unblocks what `open` had blocked: a signal that nobody has read then
   * takes its usual course, which may end the process.
   */
  override close(): void {
    try {
      super.close();
    } finally {
      const held = this.#held;
      this.#held = [];
      if (held.length > 0) unhold(held);
    }
  }

  protected override describe(): string {
    return this.signals.join(' ');
  }
}

/** Options of `signalThread`. */
export interface SignalThreadOptions {
  /** Comes with the signal: an integer of 32 bits. @default 0 */
  readonly value?: number;
}

/**
 * Sends a signal to one thread of this process, as `SI_QUEUE`: a SignalFd of that thread reads it. A
 * thread that does not block it takes it as it takes every other, which may end the process.
 *
 * Throws SystemError: ESRCH for a thread that is gone, EAGAIN when too many signals are queued.
 * @see rt_tgsigqueueinfo(2)
 *
 * @param tid the kernel's number of the thread, `SignalFd.tid`
 */
export function signalThread(
  tid: number,
  name: SignalName,
  { value = 0 }: SignalThreadOptions = {},
): void {
  const thread = asInteger(tid, 'tid', 1, INT_MAX);
  const queued = asInteger(value, 'value', -INT_MAX - 1, INT_MAX);
  const uid = process.getuid?.() ?? 0;
  const result = sigqueueToThread(thread, signalNumber(name), queued, uid);
  if (result >= 0) return;
  throw new SystemError(result, 'rt_tgsigqueueinfo', { hint: HINTS[-result] });
}
