/**
 * Facts about io_uring(7):
 * - Two rings in memory shared with the kernel: submissions (SQEs of 64 bytes) that say what to do,
 *   completions (CQEs of 16 bytes) that say what came of it. io_uring_enter(2) submits a batch and
 *   waits for completions in one system call, and that is all that a busy program calls.
 * - The kernel does both phases: an operation that cannot go on waits inside the kernel, and its
 *   completion comes when the bytes are where they were asked to be. Until then the memory named in
 *   it is the kernel's, whether somebody cancelled it or not.
 * - A completion carries the 64 bits of `user_data` of its submission and nothing else about it.
 * - "Multishot" operations complete again and again; a completion without IORING_CQE_F_MORE is the
 *   last one, whatever its reason, and nothing arms it again.
 * - With IORING_FEAT_NODROP completions for which the ring has no room wait in the kernel; a flag
 *   says so, and the next enter that asks for completions moves them over.
 * - DEFER_TASKRUN: the kernel works on completions when the one thread that may use the ring asks
 *   for them, not in the middle of whatever it does; and no other thread can enter.
 * - The memory map holds the ring open as its descriptor does.
 *
 * What this means for us: the memory is mapped once and viewed as 32-bit words; heads and tails are
 * read and written with Atomics, the rest needs none, because they order it. Whoever serves opens
 * the ring, on its own thread. `close` cancels what is in flight, waits for it, and gives up the
 * memory as well as the descriptor. There is no polling thread of the kernel's (SQPOLL): it burns a
 * CPU, and keeps the rights that a process has since given away.
 */
import { inspect } from 'node:util';
import { SystemError, UnsupportedError } from '../../../errors.ts';
import { Arena, type Slice } from '../../arena.ts';
import { ERRNO } from '../../posix/abi.ts';
import { close } from '../../posix/unistd.ts';
import { ioUringEnter, ioUringRegister, ioUringSetup } from '../io-uring.ts';
import {
  IO_CQRING_OFFSETS,
  IO_SQRING_OFFSETS,
  IO_URING_CQE,
  IO_URING_GETEVENTS_ARG,
  IO_URING_PARAMS,
  IO_URING_PROBE,
  IO_URING_PROBE_OP,
  IO_URING_RSRC_REGISTER,
  IO_URING_RSRC_UPDATE,
  IO_URING_SQE,
  IO_URING_SYNC_CANCEL_REG,
  IORING,
  IORING_FEAT,
  IORING_REGISTER,
  IORING_SETUP,
  IOSQE,
  KERNEL_TIMESPEC,
  SINCE_6_6,
} from '../io-uring-abi.ts';
import { requireLinux } from '../presence.ts';
import type { RingFeature } from './features.ts';
import { refusal, tooOld } from './refusal.ts';
import { type RingTap, ringTap } from './ring-tap.ts';

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const SQE_SHIFT = Math.log2(IO_URING_SQE.size / WORD_BYTES);
const CQE_WORDS = IO_URING_CQE.size / WORD_BYTES;
const CQE_SHIFT = Math.log2(CQE_WORDS);
/** The operation is the first byte of a submission. */
const OPERATION_MASK = 0xff;
const PROBE_OPERATIONS = 256;
const SCRATCH_BYTES = IO_URING_PROBE.size + PROBE_OPERATIONS * IO_URING_PROBE_OP.size;
const TIMEOUT_BYTES = 64;
const LOW_WORDS = 2 ** 32;
/** How often a full submission ring is entered before that counts as a failure. */
const ENTRIES_MAX = 1_000;
const CLOSE_LIMIT_S = 1;

