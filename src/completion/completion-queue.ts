/**
 * The contract of every completion queue: the kernel does both phases and reports when it is done.
 *
 * A readiness model says *you may read now*; a completion model is told *read this into there* and
 * says later *it has been read*. Whoever submits an operation gets a receipt at once (`Operation`)
 * and the result through it, once the kernel has reported.
 *
 * A back end implements `CompletionQueue` and opens with an essay on its kernel interface. Everything
 * a user needs to know is said here, once.
 *
 * ## Order of events
 * - An operation is *recorded* by the method that returns its receipt and *submitted* with all
 *   others by the next `submit` or `wait` (attached to Node's loop: before the loop sleeps). So a
 *   batch costs one system call.
 * - It is *done* when `wait` has returned it: its receipt changes in `wait`, never between two.
 * - Operations complete in any order, unless `link` or `drain` says otherwise. Two receives on one
 *   stream socket in flight at once share its bytes out in no order worth relying on; so do sends.
 *
 * ## Memory
 * - The kernel reads and writes only memory that the queue owns. `allocate` hands it out: what
 *   arrives there arrives without a copy. Any view of such memory is recognised as that.
 * - Any other buffer works and costs a copy: outgoing bytes are copied when the operation is
 *   recorded, incoming ones when `wait` completes it. Nothing is written into it before.
 * - A buffer is the operation's from recording to completion: reading it shows anything, writing it
 *   sends anything. Disposed in between, its memory is given back at the completion.
 *
 * ## Cancelling
 * Cancelling asks, and settles nothing: the operation ends by its own completion, with ECANCELED or,
 * when the kernel was faster, with its result. Bytes that won are in the buffer, a connection that
 * won is in the result: whoever cancels has to look.
 *
 * ## Closing descriptors
 * The kernel keeps what an operation works on alive: closing a number behind its back ends nothing.
 * `close(handle)` is the operation that does it right: cancel what is under way there, wait for its
 * completions, close.
 *
 * ## What a kernel lacks
 * It is refused with UnsupportedError, or made of what the kernel has: the page of the model says
 * which, and calls it emulated. On Windows that is `link`, `drain`, `timeoutMs`, `timeout`, `all` and
 * multishot operations, the position of a file, opening and syncing; `zeroCopy`, control messages to
 * send and `attach` are refused.
 *
 * ## Threads
 * A queue belongs to the thread that opened it, and cannot leave it: objects do not travel between
 * threads, and nothing adopts a queue by its number. `interrupt` ends its `wait` from outside.
 */
import type { Unsupported } from '../errors.ts';
import type { Fd, Handle } from '../platform/fd.ts';
import type { Address } from '../sys/address.ts';
import type { MultishotOperation, Operation } from './operation.ts';
import type { ProvidedBuffers, ReceivedChunk } from './provided-buffers.ts';
import type { QueueBuffer } from './queue-buffer.ts';

/** The completion models that have a queue, each by its kernel interface's name. */
export type CompletionModel = 'io-uring' | 'iocp';

/** Memory for an operation: of the queue (`allocate`, or a view of it), or anybody's, at a copy. */
export type OperationBuffer = QueueBuffer | ArrayBufferView;

