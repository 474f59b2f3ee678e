/**
 * Facts about completion ports as a queue of operations (the port itself:
 * sys/windows/completion-port.ts; the calls: sys/windows/overlapped.ts):
 * - An operation is started by a call of its own; there is no batch of starts. What is complete then
 *   puts no packet into the port, so a busy queue takes most of its results without one.
 * - The memory that an operation names, and the OVERLAPPED that stands for it, are the kernel's until
 *   it is complete, even after a cancellation that was answered with success.
 * - A handle is tied to the first port that it was used with, for good.
 * - Closing a handle completes what is under way there, at some time, with a status that depends on
 *   the version.
 * - The kernel has no chains, no drains, no operations that go on and no times. It opens and flushes
 *   files in calls that sleep. Files opened for overlapped I/O have no position of their own.
 * - A port is no socket: Node's loop, which waits on a port of its own, cannot watch it.
 *
 * What this means for us: the kernel is given memory of the queue's arena and nothing else, and each
 * operation holds its buffer in the operation table until its own packet. Cancelling settles nothing.
 * `close(handle)` cancels, waits for completions, and then closes. What the kernel lacks is kept here
 * or made of single operations, and called emulated: chains, drains, time limits and `timeout` (timers
 * of the queue), multishot operations and `all` (one operation after another), the position of a
 * file (a number of the queue), opening and syncing (calls that sleep, in `submit` and `wait`). `poll`
 * is what Winsock's own select and WSAPoll ask their driver (sys/windows/afd.ts).
 */