/** Places of a submission's fields, in words from its start. */
export const SQE = {
  head: 0,
  fd: IO_URING_SQE.fields.fd[0] / WORD_BYTES,
  offset: IO_URING_SQE.fields.off[0] / WORD_BYTES,
  address: IO_URING_SQE.fields.addr[0] / WORD_BYTES,
  length: IO_URING_SQE.fields.len[0] / WORD_BYTES,
  flags: IO_URING_SQE.fields.rw_flags[0] / WORD_BYTES,
  userLow: IO_URING_SQE.fields.user_data[0] / WORD_BYTES,
  userHigh: IO_URING_SQE.fields.user_data[0] / WORD_BYTES + 1,
  bufferGroup: IO_URING_SQE.fields.buf_group[0] / WORD_BYTES,
  fileIndex: IO_URING_SQE.fields.file_index[0] / WORD_BYTES,
} as const;

/** Places of a completion's fields, in words from its start. */
export const CQE = {
  userLow: 0,
  userHigh: 1,
  result: IO_URING_CQE.fields.res[0] / WORD_BYTES,
  flags: IO_URING_CQE.fields.flags[0] / WORD_BYTES,
} as const;

/** The first word of a submission: its operation, the flags of submissions, the flags of the operation. */
export function sqeHead(operation: number, flags = 0, priority = 0): number {
  return operation | (flags << 8) | (priority << 16);
}

/** The upper 32 bits of an address or offset. */
export function highWord(value: number): number {
  return Math.floor(value / LOW_WORDS) | 0;
}

/** How to open a ring. */
export interface RingOptions {
  /** Room for submissions that have not been entered yet; a power of two, up to 32,768. */
  readonly entries: number;
  /** Room for completions that have not been seen yet; a power of two, at least `entries`. */
  readonly completions: number;
  /** What not to use although the kernel has it. @default [] */
  readonly without?: readonly RingFeature[];
}

/** The flags to try, the newest first: a kernel refuses those that it does not know with EINVAL. */
function flagSets(without: readonly RingFeature[]): number[] {
  const { IORING_SETUP_CQSIZE, IORING_SETUP_COOP_TASKRUN } = IORING_SETUP;
  const { IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_DEFER_TASKRUN } = IORING_SETUP;
  const deferred = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  const cooperative = IORING_SETUP_CQSIZE | IORING_SETUP_COOP_TASKRUN;
  const sets = without.includes('defer-taskrun') ? [cooperative] : [deferred, cooperative];
  if (without.includes('no-sqarray')) return sets;
  return [(sets[0] as number) | SINCE_6_6.IORING_SETUP_NO_SQARRAY, ...sets];
}

interface Opened {
  readonly fd: number;
  readonly flags: number;
  /** The parameters as the kernel filled them in. */
  readonly words: Int32Array;
}

function openRing({ entries, completions, without = [] }: RingOptions): Opened {
  const arena = Arena.map(IO_URING_PARAMS.size);
  const { words, address } = arena.carve(IO_URING_PARAMS.size);
  let answer = -ERRNO.EINVAL;
  for (const flags of flagSets(without)) {
    words.fill(0);
    words[IO_URING_PARAMS.fields.flags[0] / WORD_BYTES] = flags;
    words[IO_URING_PARAMS.fields.cq_entries[0] / WORD_BYTES] = completions;
    answer = ioUringSetup(entries, address);
    if (answer >= 0) {
      const filled = Int32Array.from(words);
      arena.close();
      return { fd: answer, flags, words: filled };
    }
    if (answer !== -ERRNO.EINVAL) break;
  }
  arena.close();
  if (answer === -ERRNO.EMFILE || answer === -ERRNO.ENFILE || answer === -ERRNO.ENOMEM) {
    throw new SystemError(answer, 'io_uring_setup', { hint: refusal(answer).remedy });
  }
  throw new UnsupportedError(refusal(answer));
}