/** What every operation can be told. */
export interface OperationOptions {
  /**
   * The next operation recorded starts only when this one has succeeded, and ends with ECANCELED
   * when it has not. A transfer that moved fewer bytes than asked for has not. A chain that is still
   * open when it is submitted ends there. @default false
   */
  readonly link?: boolean | undefined;
  /**
   * Start only when every operation recorded before has completed, and let none recorded later start
   * before this one has. @default false
   */
  readonly drain?: boolean | undefined;
  /**
   * Cancel the operation after so many milliseconds (rounded up; counted from its start): it then
   * fails with ETIMEDOUT. Left out, it may take for ever.
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of transfers over sockets. */
export interface TransferOptions extends OperationOptions {
  /** Complete only when the whole buffer is full or sent (MSG_WAITALL). @default false */
  readonly all?: boolean | undefined;
}

/** Options of `send`. */
export interface SendOptions extends TransferOptions {
  /**
   * Send from where the bytes lie, without the kernel's own copy (IORING_OP_SEND_ZC). The operation
   * completes when the network no longer needs them, so it takes longer. On the loopback interface,
   * which copies after all, it never pays (tools/measure-completion.ts). Throws UnsupportedError
   * where the kernel has no such thing. @default false
   */
  readonly zeroCopy?: boolean | undefined;
}

/** Options of `read` and `write`. */
export interface PositionOptions extends OperationOptions {
  /** Where in the file, in bytes; left out, at the file's own position, which moves on. */
  readonly position?: number | undefined;
}

/** Options of `sync`. */
export interface SyncOptions extends OperationOptions {
  /** Only the data and what is needed to read it back, as fdatasync(2). @default false */
  readonly dataOnly?: boolean | undefined;
}

/** Options of `openFile`. */
export interface OpenFileOptions extends OperationOptions {
  /** Node's letters (`r`, `r+`, `w`, `wx`, `a` …) or the flags of open(2). @default 'r' */
  readonly flags?: string | number | undefined;
  /** The permissions of a file that is created, without the umask's bits. @default 0o666 */
  readonly mode?: number | undefined;
}

/** Options of `recvMessage`. */
export interface RecvMessageOptions extends OperationOptions {
  /** Room for control messages, in bytes (0 to 65536). @default 0 */
  readonly controlSize?: number | undefined;
}

/** Options of `sendMessage`. */
export interface SendMessageOptions extends OperationOptions {
  /** To whom, on a socket that is not connected. */
  readonly address?: Address | undefined;
  /** Control messages as cmsg(3) lays them out. */
  readonly control?: ArrayBufferView | undefined;
}

/** A connection that was accepted. `Socket.fromFd(fd)` makes a socket of it; or close the number. */
export interface AcceptedFd {
  readonly fd: Fd;
  /** Who is at the other end. */
  readonly address: Address;
}

/** A message that was received. */
export interface ReceivedMessage {
  /** How many bytes lie in the buffer. */
  readonly bytes: number;
  /** Who sent it, or null on a connected socket that does not say. */
  readonly address: Address | null;
  /** The control messages, as cmsg(3) lays them out; descriptors in them are open and yours. */
  readonly control: Uint8Array;
  /** The message was longer than the buffer, its rest is lost (MSG_TRUNC). */
  readonly truncated: boolean;
  /** Control messages did not fit and are lost (MSG_CTRUNC). */
  readonly controlTruncated: boolean;
}

/** Options of `wait`. */
export interface WaitOptions {
  /** How many operations to wait for (0 to 2^31-1); 0 only looks. @default 1 */
  readonly min?: number | undefined;
  /** Milliseconds, rounded up; left out or `Infinity`, for ever; 0 only looks. */
  readonly timeoutMs?: number | undefined;
}

/** Options of `openCompletionQueue`. */
export interface CompletionQueueOptions {
  /**
   * Room for completions in the kernel, a power of two (16 to 32768): the most operations in flight
   * at once. What is recorded beyond that waits its turn in this process. @default 4096
   */
  readonly entries?: number | undefined;
  /** The most operations recorded and not completed (1 to 2^20): then RangeError. @default 65536 */
  readonly operationsMax?: number | undefined;
  /** The most memory for buffers, in bytes, private copies included. @default 256 MiB */
  readonly memoryMax?: number | undefined;
}

/** Plain counters since the queue was opened, and what it holds now. */
export interface CompletionQueueStatistics {
  /** Operations recorded. */
  readonly recorded: number;
  /** Operations completed, with whatever result; a multishot operation counts once, at its end. */
  readonly completed: number;
  /** Items that multishot operations delivered. */
  readonly items: number;
  /** Now: operations that the kernel has. */
  readonly inFlight: number;
  /** Now: operations that wait here for a place in the kernel. */
  readonly queued: number;
  /** System calls that submitted or waited. */
  readonly calls: number;
  /** Times the kernel had more completions than its queue could hold and kept them aside. */
  readonly overflows: number;
  /** Completions that the kernel lost. Not 0 means a broken kernel. */
  readonly lost: number;
  /** Multishot operations that the kernel ended early and that were started again. */
  readonly rearmed: number;
  /** Receives that found no provided buffer and waited for one to come back. */
  readonly starved: number;
  /** Now: bytes of memory handed out, and bytes mapped for it. */
  readonly memoryUsed: number;
  readonly memoryMapped: number;
}

/** What `attach` of polyio/node gives an attached queue. */
export interface QueueLoop {
  /** Something was recorded: submit it before the loop sleeps. */
  schedule(): void;
}

/** The key of the member through which polyio/node attaches a queue. */
export const ATTACH: unique symbol = Symbol('polyio.attach');

/**
 * Asynchronous I/O: operations are handed to the kernel, which reports their completion.
 *
 * Errors: a method throws `TypeError` or `RangeError` for arguments that cannot be meant, and
 * `PolyioError` ERR_POLYIO_CLOSED once the queue is closed, or the descriptor is being closed by
 * it. Whatever the kernel refuses is the operation's: its `result()` throws `SystemError`.
 */
export interface CompletionQueue {
  /** The model that does the work. */
  readonly model: CompletionModel;
  /** The candidates that `openCompletionQueue` asked first, each with the reason why it lost. */
  readonly rejected: readonly Unsupported[];
  /** What this kernel offers beyond the plain operations and the queue makes use of, by name. */
  readonly features: readonly string[];
  /**
   * The queue's descriptor: readable while completions are pending (on Windows the handle of a port,
   * which nothing but the queue can wait for); -1 once closed.
   */
  readonly fd: number;
  /** How many operations are recorded and have not completed. */
  readonly pending: number;
  /** Whether `attach` of polyio/node completes operations in Node's event loop. */
  readonly attached: boolean;

