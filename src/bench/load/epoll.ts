/**
 * The generator on epoll(7), level-triggered: a wait tells which connections have something, each is
 * received from once, into one buffer that stays in the cache, and answered at once.
 *
 * epoll_wait(2) knows whole milliseconds, too coarse for a schedule of messages: shorter waits are
 * a timer's, which is one of its descriptors.
 */
import { SystemError } from '../../errors.ts';
import { CLOCK, ERRNO, ITIMERSPEC, SOCKET } from '../../sys/abi.ts';
import { Arena, type Slice } from '../../sys/arena.ts';
import { close } from '../../sys/descriptor.ts';
import { isEintr } from '../../sys/interrupt.ts';
import { EPOLL, EPOLL_EVENT } from '../../sys/linux/abi.ts';
import { epollCreate1, epollCtl, epollWait } from '../../sys/linux/epoll.ts';
import { TIMERFD } from '../../sys/linux/event-abi.ts';
import { timerfdCreate, timerfdSettime } from '../../sys/linux/timerfd.ts';
import { recvAt, sendAt } from '../../sys/socket.ts';
import type { Engine, Listener } from './engine.ts';
import { after, type Memory, type Pattern, PIECE_BYTES } from './pattern.ts';
import type { LoadPlan } from './plan.ts';
import type { Stream } from './stream.ts';

const EVENTS = 512;
const RECEIVE_BYTES = 262_144;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const EVENT_WORDS = EPOLL_EVENT.size / WORD_BYTES;
const DATA_AT = EPOLL_EVENT.fields.data[0] / WORD_BYTES;

/** Slots are 0 or more. */
const TIMER = -1;
const NS_PER_MS = 1_000_000;
const MAX_MS = 999;
/** Where the nanoseconds of `it_value` stand, in words. */
const NS_AT = ITIMERSPEC.fields['it_value.tv_nsec'][0] / WORD_BYTES;

const { EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLET } = EPOLL;
const { EAGAIN, EINTR } = ERRNO;
const NOW = SOCKET.MSG_NOSIGNAL | SOCKET.MSG_DONTWAIT;

export class EpollEngine implements Engine {
  readonly name = 'epoll';
  readonly isBlocking = false;
  readonly memory: Memory & Slice;
  readonly #fd: number;
  readonly #timerFd: number;
  readonly #isScheduled: boolean;
  readonly #time = new BigInt64Array(ITIMERSPEC.size / BigInt64Array.BYTES_PER_ELEMENT);
  readonly #timeWords = new Int32Array(this.#time.buffer);
  readonly #oldTime = new BigInt64Array(this.#time.length);
  readonly #arena = Arena.map(RECEIVE_BYTES + EVENTS * EPOLL_EVENT.size + 128);
  readonly #events: Slice;
  readonly #event: Slice;
  readonly #streams: readonly Stream[];
  readonly #listener: Listener;
  readonly #pattern: Pattern;
  /** By slot: what is watched for. */
  readonly #watched: Int32Array;

