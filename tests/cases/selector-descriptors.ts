// Descriptors straight from the kernel, closed at the end of the test that opened them.
import assert from 'node:assert/strict';
import { HOST } from '../../src/platform/host.ts';
import type { Selector } from '../../src/readiness.ts';
import { ERRNO, FCNTL, SOCKET } from '../../src/sys/abi.ts';
import { decodeAddress, encodeAddress } from '../../src/sys/address.ts';
import { close, read, write } from '../../src/sys/descriptor.ts';
import { EVENTFD } from '../../src/sys/linux/abi.ts';
import { eventfd } from '../../src/sys/linux/eventfd.ts';
import { fcntl, open } from '../../src/sys/posix/fcntl.ts';
import { pipe2 } from '../../src/sys/posix/unistd.ts';
import {
  acceptSocket,
  bindAddress,
  connect,
  getsockname,
  listen,
  openSocket,
  openSocketPair,
} from '../../src/sys/socket.ts';
import { openOneEndedPipe } from '../../src/sys/waking.ts';

const { O_CLOEXEC, O_NONBLOCK, O_RDONLY, F_DUPFD_CLOEXEC } = FCNTL;
const { AF_INET, AF_UNIX, SOCK_STREAM } = SOCKET;

/** The result of a call that must not fail. */
export function ok(result: number): number {
  assert.ok(result >= 0, `the call failed with ${result}`);
  return result;
}

/** Everything that a test opens. */
export class Descriptors {
  readonly #open = new Set<number>();

  /** Takes over what a call has opened. */
  adopt(result: number): number {
    this.#open.add(ok(result));
    return result;
  }

  /** A non-blocking pipe: the read end, the write end. */
  pipe(): [number, number] {
    const fds = new Int32Array(2);
    ok(pipe2(fds, O_CLOEXEC | O_NONBLOCK));
    return [this.adopt(fds[0]!), this.adopt(fds[1]!)];
  }

  /** A non-blocking pair of stream sockets. */
  pair(): [number, number] {
    const fds = new Int32Array(2);
    ok(openSocketPair(AF_UNIX, SOCK_STREAM, fds, true));
    return [this.adopt(fds[0]!), this.adopt(fds[1]!)];
  }

  /** A connected pair of TCP sockets on the loopback interface. */
  tcpPair(): [number, number] {
    const listener = this.adopt(openSocket(AF_INET, SOCK_STREAM, 0));
    const { bytes, size } = encodeAddress({ host: '127.0.0.1', port: 0 });
    ok(bindAddress(listener, bytes, size));
    ok(listen(listener, 1));
    const length = new Int32Array([size]);
    ok(getsockname(listener, bytes, length));
    const target = encodeAddress(decodeAddress(bytes, size));
    const client = this.adopt(openSocket(AF_INET, SOCK_STREAM, 0));
    ok(connect(client, target.bytes, target.size));
    const server = this.adopt(acceptSocket(listener, bytes, length));
    this.close(listener);
    return [client, server];
  }

  /** An eventfd, or what has its place elsewhere: readable from the start when `initial` is 1. */
  event(initial: 0 | 1): number {
    if (HOST === 'linux') {
      return this.adopt(eventfd(initial, EVENTFD.EFD_CLOEXEC | EVENTFD.EFD_NONBLOCK));
    }
    const fd = this.adopt(openOneEndedPipe());
    if (initial === 1) put(fd, 'x');
    return fd;
  }

  /** A regular file, for reading. */
  file(path: string): number {
    return this.adopt(open(path, O_RDONLY | O_CLOEXEC, 0));
  }

  /** Another number, `lowest` or above, for the same open file description. */
  duplicate(fd: number, lowest = 0): number {
    return this.adopt(fcntl(fd, F_DUPFD_CLOEXEC, lowest));
  }

  /** Another number that must be exactly `at`. */
  duplicateAt(fd: number, at: number): number {
    assert.equal(this.duplicate(fd, at), at, `number ${at} is taken`);
    return at;
  }

  close(...fds: number[]): void {
    for (const fd of fds) if (this.#open.delete(fd)) ok(close(fd));
  }

  [Symbol.dispose](): void {
    this.close(...this.#open);
  }
}

/** An object that owns a descriptor, the way sockets do: -1 once closed. */
export class Owner {
  fd: number;
  readonly #descriptors: Descriptors;

  constructor(descriptors: Descriptors, fd: number) {
    this.#descriptors = descriptors;
    this.fd = fd;
  }

  close(): void {
    this.#descriptors.close(this.fd);
    this.fd = -1;
  }
}

/** Writes a short text, whole. */
export function put(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  assert.equal(write(fd, bytes, bytes.length), bytes.length);
}

/** What there is to read right now; null when the call would block. */
export function take(fd: number): string | null {
  const bytes = Buffer.alloc(65_536);
  const count = read(fd, bytes, bytes.length);
  return count === -ERRNO.EAGAIN ? null : bytes.toString('utf8', 0, ok(count));
}

/** Writes until the call would block. */
export function fill(fd: number): void {
  const bytes = Buffer.alloc(65_536);
  let result = 0;
  while (result >= 0) result = write(fd, bytes, bytes.length);
  assert.equal(result, -ERRNO.EAGAIN);
}

/** One batch, as ready bits by number. */
export function readyOf(selector: Selector<unknown>, timeoutMs?: number): Map<number, number> {
  return new Map([...selector.select(timeoutMs)].map(({ key, ready }) => [key.fd, ready]));
}
