/**
 * The generator on io_uring: sends and receives are submissions, and one system call hands over a
 * whole batch and waits for what came of it.
 *
 * Facts:
 * - A receive is armed once for all that is to come; the kernel takes a buffer for each piece. All
 *   is looked at before the next wait, so a buffer goes back at once.
 * - IOSQE_CQE_SKIP_SUCCESS leaves out the completion of a send that went well, which is half of all
 *   completions. Without it nobody knows when a send is through, and one that has to wait for room
 *   could be passed by the next.
 * - What waits inside the kernel keeps a connection open after its descriptor is closed, and so does a
 *   place in the ring's own table of descriptors, which spares each send a look-up.
 *
 * What this means for us: while all that is under way on a connection fits the smallest send buffer
 * that the kernel gives, no send has to wait, and none is heard of unless it fails. Beyond that one
 * send at a time is under way, as large as it may be. A connection is shut down before it is closed.
 */
import { SystemError } from '../../errors.ts';
import { ERRNO, POLL, SOCKET } from '../../sys/abi.ts';
import { Arena, type Slice } from '../../sys/arena.ts';
import { close } from '../../sys/descriptor.ts';
import { isEintr } from '../../sys/interrupt.ts';
import { BufferRing } from '../../sys/linux/io-uring/buffer-ring.ts';
import { forbiddenFeatures } from '../../sys/linux/io-uring/features.ts';
import { CQE, highWord, Ring, SQE, sqeHead } from '../../sys/linux/io-uring/ring.ts';
import { IORING, IORING_OP, IOSQE } from '../../sys/linux/io-uring-abi.ts';
import { shutdown } from '../../sys/socket.ts';
import type { Engine, Listener } from './engine.ts';
import { after, type Memory, type Pattern, PIECE_BYTES } from './pattern.ts';
import { isUdp, type LoadPlan } from './plan.ts';
import type { Stream } from './stream.ts';

const OPERATION = { connect: 1, receive: 2, send: 3, register: 4 } as const;
const OPERATION_BITS = 8;
const OPERATION_MASK = (1 << OPERATION_BITS) - 1;
const GENERATIONS = 0x7fffff;

const SUBMISSIONS = 4_096;
const COMPLETIONS = 32_768;
const GROUP = 0;
const SMALL_BYTES = 2_048;
const LARGE_BYTES = 65_536;
const MEMORY_BYTES = 4 * 1_048_576;
const BUFFERS_MIN = 64;
const BUFFERS_MAX = 2_048;
/** What the kernel's smallest default send buffer takes for certain (net.ipv4.tcp_wmem, its overhead off). */
const SURE_BYTES = 4_096;
/** Each send costs some of that room, however short it is. */
const SURE_MESSAGES = 16;

const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;

const { IOSQE_BUFFER_SELECT, IOSQE_CQE_SKIP_SUCCESS, IOSQE_FIXED_FILE } = IOSQE;
const { IORING_RECV_MULTISHOT } = IOSQE;
const { IORING_CQE_F_BUFFER, IORING_CQE_F_MORE, IORING_CQE_BUFFER_SHIFT } = IORING;
const RECEIVE = sqeHead(IORING_OP.IORING_OP_RECV, IOSQE_BUFFER_SELECT, IORING_RECV_MULTISHOT);
const SEND = sqeHead(IORING_OP.IORING_OP_SEND);
const SEND_SILENTLY = sqeHead(IORING_OP.IORING_OP_SEND, IOSQE_CQE_SKIP_SUCCESS);
const UPDATE_FILE = sqeHead(IORING_OP.IORING_OP_FILES_UPDATE, IOSQE_CQE_SKIP_SUCCESS);
/** The flag of submissions whose descriptor is a place in the ring's own table. */
const FIXED = sqeHead(0, IOSQE_FIXED_FILE);
const POLL_ADD = sqeHead(IORING_OP.IORING_OP_POLL_ADD);
const SEND_ALL = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_WAITALL;