  /**
   * Memory of the queue for operations: `size` zeroed bytes (1 to 2^30). `dispose` gives it back,
   * or `close` of the queue. Throws SystemError ENOMEM beyond `memoryMax`.
   */
  allocate(size: number): QueueBuffer;

  /**
   * Buffers that receives share: each takes one only when its bytes are there, so that `count`
   * (a power of two, 1 to 32768) of `size` bytes serve any number of idle connections.
   */
  provideBuffers(options: { readonly count: number; readonly size: number }): ProvidedBuffers;

  /** Takes a connection from a listening socket; it is closed on exec. @see accept(2) */
  accept(listener: Handle, options?: OperationOptions): Operation<AcceptedFd>;

  /** Takes one connection after another until it is cancelled or fails. Survives EMFILE bursts. */
  acceptMultishot(listener: Handle): MultishotOperation<AcceptedFd>;

  /** Connects a socket. @see connect(2) */
  connect(socket: Handle, address: Address, options?: OperationOptions): Operation<void>;

  /** Receives: how many bytes came, 0 at the end of the stream. @see recv(2) */
  recv(socket: Handle, buffer: OperationBuffer, options?: TransferOptions): Operation<number>;

  /**
   * Receives piece after piece into provided buffers, until the end of the stream. A piece is a
   * lease: valid until the next one is taken. It waits while all buffers are in use.
   */
  recvMultishot(socket: Handle, buffers: ProvidedBuffers): MultishotOperation<ReceivedChunk>;

  /** Sends: how many bytes were taken, which may be fewer. Raises no SIGPIPE. @see send(2) */
  send(socket: Handle, buffer: OperationBuffer, options?: SendOptions): Operation<number>;

  /** Receives one message with its sender and control messages. @see recvmsg(2) */
  recvMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options?: RecvMessageOptions,
  ): Operation<ReceivedMessage>;

  /** Sends one message: how many bytes were taken. @see sendmsg(2) */
  sendMessage(
    socket: Handle,
    buffer: OperationBuffer,
    options?: SendMessageOptions,
  ): Operation<number>;

  /** Reads from a file, pipe or device: how many bytes, 0 at the end. @see pread(2) */
  read(handle: Handle, buffer: OperationBuffer, options?: PositionOptions): Operation<number>;

  /** Writes to a file, pipe or device: how many bytes, which may be fewer. @see pwrite(2) */
  write(handle: Handle, buffer: OperationBuffer, options?: PositionOptions): Operation<number>;

  /** Opens a file by its path, closed on exec: its number. @see open(2) */
  openFile(path: string, options?: OpenFileOptions): Operation<Fd>;

  /** Waits until what was written has reached the device. @see fsync(2) */
  sync(handle: Handle, options?: SyncOptions): Operation<void>;

  /**
   * Cancels everything that this queue has under way on the descriptor, waits for it, and closes.
   * An object with `detach()` gives its number up at once. @see close(2)
   */
  close(handle: Handle): Operation<void>;

  /**
   * Closes the queue: cancels everything, waits for every completion, gives the memory back. Views
   * of it read zeros from then on. Throws SystemError (ETIMEDOUT after 5 s) when the kernel keeps an
   * operation, on a disk that hangs for example: its memory then stays. Can be repeated.
   */
  close(): void;

  /**
   * Waits until a descriptor is ready: the ready bits. `interest` is a combination of `READABLE`,
   * `WRITABLE` and `PRIORITY`; of several, more may be reported than is ready, since the kernel
   * tells what woke it. @see poll(2)
   */
  poll(handle: Handle, interest: number, options?: OperationOptions): Operation<number>;

  /** Completes after `timeoutMs` milliseconds (0 or more), rounded up. */
  timeout(timeoutMs: number, options?: OperationOptions): Operation<void>;

  /**
   * Asks the kernel to cancel one operation, or all on a descriptor: how many it found. They end by
   * completions of their own. A `close` or a `cancel` is not cancelled.
   */
  cancel(target: Operation<unknown> | Handle): Operation<number>;

  /** Hands what was recorded to the kernel now, without looking at completions. */
  submit(): void;

  /**
   * Submits, waits until at least `min` operations have completed (or all, when fewer are left) or
   * the time is over, and returns those that did: all there are, in the order of completion. A
   * multishot operation is among them when it has new items, and when it has ended.
   *
   * Signals do not end it. Interrupted by another thread it throws `PolyioError`
   * ERR_POLYIO_INTERRUPTED, and what had completed is returned by the next `wait`.
   */
  wait(options?: WaitOptions): Operation<unknown>[];

  /** What happened so far. */
  statistics(): CompletionQueueStatistics;

  /** For polyio/node: gives the queue its loop, or takes it away with null. */
  [ATTACH](loop: QueueLoop | null): void;

  [Symbol.dispose](): void;
}