  constructor(plan: LoadPlan, pattern: Pattern, streams: readonly Stream[], listener: Listener) {
    this.#pattern = pattern;
    this.#streams = streams;
    this.#listener = listener;
    this.#watched = new Int32Array(plan.connections);
    this.#isScheduled = plan.rate > 0;
    this.memory = this.#arena.carve(RECEIVE_BYTES);
    this.#events = this.#arena.carve(EVENTS * EPOLL_EVENT.size);
    this.#event = this.#arena.carve(EPOLL_EVENT.size);
    this.#fd = epollCreate1(EPOLL.EPOLL_CLOEXEC);
    if (this.#fd < 0) throw new SystemError(this.#fd, 'epoll_create1');
    this.#timerFd = timerfdCreate(CLOCK.CLOCK_MONOTONIC, TIMERFD.TFD_CLOEXEC);
    if (this.#timerFd < 0) throw new SystemError(this.#timerFd, 'timerfd_create');
    // Nobody reads it: told once for each time that it is set.
    this.#control(EPOLL_CTL_ADD, this.#timerFd, EPOLLIN | EPOLLET, TIMER, 0);
  }

  #control(operation: number, fd: number, events: number, slot: number, generation: number): void {
    const words = this.#event.words;
    words[0] = events;
    words[DATA_AT] = slot;
    words[DATA_AT + 1] = generation;
    const result = epollCtl(this.#fd, operation, fd, this.#event.address);
    if (result < 0) throw new SystemError(result, 'epoll_ctl');
  }

  #watch({ slot, fd, generation }: Stream, events: number): void {
    const isNew = this.#watched[slot] === 0;
    this.#watched[slot] = events;
    this.#control(isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, events, slot, generation);
  }

  #setTimer(ms: number): void {
    // Waits of this loop are far below a second.
    this.#timeWords[NS_AT] = Math.max(1, Math.floor(Math.min(ms, MAX_MS) * NS_PER_MS));
    timerfdSettime(this.#timerFd, 0, this.#time, this.#oldTime);
  }

  awaitConnect(stream: Stream): void {
    this.#watch(stream, EPOLLOUT);
  }

  receive(stream: Stream): void {
    this.#watch(stream, EPOLLIN);
  }

  send(stream: Stream): void {
    while (stream.unsent > 0) {
      const { unsent, sendPlace } = stream;
      const length = unsent < PIECE_BYTES ? unsent : PIECE_BYTES;
      const result = sendAt(stream.fd, this.#pattern.address + sendPlace, length, NOW);
      if (result < 0) {
        if (result === -EINTR) continue;
        if (result === -EAGAIN) this.#awaitRoom(stream);
        else this.#listener.failed(stream, 'send', result);
        return;
      }
      stream.unsent = unsent - result;
      stream.outstanding += result;
      stream.sendPlace = after(sendPlace, result);
    }
  }

  #awaitRoom(stream: Stream): void {
    stream.isSending = true;
    this.#watch(stream, EPOLLIN | EPOLLOUT);
  }

  sendDatagram(stream: Stream, place: number, length: number): void {
    const result = sendAt(stream.fd, this.#pattern.address + place, length, NOW);
    // A datagram for which there is no room is lost, as it would be on its way.
    if (result < 0 && result !== -EAGAIN) this.#listener.failed(stream, 'send', result);
  }

  close(stream: Stream): void {
    close(stream.fd);
    this.#watched[stream.slot] = 0;
    stream.fd = -1;
    stream.generation++;
  }

  wait(timeoutMs: number): void {
    if (this.#isScheduled && timeoutMs > 0) this.#setTimer(timeoutMs);
    const result = epollWait(this.#fd, this.#events.address, EVENTS, Math.ceil(timeoutMs));
    if (result < 0 && !isEintr(result)) throw new SystemError(result, 'epoll_wait');
    const { words } = this.#events;
    for (let i = 0; i < result; i++) {
      const at = i * EVENT_WORDS;
      const slot = words[at + DATA_AT] as number;
      if (slot === TIMER) continue;
      const stream = this.#streams[slot] as Stream;
      if (stream.generation === words[at + DATA_AT + 1]) {
        this.#deliver(stream, words[at] as number);
      }
    }
  }

  #deliver(stream: Stream, events: number): void {
    const watched = this.#watched[stream.slot] as number;
    if (watched === EPOLLOUT) {
      this.#listener.decided(stream);
      return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) !== 0) {
      const { generation } = stream;
      this.#receive(stream);
      if (stream.generation !== generation) return;
    }
    if ((events & EPOLLOUT) === 0 || !stream.isSending) return;
    stream.isSending = false;
    this.#watch(stream, EPOLLIN);
    this.#listener.sent(stream);
  }

  #receive(stream: Stream): void {
    const result = recvAt(stream.fd, this.memory.address, RECEIVE_BYTES, SOCKET.MSG_DONTWAIT);
    if (result > 0) this.#listener.received(stream, 0, result);
    else if (result === 0) this.#listener.ended(stream);
    else if (result !== -EAGAIN && result !== -EINTR) this.#listener.failed(stream, 'recv', result);
  }

  dispose(): void {
    close(this.#timerFd);
    close(this.#fd);
    this.#arena.close();
  }
}