/** An open ring, as the kernel has it: words to fill in, words to read, and nothing made per operation. */
export class Ring {
  /** The ring's own descriptor; -1 once closed. */
  fd: number;
  /** What the kernel says it can do (IORING_FEAT). */
  readonly features: number;
  /** The flags that it was opened with (IORING_SETUP). */
  readonly setupFlags: number;
  /** Submissions as words; `prepare` says where one begins. */
  readonly sqes: Int32Array;
  /** Completions as words; `completionAt` says where one begins. */
  readonly cqes: Int32Array;
  /** How many completions fit. */
  readonly completions: number;
  /** How often completions had to wait in the kernel for want of room. */
  overflows = 0;
  /** Submissions that are written and not yet entered. */
  prepared = 0;
  readonly #rings: Arena;
  readonly #submissions: Arena;
  readonly #scratch: Arena;
  readonly #timeout: Slice;
  readonly #request: Slice;
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #sqMask: number;
  readonly #cqMask: number;
  readonly #sqTailAt: number;
  readonly #sqFlagsAt: number;
  readonly #cqHeadAt: number;
  readonly #cqTailAt: number;
  readonly #cqOverflowAt: number;
  #sqTail = 0;
  #cqHead = 0;
  /** Up to where the tap has been told of completions. */
  #cqTold = 0;
  #enterFd: number;
  #enterFlags: number = IORING.IORING_ENTER_GETEVENTS;
  #operations: Uint8Array | null = null;
  #hasFiles = false;

  /**
   * Opens a ring for the calling thread, which alone may use it. Throws `UnsupportedError` when
   * the kernel or a filter forbids it or lacks what is needed, SystemError (EMFILE, ENOMEM) when
   * something has run out.
   */
  constructor(options: RingOptions) {
    requireLinux('io-uring');
    const { fd, flags, words } = openRing(options);
    const field = ([offset]: readonly [number, number], from = 0) =>
      words[(from + offset) / WORD_BYTES] as number;
    const sqField = (name: keyof typeof IO_SQRING_OFFSETS.fields) =>
      field(IO_SQRING_OFFSETS.fields[name], IO_URING_PARAMS.fields.sq_off[0]);
    const cqField = (name: keyof typeof IO_CQRING_OFFSETS.fields) =>
      field(IO_CQRING_OFFSETS.fields[name], IO_URING_PARAMS.fields.cq_off[0]);
    this.fd = fd;
    this.#enterFd = fd;
    this.setupFlags = flags;
    this.features = field(IO_URING_PARAMS.fields.features);
    const { IORING_FEAT_SINGLE_MMAP, IORING_FEAT_NODROP, IORING_FEAT_EXT_ARG } = IORING_FEAT;
    const needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
    if ((this.features & needed) !== needed) {
      close(fd);
      throw new UnsupportedError(tooOld('waits with a time limit', '5.11'));
    }
    this.#entries = field(IO_URING_PARAMS.fields.sq_entries);
    this.completions = field(IO_URING_PARAMS.fields.cq_entries);
    const array = sqField('array');
    const cqes = cqField('cqes');
    const size = cqes + this.completions * IO_URING_CQE.size;
    const indexed = array + this.#entries * WORD_BYTES;
    this.#rings = Arena.share(fd, Math.max(size, indexed));
    this.#submissions = Arena.share(fd, this.#entries * IO_URING_SQE.size, IORING.IORING_OFF_SQES);
    this.#words = new Int32Array(this.#rings.buffer, 0, this.#rings.size >> 2);
    this.sqes = new Int32Array(this.#submissions.buffer);
    this.cqes = new Int32Array(
      this.#rings.buffer,
      cqes,
      (this.completions * IO_URING_CQE.size) / WORD_BYTES,
    );
    this.#sqMask = this.#entries - 1;
    this.#cqMask = this.completions - 1;
    this.#sqTailAt = sqField('tail') / WORD_BYTES;
    this.#sqFlagsAt = sqField('flags') / WORD_BYTES;
    this.#cqHeadAt = cqField('head') / WORD_BYTES;
    this.#cqTailAt = cqField('tail') / WORD_BYTES;
    this.#cqOverflowAt = cqField('overflow') / WORD_BYTES;
    // The array says in which order submissions are taken: as they lie.
    if ((flags & SINCE_6_6.IORING_SETUP_NO_SQARRAY) === 0) {
      for (let i = 0; i < this.#entries; i++) this.#words[array / WORD_BYTES + i] = i;
    }
    this.#scratch = Arena.map(SCRATCH_BYTES + 2 * TIMEOUT_BYTES);
    this.#timeout = this.#scratch.carve(TIMEOUT_BYTES);
    this.#request = this.#scratch.carve(SCRATCH_BYTES);
    this.#prepareTimeout();
    if (!(options.without ?? []).includes('registered-ring')) this.#registerSelf();
  }

  /** `struct io_uring_getevents_arg`, and behind it the time that it points to. */
  #prepareTimeout(): void {
    const { words, address } = this.#timeout;
    const timespec = address + IO_URING_GETEVENTS_ARG.size;
    const at = IO_URING_GETEVENTS_ARG.fields.ts[0] / WORD_BYTES;
    words[at] = timespec | 0;
    words[at + 1] = highWord(timespec);
  }

  #registerSelf(): void {
    const words = this.#clearRequest();
    words[IO_URING_RSRC_UPDATE.fields.offset[0] / WORD_BYTES] = -1;
    words[IO_URING_RSRC_UPDATE.fields.data[0] / WORD_BYTES] = this.fd;
    const result = this.register(
      IORING_REGISTER.IORING_REGISTER_RING_FDS,
      this.#request.address,
      1,
    );
    if (result !== 1) return;
    this.#enterFd = words[IO_URING_RSRC_UPDATE.fields.offset[0] / WORD_BYTES] as number;
    this.#enterFlags |= IORING.IORING_ENTER_REGISTERED_RING;
  }