/** The power of two that is not below `value`. */
function roomFor(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

export class IoUringEngine implements Engine {
  readonly name = 'io-uring';
  readonly isBlocking = true;
  readonly memory: Memory & Slice;
  readonly #ring: Ring;
  readonly #group: BufferRing;
  readonly #arena: Arena;
  readonly #streams: readonly Stream[];
  readonly #listener: Listener;
  readonly #pattern: Pattern;
  readonly #bufferBytes: number;
  readonly #isSure: boolean;
  /** Each stream's descriptor, for the kernel to read into its table; null without one. */
  readonly #numbers: Slice | null;
  /** Streams whose receive found no buffer. */
  readonly #starved: Stream[] = [];

  /** Opens the ring, for the calling thread. Throws what `Ring` throws. */
  constructor(plan: LoadPlan, pattern: Pattern, streams: readonly Stream[], listener: Listener) {
    this.#pattern = pattern;
    this.#streams = streams;
    this.#listener = listener;
    const { bytes, pipeline, connections } = plan;
    this.#isSure = bytes * pipeline <= SURE_BYTES && pipeline <= SURE_MESSAGES;
    // A datagram has to fit one buffer; of a stream as much comes at once as is under way.
    const piece = isUdp(plan.target) ? bytes : bytes * pipeline;
    this.#bufferBytes = Math.min(LARGE_BYTES, Math.max(SMALL_BYTES, roomFor(piece)));
    const most = Math.min(BUFFERS_MAX, MEMORY_BYTES / this.#bufferBytes);
    const count = Math.min(most, Math.max(BUFFERS_MIN, roomFor(2 * connections)));
    const without = forbiddenFeatures();
    this.#ring = new Ring({ entries: SUBMISSIONS, completions: COMPLETIONS, without });
    this.#group = new BufferRing(this.#ring, { group: GROUP, entries: count });
    const numbersBytes = connections * WORD_BYTES;
    this.#arena = Arena.map(count * this.#bufferBytes + numbersBytes);
    this.#arena.preferHugePages();
    this.memory = this.#arena.carve(count * this.#bufferBytes);
    // Connections that come and go would have to enter and leave the table each time.
    const wantsTable = plan.churn === 0 && !without.includes('file-table');
    const hasTable = wantsTable && this.#ring.registerFiles(connections);
    this.#numbers = hasTable ? this.#arena.carve(numbersBytes) : null;
    for (let id = 0; id < count; id++) this.#provide(id);
  }

  #provide(id: number): void {
    const offset = id * this.#bufferBytes;
    this.#group.provide(id, this.memory.address + offset, this.#bufferBytes);
  }

  #tag({ generation }: Stream, operation: number): number {
    return ((generation & GENERATIONS) << OPERATION_BITS) | operation;
  }

  awaitConnect(stream: Stream): void {
    const tag = this.#tag(stream, OPERATION.connect);
    const at = this.#ring.prepare(POLL_ADD, stream.fd, stream.slot, tag);
    this.#ring.sqes[at + SQE.flags] = POLL.POLLOUT;
  }

  receive(stream: Stream): void {
    if (this.#numbers !== null) this.#register(this.#numbers, stream);
    this.#receive(stream);
  }

  /** Puts the stream's descriptor into the ring's table, in the place of its slot. */
  #register({ words, address }: Slice, { slot, fd, generation }: Stream): void {
    words[slot] = fd;
    const { sqes } = this.#ring;
    const tag = ((generation & GENERATIONS) << OPERATION_BITS) | OPERATION.register;
    const at = this.#ring.prepare(UPDATE_FILE, -1, slot, tag);
    const place = address + slot * WORD_BYTES;
    sqes[at + SQE.address] = place | 0;
    sqes[at + SQE.address + 1] = highWord(place);
    sqes[at + SQE.length] = 1;
    sqes[at + SQE.offset] = slot;
  }

  #receive(stream: Stream): void {
    const at = this.#prepare(RECEIVE, stream, OPERATION.receive);
    this.#ring.sqes[at + SQE.bufferGroup] = GROUP;
  }

  /** Begins a submission about a connected stream. */
  #prepare(head: number, stream: Stream, operation: number): number {
    const tag = this.#tag(stream, operation);
    return this.#numbers === null
      ? this.#ring.prepare(head, stream.fd, stream.slot, tag)
      : this.#ring.prepare(head | FIXED, stream.slot, stream.slot, tag);
  }

  send(stream: Stream): void {
    const { unsent, sendPlace } = stream;
    const length = unsent < PIECE_BYTES ? unsent : PIECE_BYTES;
    this.#send(stream, this.#isSure ? SEND_SILENTLY : SEND, sendPlace, length);
    stream.isSending = !this.#isSure;
    stream.unsent = unsent - length;
    stream.outstanding += length;
    stream.sendPlace = after(sendPlace, length);
  }

  sendDatagram(stream: Stream, place: number, length: number): void {
    this.#send(stream, SEND_SILENTLY, place, length);
  }

  #send(stream: Stream, head: number, place: number, length: number): void {
    const ring = this.#ring;
    const { sqes } = ring;
    const at = this.#prepare(head, stream, OPERATION.send);
    const address = this.#pattern.address + place;
    sqes[at + SQE.address] = address | 0;
    if (address > 0x7fffffff) sqes[at + SQE.address + 1] = highWord(address);
    sqes[at + SQE.length] = length;
    sqes[at + SQE.flags] = SEND_ALL;
  }

  close(stream: Stream): void {
    // What is prepared names the descriptor: it must not become another's before.
    if (this.#ring.prepared > 0) this.#ring.submit();
    shutdown(stream.fd, SOCKET.SHUT_RDWR);
    close(stream.fd);
    stream.fd = -1;
    stream.generation++;
  }

  wait(timeoutMs: number): void {
    const ring = this.#ring;
    const result = ring.enter(1, timeoutMs);
    if (result < 0 && !isEintr(result)) this.#check(result);
    const count = ring.available();
    for (let i = 0; i < count; i++) this.#deliver(ring.completionAt(i));
    ring.seen(count);
    while (this.#starved.length > 0) {
      const stream = this.#starved.pop() as Stream;
      if (stream.fd >= 0) this.#receive(stream);
    }
  }

  #check(result: number): void {
    const { EAGAIN, EBUSY, ETIME } = ERRNO;
    if (result === -EAGAIN || result === -EBUSY || result === -ETIME) return;
    throw new SystemError(result, 'io_uring_enter');
  }

  #deliver(at: number): void {
    const { cqes } = this.#ring;
    const tag = cqes[at + CQE.userHigh] as number;
    const result = cqes[at + CQE.result] as number;
    const flags = cqes[at + CQE.flags] as number;
    const stream = this.#streams[cqes[at + CQE.userLow] as number] as Stream;
    const isCurrent = tag >>> OPERATION_BITS === (stream.generation & GENERATIONS);
    const operation = tag & OPERATION_MASK;
    if (operation === OPERATION.receive) {
      this.#received(stream, result, flags, isCurrent);
      return;
    }
    if (!isCurrent) return;
    if (operation === OPERATION.connect) this.#listener.decided(stream);
    else if (result < 0) this.#listener.failed(stream, 'send', result);
    else {
      stream.isSending = false;
      this.#listener.sent(stream);
    }
  }

  #received(stream: Stream, result: number, flags: number, isCurrent: boolean): void {
    if ((flags & IORING_CQE_F_BUFFER) !== 0) {
      const id = flags >>> IORING_CQE_BUFFER_SHIFT;
      if (isCurrent && result > 0) {
        this.#listener.received(stream, id * this.#bufferBytes, result);
      }
      this.#provide(id);
    }
    if (!isCurrent || result > 0) {
      const isOver = (flags & IORING_CQE_F_MORE) === 0;
      if (isCurrent && isOver && stream.fd >= 0) this.#receive(stream);
    } else if (result === 0) this.#listener.ended(stream);
    else if (result === -ERRNO.ENOBUFS) this.#starved.push(stream);
    else this.#listener.failed(stream, 'recv', result);
  }

  dispose(): void {
    this.#ring.close();
    this.#group.close();
    this.#arena.close();
  }
}
