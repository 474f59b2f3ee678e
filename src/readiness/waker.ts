import { inspect } from 'node:util';
import { PolyioError, SystemError } from '../errors.ts';
import { announceClosing } from '../platform/closing.ts';
import { asFd } from '../platform/fd.ts';
import { SOCKADDR_UN, SOCKET } from '../sys/abi.ts';
import { close } from '../sys/descriptor.ts';
import { bindAddress, connect, getsockname, openSocket } from '../sys/socket.ts';
import { clearWake, openWakeable, WAKE_CALLS, wake } from '../sys/waking.ts';

/** Options of `new Waker` and `Waker.open`. */
export interface WakerOptions {
  /**
   * Opens a descriptor that sends signals when it is woken, for a signal-driven selector: what it
   * is otherwise sends none and would be `emulated` there. @default false
   */
  readonly signals?: boolean | undefined;
}

function openNumber(): number {
  const fd = openWakeable();
  if (fd < 0) throw new SystemError(fd, WAKE_CALLS.open);
  return fd;
}

/** A Unix datagram socket that is connected to itself, under a name that the kernel chose. */
function openLoop(): number {
  const { AF_UNIX, SOCK_DGRAM } = SOCKET;
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0, true);
  if (fd < 0) throw new SystemError(fd, 'socket');
  const name = new Uint8Array(SOCKADDR_UN.size);
  name[SOCKADDR_UN.fields.sun_family[0]] = AF_UNIX;
  const size = Int32Array.of(name.length);
  const steps: readonly [call: string, make: () => number][] = [
    ['bind', () => bindAddress(fd, name, SOCKADDR_UN.fields.sun_family[1])],
    ['getsockname', () => getsockname(fd, name, size)],
    ['connect', () => connect(fd, name, size[0] as number)],
  ];
  for (const [call, make] of steps) {
    const result = make();
    if (result >= 0) continue;
    close(fd);
    throw new SystemError(result, call);
  }
  return fd;
}

/**
 * Ends a selector's wait from another thread: register it `READABLE`, send its `fd` to the other
 * thread, and `wake` there through `Waker.fromFd(fd)`. It is an eventfd(2); on macOS and the BSDs a
 * kqueue(2) with one event, or a pipe where kqueue has none; or a socket that sends signals. Wakes
 * add up until `clear`, and one that comes before the wait is not lost.
 */
export class Waker {
  #fd: number;
  readonly #isOwner: boolean;

  /**
   * Opens one. Throws SystemError (EMFILE).
   *
   * @param shared the number of one that another thread owns, as `fromFd` passes it
   */
  constructor(shared?: number, { signals = false }: WakerOptions = {}) {
    this.#isOwner = shared === undefined;
    if (shared !== undefined) this.#fd = asFd(shared);
    else this.#fd = signals ? openLoop() : openNumber();
  }

  /** Opens one. Throws SystemError (EMFILE). */
  static open(options: WakerOptions = {}): Waker {
    return new Waker(undefined, options);
  }

  /**
   * A waker that another thread of this process owns, by its number: `close` here leaves it open.
   * The owner must outlive it, or `wake` writes to whatever has that number then.
   */
  static fromFd(fd: number): Waker {
    return new Waker(asFd(fd));
  }

  /** Its descriptor, readable from `wake` until `clear`; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  /** Makes the descriptor readable. Any thread may call it, any number of times. */
  wake(): void {
    const result = wake(this.#assertOpen());
    if (result < 0) throw new SystemError(result, WAKE_CALLS.wake);
  }

  /** Makes the descriptor unreadable again; whether it had been woken. */
  clear(): boolean {
    const result = clearWake(this.#assertOpen());
    if (result < 0) throw new SystemError(result, WAKE_CALLS.clear);
    return result > 0;
  }

  /** Closes the descriptor, unless another thread owns it. Can be repeated. */
  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    announceClosing(this);
    this.#fd = -1;
    if (this.#isOwner) close(fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [inspect.custom](): string {
    return `Waker{${this.#fd < 0 ? 'closed' : `fd ${this.#fd}`}}`;
  }

  #assertOpen(): number {
    if (this.#fd < 0) throw new PolyioError('ERR_POLYIO_CLOSED', 'the waker is closed');
    return this.#fd;
  }
}
