/** The hub's set on epoll(7): an entry with EPOLLONESHOT is silent from its event until it is changed. */
import { SystemError } from '../errors.ts';
import { ERROR, HANGUP, PRIORITY, READABLE, WRITABLE } from '../readiness.ts';
import { ERRNO } from '../sys/abi.ts';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { EPOLL, EPOLL_EVENT } from '../sys/linux/abi.ts';
import { epollCreate1, epollCtl, epollWait } from '../sys/linux/epoll.ts';
import type { Instance, InstanceEvent } from './instance.ts';

/** Events of one turn of the loop; more come in the next one. */
const EVENTS_MAX = 256;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const EVENT_WORDS = EPOLL_EVENT.size / WORD_BYTES;
const FD_WORD = EPOLL_EVENT.fields.data[0] / WORD_BYTES;
const GENERATION_WORD = FD_WORD + 1;

/** One for all instances of a thread: they come and go. */
const events = { arena: null as Arena | null, words: new Int32Array(0) };

function eventWords(): Int32Array {
  if (events.arena === null) {
    events.arena = Arena.map((EVENTS_MAX + 1) * EPOLL_EVENT.size);
    events.words = new Int32Array(events.arena.buffer, 0, (EVENTS_MAX + 1) * EVENT_WORDS);
  }
  return events.words;
}

function eventsOf(interest: number): number {
  return (
    ((interest & READABLE) !== 0 ? EPOLL.EPOLLIN : 0) |
    ((interest & WRITABLE) !== 0 ? EPOLL.EPOLLOUT : 0) |
    ((interest & PRIORITY) !== 0 ? EPOLL.EPOLLPRI : 0)
  );
}

/** A failure readies both directions, as in every selector: the call that follows names it. */
function readyOf(happened: number): number {
  const error = (happened & EPOLL.EPOLLERR) !== 0;
  const hangup = (happened & EPOLL.EPOLLHUP) !== 0;
  return (
    (error || hangup ? READABLE | WRITABLE : 0) |
    ((happened & EPOLL.EPOLLIN) !== 0 ? READABLE : 0) |
    ((happened & EPOLL.EPOLLOUT) !== 0 ? WRITABLE : 0) |
    ((happened & EPOLL.EPOLLPRI) !== 0 ? PRIORITY : 0) |
    (error ? ERROR : 0) |
    (hangup ? HANGUP : 0)
  );
}

export class EpollInstance implements Instance {
  static readonly call = 'epoll_ctl';
  static readonly isAtHome = true;
  readonly fd: number;
  readonly #words = eventWords();
  readonly #address = (events.arena as Arena).address;
  readonly #event: InstanceEvent = { fd: -1, generation: 0, ready: 0 };

  constructor() {
    this.fd = epollCreate1(EPOLL.EPOLL_CLOEXEC);
    if (this.fd < 0) throw new SystemError(this.fd, 'epoll_create1');
  }

  probe(fd: number): number {
    const result = this.#control(EPOLL.EPOLL_CTL_ADD, fd, READABLE, 0);
    if (result >= 0) this.remove(fd);
    return result === -ERRNO.EEXIST ? 1 : Math.min(result, 0);
  }

  arm(fd: number, interest: number, generation: number, isEntered: boolean): number {
    const operation = isEntered ? EPOLL.EPOLL_CTL_MOD : EPOLL.EPOLL_CTL_ADD;
    return this.#control(operation, fd, interest, generation);
  }

  remove(fd: number): void {
    this.#control(EPOLL.EPOLL_CTL_DEL, fd, 0, 0);
  }

  collect(tell: (event: InstanceEvent) => void): void {
    const count = epollWait(this.fd, this.#address, EVENTS_MAX, 0);
    const words = this.#words;
    const event = this.#event;
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      event.fd = words[at + FD_WORD] as number;
      event.generation = words[at + GENERATION_WORD] as number;
      event.ready = readyOf(words[at] as number);
      tell(event);
    }
  }

  close(): void {
    close(this.fd);
  }

  #control(operation: number, fd: number, interest: number, generation: number): number {
    const at = EVENTS_MAX * EVENT_WORDS;
    this.#words[at] = eventsOf(interest) | EPOLL.EPOLLONESHOT;
    this.#words[at + FD_WORD] = fd;
    this.#words[at + GENERATION_WORD] = generation;
    return epollCtl(this.fd, operation, fd, this.#address + at * WORD_BYTES);
  }
}