import { inspect } from 'node:util';
import { SystemError, type Unsupported, UnsupportedError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import type { Fd, Handle } from '../platform/fd.ts';
import { asInteger, asTimeout } from '../platform/integers.ts';
import { type Address, addressDetails, encodeAddress } from '../sys/address.ts';
import { close as closeDescriptor } from '../sys/descriptor.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { flushFile, openOverlapped } from '../sys/windows/file.ts';
import { createPipe, startConnectPipe } from '../sys/windows/named-pipe.ts';
import { iocpUnavailable } from '../sys/windows/port-probe.ts';
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
import { QueueCore } from './iocp/core.ts';
import { fileOpening } from './iocp/file-opening.ts';
import { recvMessagePlan, sendMessagePlan } from './iocp/messages.ts';
import {
  acceptRequest,
  connectRequest,
  pollRequest,
  readRequest,
  recvRequest,
  sendRequest,
  writeRequest,
} from './iocp/requests.ts';
import type { MultishotOperation, Operation } from './operation.ts';
import { placeIncoming, placeOutgoing } from './operation-buffer.ts';
import { asCount, asNothing } from './plan.ts';
import { checkBuffers, type ProvidedBuffers, type ReceivedChunk } from './provided-buffers.ts';
import { QueueBuffer } from './queue-buffer.ts';
import { peerOf } from './stream.ts';

const INT_MAX = 2 ** 31 - 1;
const PIPE_PREFIX = '\\\\.\\pipe\\';

/** `CompletionQueue` on an I/O completion port. */
export class IocpQueue implements CompletionQueue {
  static readonly model = 'iocp';

  /** Asks the kernel for a port: null, or why there is none. */
  static unavailable(): Unsupported | null {
    return iocpUnavailable();
  }

  readonly model = 'iocp';
  readonly rejected: readonly Unsupported[];
  /** Nothing: the kernel offers the plain operations. */
  readonly features: readonly string[] = [];
  readonly #core: QueueCore;

  /** @param options `rejected`: the candidates that were asked before this one */
  constructor(
    options: CompletionQueueOptions & { readonly rejected?: readonly Unsupported[] } = {},
  ) {
    this.rejected = options.rejected ?? [];
    this.#core = new QueueCore(options);
  }

  /** The port's handle, which a thread can post to and no loop can watch. */
  get fd(): number {
    return this.#core.port.handle;
  }

  /** Never: Node's loop cannot watch a port. */
  get attached(): boolean {
    return false;
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
      request: acceptRequest(fd),
      decode: (result) => ({ fd: result as Fd, address: peerOf(result) }),
      isDescriptor: true,
    });
  }

  acceptMultishot(listener: Handle): MultishotOperation<AcceptedFd> {
    return this.#core.acceptMultishot(this.#core.admitOn('acceptMultishot', listener, {}));
  }

  connect(socket: Handle, address: Address, options: OperationOptions = {}): Operation<void> {
    const fd = this.#core.admitOn('connect', socket, options);
    return this.#core.record(options, {
      name: 'connect',
      syscall: 'connect',
      request: connectRequest(fd, encodeAddress(address)),
      decode: asNothing,
      details: addressDetails(address),
    });
  }

  recv(socket: Handle, buffer: OperationBuffer, options: TransferOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('recv', socket, options);
    const isAll = asFlag(options.all, 'all');
    const place = placeIncoming(this.#core.pool, buffer);
    const request = recvRequest(fd, place, isAll);
    const common = { name: 'recv', syscall: 'recv', place, decode: asCount };
    return this.#core.record(options, { ...common, request, isIncoming: true });
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
    if (asFlag(options.zeroCopy, 'zeroCopy')) throw noZeroCopy();
    const isAll = asFlag(options.all, 'all');
    const place = placeOutgoing(this.#core.pool, buffer);
    const request = sendRequest(fd, place, isAll ? place.length : 0);
    const common = { name: 'send', syscall: 'send', place, decode: asCount };
    return this.#core.record(options, { ...common, request });
  }

  recvMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options: RecvMessageOptions = {},
  ): Operation<ReceivedMessage> {
    const fd = this.#core.admitOn('recvMessage', socket, options);
    return this.#core.record(options, recvMessagePlan(this.#core.pool, fd, buffer, options));
  }

  sendMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options: SendMessageOptions = {},
  ): Operation<number> {
    const fd = this.#core.admitOn('sendMessage', socket, options);
    return this.#core.record(options, sendMessagePlan(this.#core.pool, fd, buffer, options));
  }

  read(handle: Handle, buffer: OperationBuffer, options: PositionOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('read', handle, options);
    const start = asPosition(options.position);
    const place = placeIncoming(this.#core.pool, buffer);
    const position = this.#core.positionOf(fd, start, place.length);
    const request = readRequest(fd, { place, position });
    const common = { name: 'read', syscall: 'read', place, decode: asCount };
    return this.#core.record(options, { ...common, request, isIncoming: true });
  }

  write(handle: Handle, buffer: OperationBuffer, options: PositionOptions = {}): Operation<number> {
    const fd = this.#core.admitOn('write', handle, options);
    const start = asPosition(options.position);
    const place = placeOutgoing(this.#core.pool, buffer);
    const position = this.#core.positionOf(fd, start, place.length);
    const request = writeRequest(fd, { place, position });
    return this.#core.record(options, {
      name: 'write',
      syscall: 'write',
      place,
      request,
      decode: asCount,
    });
  }

  openFile(path: string, options: OpenFileOptions = {}): Operation<Fd> {
    this.#core.admit('openFile', options);
    const { flags = 'r', mode = 0o666 } = options;
    checkPath(path);
    asInteger(mode, 'mode', 0, 0o7777);
    const opening = fileOpening(flags, mode);
    return this.#core.record(options, {
      name: 'openFile',
      syscall: 'open',
      request: { fd: -1, perform: () => openOverlapped(path, opening) },
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
      request: { fd, perform: () => flushFile(fd) },
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
    const request = pollRequest(this.#core.engine, fd, asInterest(interest));
    return this.#core.record(options, { name: 'poll', syscall: 'poll', request, decode: asCount });
  }

  timeout(timeoutMs: number, options: OperationOptions = {}): Operation<void> {
    this.#core.admit('timeout', options);
    const ms = asTimeout(timeoutMs);
    if (ms < 0)
      throw new RangeError(`timeoutMs must be a number of milliseconds, got ${timeoutMs}`);
    const request = { fd: -1, timeMs: ms };
    return this.#core.record(options, {
      name: 'timeout',
      syscall: 'timeout',
      request,
      decode: asNothing,
    });
  }

  /**
   * Beyond the contract: makes an instance of a named pipe (`\\.\pipe\…`) and waits for a client. The
   * server's end, to read, write and close. A client opens the path with `openFile`.
   *
   * @see ConnectNamedPipe
   */
  acceptPipe(path: string, options: OperationOptions = {}): Operation<Fd> {
    this.#core.admit('acceptPipe', options);
    checkPath(path);
    if (!path.startsWith(PIPE_PREFIX)) {
      throw new TypeError(`path must begin with ${PIPE_PREFIX}, got ${inspect(path)}`);
    }
    const handle = createPipe(path);
    if (handle < 0) throw new SystemError(handle, 'CreateNamedPipe', { path });
    return this.#core.record(options, {
      name: 'acceptPipe',
      syscall: 'ConnectNamedPipe',
      request: {
        fd: handle,
        start: (blocks, slot) => startConnectPipe(handle, blocks.overlappedOf(slot)),
        take: (result) => {
          if (result < 0) closeDescriptor(handle);
          return result < 0 ? result : handle;
        },
      },
      decode: (result) => result as Fd,
      details: { path },
      isDescriptor: true,
    });
  }

  cancel(target: Operation<unknown> | Handle): Operation<number> {
    this.#core.admit('cancel', {});
    return this.#core.cancel(target);
  }

  submit(): void {
    this.#core.assertOpen('submit');
    this.#core.engine.place();
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
    const { engine, pool } = this.#core;
    const { recorded, completed, items, inFlight, queued, calls, rearmed, starved } = engine;
    const memory = { memoryUsed: pool.used, memoryMapped: pool.mapped };
    const now = { inFlight, queued, ...memory };
    return { recorded, completed, items, calls, overflows: 0, lost: 0, rearmed, starved, ...now };
  }

  [ATTACH](loop: QueueLoop | null): void {
    if (loop !== null) throw noLoop();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    if (this.#core.isClosed) return 'IocpQueue{closed}';
    const { inFlight, queued } = this.#core.engine;
    const lost = this.rejected.map(({ model, reason }) => ` (not ${model}: ${reason})`).join('');
    return `IocpQueue{iocp, ${inFlight} in flight, ${queued} queued}${lost}`;
  }
}

function noZeroCopy(): UnsupportedError {
  return new UnsupportedError({
    model: 'zeroCopy of iocp',
    reason: 'overlapped sends have no such option',
    remedy: 'leave the option out',
  });
}

function noLoop(): UnsupportedError {
  return new UnsupportedError({
    model: "iocp in Node's event loop",
    reason: 'a completion port is no socket, and that loop waits on a port of its own',
    remedy: 'wait() in a worker thread',
  });
}
