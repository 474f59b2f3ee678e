/**
 * Facts about io_uring as a queue of operations (the rings themselves: sys/linux/io-uring/ring.ts):
 * - An operation that cannot go on makes the kernel wait for its descriptor inside, without a
 *   thread. What cannot be waited for, a regular file on a disk, a thread of the kernel's does. Both
 *   look the same from here, which no readiness model can say of files.
 * - The memory that an operation names is the kernel's until the completion, even after a
 *   cancellation that was answered with success.
 * - A cancellation and the completion it is too late for may cross. So may those of two
 *   cancellations. Each answers for itself.
 * - Closing a number takes nothing from an operation on it: the kernel holds the open file. Worse,
 *   the number may soon be somebody else's.
 * - IOSQE_IO_DRAIN holds up everything that is submitted later, cancellations included: a drained
 *   operation behind a receive that never completes could not be got rid of.
 * - IOSQE_IO_LINK chains submissions of one io_uring_enter(2); where a batch ends, a chain ends.
 * - What is on the other end of a signal, EINTR, may show up as an operation's result.
 *
 * What this means for us: the kernel is given memory of the queue's arena and nothing else, and each
 * operation holds its buffer in the operation table until its own last completion. Cancelling
 * settles nothing. `close(handle)` cancels, waits for completions, and then closes. The order of
 * drained operations is kept here, before they get to the kernel. A chain enters as a whole.
 *
 * What is used when the kernel has it: multishot accept (5.19) and receive (6.0), rings of provided
 * buffers (5.19), sending without a copy (6.0), and what a ring can do (sys/linux/io-uring/features.ts).
 * Without them multishot operations are made of single ones; the rest needs Linux 5.11.
 */