  #clearRequest(): Int32Array {
    this.#request.words.fill(0);
    return this.#request.words;
  }

  /** Which of the features that can be had or not are in use. */
  get isDeferred(): boolean {
    return (this.setupFlags & IORING_SETUP.IORING_SETUP_DEFER_TASKRUN) !== 0;
  }

  /** Whether the ring goes by its place in the thread's table. */
  get isRegistered(): boolean {
    return (this.#enterFlags & IORING.IORING_ENTER_REGISTERED_RING) !== 0;
  }

  /** Whether the kernel knows an operation (IORING_OP). */
  supports(operation: number): boolean {
    this.#operations ??= this.#probe();
    return this.#operations[operation] === 1;
  }

  #probe(): Uint8Array {
    const known = new Uint8Array(PROBE_OPERATIONS);
    this.#clearRequest();
    const { address, bytes } = this.#request;
    const result = this.register(IORING_REGISTER.IORING_REGISTER_PROBE, address, PROBE_OPERATIONS);
    if (result < 0) return known;
    const count = bytes[IO_URING_PROBE.fields.ops_len[0]] as number;
    for (let operation = 0; operation < count; operation++) {
      const at = IO_URING_PROBE.size + operation * IO_URING_PROBE_OP.size;
      const flags = bytes[at + IO_URING_PROBE_OP.fields.flags[0]] as number;
      known[operation] = flags & IORING.IO_URING_OP_SUPPORTED;
    }
    return known;
  }

  /** io_uring_register(2) with what lies at `address`: its answer, or the negative error number. */
  register(request: number, address: number, count: number): number {
    return ioUringRegister(this.fd, request, address, count);
  }

  /**
   * Gives the ring a table of descriptors with `count` empty places. Returns false when the kernel
   * has none or the limit of open files is lower.
   */
  registerFiles(count: number): boolean {
    const words = this.#clearRequest();
    words[IO_URING_RSRC_REGISTER.fields.nr[0] / WORD_BYTES] = count;
    words[IO_URING_RSRC_REGISTER.fields.flags[0] / WORD_BYTES] = IORING.IORING_RSRC_REGISTER_SPARSE;
    const { address } = this.#request;
    const request = IORING_REGISTER.IORING_REGISTER_FILES2;
    this.#hasFiles = this.register(request, address, IO_URING_RSRC_REGISTER.size) === 0;
    return this.#hasFiles;
  }

  /**
   * Begins a submission: where its words begin in `sqes`, everything but the arguments zero. It is
   * entered with the next `enter`; when the ring is full, the ones before it are entered at once.
   *
   * @param head `sqeHead(operation, flags, priority)`
   * @param userLow the lower half of what comes back with the completions
   */
  prepare(head: number, fd: number, userLow: number, userHigh: number): number {
    if (this.prepared >= this.#entries) this.#makeRoom();
    const { sqes } = this;
    const at = (this.#sqTail & this.#sqMask) << SQE_SHIFT;
    this.#sqTail = (this.#sqTail + 1) | 0;
    this.prepared++;
    sqes[at] = head;
    sqes[at + SQE.fd] = fd;
    sqes[at + SQE.offset] = 0;
    sqes[at + SQE.offset + 1] = 0;
    sqes[at + SQE.address] = 0;
    sqes[at + SQE.address + 1] = 0;
    sqes[at + SQE.length] = 0;
    sqes[at + SQE.flags] = 0;
    sqes[at + SQE.userLow] = userLow;
    sqes[at + SQE.userHigh] = userHigh;
    sqes[at + SQE.bufferGroup] = 0;
    sqes[at + SQE.fileIndex] = 0;
    if (ringTap !== null) {
      ringTap.prepared(head & OPERATION_MASK, fd, userLow, userHigh, performance.now());
    }
    return at;
  }

  #makeRoom(): void {
    for (let i = 0; i < ENTRIES_MAX; i++) {
      const result = this.submit();
      if (this.prepared < this.#entries) return;
      if (result < 0 && result !== -ERRNO.EINTR && result !== -ERRNO.EAGAIN) {
        throw new SystemError(result, 'io_uring_enter');
      }
    }
    throw new SystemError(ERRNO.EBUSY, 'io_uring_enter', {
      hint: 'the kernel takes no submissions; look at the completions first',
    });
  }

  /**
   * Enters what is prepared, without looking for completions: how many submissions the kernel took,
   * or the negative error number.
   */
  submit(): number {
    Atomics.store(this.#words, this.#sqTailAt, this.#sqTail);
    const flags = this.#enterFlags & ~IORING.IORING_ENTER_GETEVENTS;
    const result = ioUringEnter(this.#enterFd, this.prepared, 0, flags, 0, 0);
    if (result > 0) this.prepared -= result;
    return result;
  }

  /**
   * Enters what is prepared and sleeps until `least` completions are there, at most `timeoutMs`
   * (undefined: for ever). One system call, which a signal ends early: the caller stands between
   * `beginWait` and `endWait`, and looks at its stop word before it sleeps again.
   *
   * How many submissions the kernel took, or the negative error number: ETIME when the time is up,
   * EINTR after a signal; with submissions taken those show as a wait that ended without
   * completions.
   */
  enter(least: number, timeoutMs?: number): number {
    Atomics.store(this.#words, this.#sqTailAt, this.#sqTail);
    let flags = this.#enterFlags;
    let argument = 0;
    let size = 0;
    if (timeoutMs !== undefined && least > 0) {
      argument = this.#setTimeout(timeoutMs);
      size = IO_URING_GETEVENTS_ARG.size;
      flags |= IORING.IORING_ENTER_EXT_ARG;
    }
    const result = ioUringEnter(this.#enterFd, this.prepared, least, flags, argument, size);
    if (result > 0) this.prepared -= result;
    if (ringTap !== null) this.#tell(ringTap);
    return result;
  }

  /** Tells the tap of the completions that it has not heard of. */
  #tell(to: RingTap): void {
    const now = performance.now();
    const tail = Atomics.load(this.#words, this.#cqTailAt);
    for (let told = this.#cqTold; told !== tail; told = (told + 1) | 0) {
      const at = (told & this.#cqMask) << CQE_SHIFT;
      const [low = 0, high = 0, result = 0, flags = 0] = this.cqes.subarray(at, at + CQE_WORDS);
      to.completed(low, high, result, (flags & IORING.IORING_CQE_F_MORE) === 0, now);
    }
    this.#cqTold = tail;
  }

  #setTimeout(timeoutMs: number): number {
    const { words, address } = this.#timeout;
    const seconds = Math.floor(timeoutMs / 1_000);
    const at = IO_URING_GETEVENTS_ARG.size / WORD_BYTES;
    const nanosecondsAt = at + KERNEL_TIMESPEC.fields.tv_nsec[0] / WORD_BYTES;
    words[at] = seconds | 0;
    words[at + 1] = highWord(seconds);
    words[nanosecondsAt] = Math.floor((timeoutMs - seconds * 1_000) * 1_000_000);
    return address;
  }

  /** How many completions are there and not yet seen. */
  available(): number {
    const count = (Atomics.load(this.#words, this.#cqTailAt) - this.#cqHead) | 0;
    // Whatever the loop does next, it enters with GETEVENTS, which brings the others over.
    if (count === this.completions && this.hasOverflown) this.overflows++;
    return count;
  }

  /** Whether completions wait in the kernel for want of room; the next `enter` brings them. */
  get hasOverflown(): boolean {
    const flags = Atomics.load(this.#words, this.#sqFlagsAt);
    return (flags & IORING.IORING_SQ_CQ_OVERFLOW) !== 0;
  }

  /** Completions that the kernel lost; always 0 unless it had no memory. */
  get lost(): number {
    return Atomics.load(this.#words, this.#cqOverflowAt);
  }

  /** Where the words of the `index`-th unseen completion begin in `cqes`. */
  completionAt(index: number): number {
    return ((this.#cqHead + index) & this.#cqMask) << CQE_SHIFT;
  }

  /** Gives the room of the first `count` completions back to the kernel. */
  seen(count: number): void {
    this.#cqHead = (this.#cqHead + count) | 0;
    Atomics.store(this.#words, this.#cqHeadAt, this.#cqHead);
  }

  /**
   * Cancels everything in flight and waits until the kernel is through with it, at most a second:
   * its completions are then there to be looked at.
   */
  cancelAll(): void {
    const words = this.#clearRequest();
    const { fields } = IO_URING_SYNC_CANCEL_REG;
    words[fields.fd[0] / WORD_BYTES] = -1;
    words[fields.flags[0] / WORD_BYTES] =
      IOSQE.IORING_ASYNC_CANCEL_ALL | IOSQE.IORING_ASYNC_CANCEL_ANY;
    words[fields.timeout[0] / WORD_BYTES] = CLOSE_LIMIT_S;
    const { address } = this.#request;
    this.register(IORING_REGISTER.IORING_REGISTER_SYNC_CANCEL, address, 1);
    this.enter(0);
  }

  /** Cancels what is in flight, and gives the ring back; memory that operations named may go then. */
  close(): void {
    if (this.fd < 0) return;
    this.cancelAll();
    if (this.#hasFiles) this.register(IORING_REGISTER.IORING_UNREGISTER_FILES, 0, 0);
    if (this.isRegistered) {
      const words = this.#clearRequest();
      words[IO_URING_RSRC_UPDATE.fields.offset[0] / WORD_BYTES] = this.#enterFd;
      const request = IORING_REGISTER.IORING_UNREGISTER_RING_FDS;
      this.register(request, this.#request.address, 1);
    }
    close(this.fd);
    this.fd = -1;
    this.#rings.close();
    this.#submissions.close();
    this.#scratch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    if (this.fd < 0) return 'Ring{closed}';
    const used = [
      this.isDeferred ? 'defer-taskrun' : '',
      this.isRegistered ? 'registered-ring' : '',
    ];
    const names = used.filter((name) => name !== '').map((name) => `, ${name}`);
    return `Ring{fd ${this.fd}, ${this.#entries} + ${this.completions}${names.join('')}}`;
  }
}