import { inspect } from 'node:util';
import { SystemError, type Unsupported, UnsupportedError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import type { Fd, Handle } from '../platform/fd.ts';
import { asInteger, asTimeout } from '../platform/integers.ts';
import { ERRNO, FCNTL, SOCKET } from '../sys/abi.ts';
import { type Address, addressDetails, encodeAddress } from '../sys/address.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { refusal } from '../sys/linux/io-uring/refusal.ts';
import { Ring } from '../sys/linux/io-uring/ring.ts';
import { IORING_OP, IOSQE } from '../sys/linux/io-uring-abi.ts';
import { asFlag, asInterest, asPosition, checkPath } from './arguments.ts';
import {
  type AcceptedFd,
  ATTACH,
  type CompletionQueue,
  type CompletionQueueOptions,
  type CompletionQueueStatistics,
  type OpenFileOptions,
  type OperationBuffer,
  type OperationOptions,
  type PositionOptions,
  type QueueLoop,
  type ReceivedMessage,
  type RecvMessageOptions,
  type SendMessageOptions,
  type SendOptions,
  type SyncOptions,
  type TransferOptions,
  type WaitOptions,
} from './completion-queue.ts';
import { fileFlags } from './file-flags.ts';
import { PART } from './io-uring/control-blocks.ts';
import { type ForcedOptions, QueueCore } from './io-uring/core.ts';
import { recvMessagePlan, sendMessagePlan } from './io-uring/messages.ts';
import { eventsOf, readyOf } from './io-uring/poll-events.ts';
import type { MultishotOperation, Operation } from './operation.ts';
import { takePrivate } from './operation-buffer.ts';
import { asNothing } from './plan.ts';
import { checkBuffers, type ProvidedBuffers, type ReceivedChunk } from './provided-buffers.ts';
import { QueueBuffer } from './queue-buffer.ts';

const INT_MAX = 2 ** 31 - 1;

/** `CompletionQueue` on io_uring(7). */
export class IoUringQueue implements CompletionQueue {
  static readonly model = 'io-uring';

  /** Asks the kernel for a ring: null, or why there is none. */
  static unavailable(): Unsupported | null {
    try {
      const options = { entries: 2, completions: 4 };
      new Ring({ ...options, without: ['registered-ring'] }).close();
      return null;
    } catch (error) {
      // What has run out now, opening says; no memory for a ring is a matter of limits.
      if (error instanceof SystemError) {
        return error.errno === -ERRNO.ENOMEM ? refusal(error.errno) : null;
      }
      if (!(error instanceof UnsupportedError)) throw error;
      const { reason, remedy } = error;
      return { model: 'io-uring', reason, remedy };
    }
  }

  readonly model = 'io-uring';
  readonly rejected: readonly Unsupported[];
  readonly #core: QueueCore;

  /**
   * @param options `rejected`: the candidates that were asked before this one
   * @param forced for tests
   */
  constructor(
    options: CompletionQueueOptions & { readonly rejected?: readonly Unsupported[] } = {},
    forced: ForcedOptions = {},
  ) {
    this.rejected = options.rejected ?? [];
    this.#core = new QueueCore(options, forced);
  }

  get features(): readonly string[] {
    return this.#core.features;
  }

  get fd(): number {
    return this.#core.wakeFd.fd;
  }

  get attached(): boolean {
    return this.#core.loop !== null;
  }

  get pending(): number {
    return this.#core.engine.pending;
  }

  allocate(size: number): QueueBuffer {
    this.#core.assertOpen('allocate');
    return new QueueBuffer(this.#core.pool, size);
  }

  provideBuffers(options: { readonly count: number; readonly size: number }): ProvidedBuffers {
    this.#core.assertOpen('provideBuffers');
    checkBuffers(options);
    return this.#core.provide(options);
  }

  accept(listener: Handle, options: OperationOptions = {}): Operation<AcceptedFd> {
    const fd = this.#core.admitOn('accept', listener, options);
    return this.#core.record(options, {
      name: 'accept',
      syscall: 'accept',
      request: {
        opcode: IORING_OP.IORING_OP_ACCEPT,
        fd,
        part: PART.name,
        offsetPart: PART.nameLength,
        flags: SOCKET.SOCK_CLOEXEC,
        prepare: (blocks, slot) => blocks.clearName(slot),
      },
      decode: (result, { slot }) => ({
        fd: result as Fd,
        address: this.#core.engine.blocks.getName(slot),
      }),
      isDescriptor: true,
    });
  }

  acceptMultishot(listener: Handle): MultishotOperation<AcceptedFd> {
    return this.#core.acceptMultishot(this.#core.admitOn('acceptMultishot', listener, {}));
  }

  connect(socket: Handle, address: Address, options: OperationOptions = {}): Operation<void> {
    const fd = this.#core.admitOn('connect', socket, options);
    const name = encodeAddress(address);
    return this.#core.record(options, {
      name: 'connect',
      syscall: 'connect',
      request: {
        opcode: IORING_OP.IORING_OP_CONNECT,
        fd,
        part: PART.name,
        offset: name.size,
        prepare: (blocks, slot) => blocks.setName(slot, name),
      },
      decode: asNothing,
      details: addressDetails(address),
    });
  }

  recv(socket: Handle, buffer: OperationBuffer, options: TransferOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('recv', socket, options);
    const flags = asFlag(options.all, 'all') ? SOCKET.MSG_WAITALL : 0;
    const opcode = IORING_OP.IORING_OP_RECV;
    return this.#core.receive(options, { name: 'recv', buffer, opcode, fd, flags, offset: 0 });
  }

  recvMultishot(socket: Handle, buffers: ProvidedBuffers): MultishotOperation<ReceivedChunk> {
    const fd = this.#core.admitOn('recvMultishot', socket, {});
    const operation = this.#core.recvMultishot(fd, buffers);
    if (operation !== undefined) return operation;
    const got = inspect(buffers, { depth: 0 });
    throw new TypeError(`buffers must be what provideBuffers() of this queue gave, got ${got}`);
  }

  send(socket: Handle, buffer: OperationBuffer, options: SendOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('send', socket, options);
    const isZeroCopy = asFlag(options.zeroCopy, 'zeroCopy');
    if (isZeroCopy && !this.features.includes('send-zero-copy')) throw noZeroCopy();
    const flags = SOCKET.MSG_NOSIGNAL | (asFlag(options.all, 'all') ? SOCKET.MSG_WAITALL : 0);
    const opcode = isZeroCopy ? IORING_OP.IORING_OP_SEND_ZC : IORING_OP.IORING_OP_SEND;
    return this.#core.transmit(options, { name: 'send', buffer, opcode, fd, flags, offset: 0 });
  }

  recvMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options: RecvMessageOptions = {},
  ): Operation<ReceivedMessage> {
    const fd = this.#core.admitOn('recvMessage', socket, options);
    return this.#core.record(options, recvMessagePlan(this.#core.engine, fd, buffer, options));
  }

  sendMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options: SendMessageOptions = {},
  ): Operation<number> {
    const fd = this.#core.admitOn('sendMessage', socket, options);
    return this.#core.record(options, sendMessagePlan(this.#core.engine, fd, buffer, options));
  }

  read(handle: Handle, buffer: OperationBuffer, options: PositionOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('read', handle, options);
    const offset = asPosition(options.position);
    const opcode = IORING_OP.IORING_OP_READ;
    return this.#core.receive(options, { name: 'read', buffer, opcode, fd, flags: 0, offset });
  }

  write(handle: Handle, buffer: OperationBuffer, options: PositionOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('write', handle, options);
    const offset = asPosition(options.position);
    const opcode = IORING_OP.IORING_OP_WRITE;
    return this.#core.transmit(options, { name: 'write', buffer, opcode, fd, flags: 0, offset });
  }

  openFile(path: string, options: OpenFileOptions = {}): Operation<Fd> {
    this.#core.admit('openFile', options);
    const { flags = 'r', mode = 0o666 } = options;
    checkPath(path);
    asInteger(mode, 'mode', 0, 0o7777);
    const openFlags = fileFlags(flags) | FCNTL.O_CLOEXEC;
    const text = Buffer.from(`${path}\0`);
    const slot = takePrivate(this.#core.pool, text.length);
    slot.bytes.set(text);
    return this.#core.record(options, {
      name: 'openFile',
      syscall: 'open',
      request: {
        opcode: IORING_OP.IORING_OP_OPENAT,
        fd: FCNTL.AT_FDCWD,
        address: slot.address,
        length: mode,
        flags: openFlags,
      },
      memory: slot,
      decode: (result) => result as Fd,
      details: { path },
      isDescriptor: true,
    });
  }

  sync(handle: Handle, options: SyncOptions = {}): Operation<void> {
    const fd = this.#core.admitOn('sync', handle, options);
    const isDataOnly = asFlag(options.dataOnly, 'dataOnly');
    return this.#core.record(options, {
      name: 'sync',
      syscall: isDataOnly ? 'fdatasync' : 'fsync',
      request: {
        opcode: IORING_OP.IORING_OP_FSYNC,
        fd,
        flags: isDataOnly ? IOSQE.IORING_FSYNC_DATASYNC : 0,
      },
      decode: asNothing,
    });
  }

  close(): void;
  close(handle: Handle): Operation<void>;
  close(...handles: [Handle?]): Operation<void> | undefined {
    if (handles.length === 0) {
      if (this.#core.isClosed) return undefined;
      announceClosing(this);
      this.#core.close();
      return undefined;
    }
    const handle = handles[0] as Handle;
    const fd = this.#core.admitOn('close', handle, {});
    const isOwner = typeof handle === 'object' && 'detach' in handle;
    if (isOwner && typeof handle.detach === 'function') handle.detach();
    return this.#core.closeFd(fd);
  }

  poll(handle: Handle, interest: number, options: OperationOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('poll', handle, options);
    const flags = eventsOf(asInterest(interest));
    const opcode = IORING_OP.IORING_OP_POLL_ADD;
    const request = { opcode, fd, flags };
    return this.#core.record(options, { name: 'poll', syscall: 'poll', request, decode: readyOf });
  }

  timeout(timeoutMs: number, options: OperationOptions = {}): Operation<void> {
    this.#core.admit('timeout', options);
    const ms = asTimeout(timeoutMs);
    if (ms < 0)
      throw new RangeError(`timeoutMs must be a number of milliseconds, got ${timeoutMs}`);
    const hasFlag = this.#core.ring.supports(IORING_OP.IORING_OP_SOCKET);
    return this.#core.record(options, {
      name: 'timeout',
      syscall: 'timeout',
      request: {
        opcode: IORING_OP.IORING_OP_TIMEOUT,
        fd: -1,
        part: PART.time,
        length: 1,
        // Without it, a time that is over breaks the chain; the flag is older than the probe's word.
        flags: hasFlag ? IOSQE.IORING_TIMEOUT_ETIME_SUCCESS : 0,
        prepare: (blocks, slot) => blocks.setTime(slot, PART.time, ms),
      },
      decode: asNothing,
      success: -ERRNO.ETIME,
    });
  }

  cancel(target: Operation<unknown> | Handle): Operation<number> {
    this.#core.admit('cancel', {});
    return this.#core.cancel(target);
  }

  submit(): void {
    this.#core.assertOpen('submit');
    this.#core.engine.place();
    this.#core.engine.submit();
  }

  wait({ min = 1, timeoutMs }: WaitOptions = {}): Operation<unknown>[] {
    this.#core.assertOpen('wait');
    asInteger(min, 'min', 0, INT_MAX);
    const limitMs = asTimeout(timeoutMs);
    const deadline = limitMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + limitMs;
    beginWait();
    try {
      this.#core.waitFor(min, deadline);
    } finally {
      endWait();
    }
    return this.#core.engine.takeReady();
  }

  statistics(): CompletionQueueStatistics {
    const { engine, pool, ring, isClosed } = this.#core;
    const { recorded, completed, items, inFlight, queued, calls, rearmed, starved } = engine;
    const { overflows } = ring;
    const lost = isClosed ? 0 : ring.lost;
    const memory = { memoryUsed: pool.used, memoryMapped: pool.mapped };
    const now = { inFlight, queued, ...memory };
    return { recorded, completed, items, calls, overflows, lost, rearmed, starved, ...now };
  }

  [ATTACH](loop: QueueLoop | null): void {
    if (loop !== null) this.#core.assertOpen('attach');
    if (loop !== null && this.attached) throw new TypeError('the queue is attached already');
    this.#core.loop = loop;
    if (this.pending > 0) loop?.schedule();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    if (this.#core.isClosed) return 'IoUringQueue{closed}';
    const { inFlight, queued } = this.#core.engine;
    const counts = `${inFlight} in flight, ${queued} queued`;
    const lost = this.rejected.map(({ model, reason }) => ` (not ${model}: ${reason})`).join('');
    const names = this.features.join(' ');
    return `IoUringQueue{io-uring, ${counts}, ${names}}${lost}`;
  }
}

function noZeroCopy(): UnsupportedError {
  return new UnsupportedError({
    model: 'zeroCopy of io-uring',
    reason: 'the kernel has no IORING_OP_SEND_ZC, which came with 6.0',
    remedy: 'leave the option out',
  });
}
