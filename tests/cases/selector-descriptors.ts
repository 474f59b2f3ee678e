// Descriptors straight from the kernel, closed at the end of the test that opened them.
import assert from 'node:assert/strict';
import { Socket, socketPair } from '../../src/io.ts';
import { HOST } from '../../src/platform/host.ts';
import type { Selector } from '../../src/readiness.ts';
import { ERRNO, FCNTL, INET, SOCKET, TCP } from '../../src/sys/abi.ts';
import { decodeAddress, encodeAddress } from '../../src/sys/address.ts';
import { close, duplicate, read, setNonBlocking, write } from '../../src/sys/descriptor.ts';
import { bindTruth } from '../../src/sys/ffi.ts';
import { EVENTFD } from '../../src/sys/linux/abi.ts';
import { eventfd } from '../../src/sys/linux/eventfd.ts';
import { fcntl, open } from '../../src/sys/posix/fcntl.ts';
import { openPipe } from '../../src/sys/posix/unistd.ts';
import {
  acceptSocket,
  bindAddress,
  connect,
  getsockname,
  listen,
  openSocket,
  openSocketPair,
  setsockopt,
} from '../../src/sys/socket.ts';
import { openOneEndedPipe, openWakeable } from '../../src/sys/waking.ts';
import { FILE } from '../../src/sys/windows/completion-abi.ts';
import { openOverlapped } from '../../src/sys/windows/file.ts';

const { O_CLOEXEC, O_RDONLY, F_DUPFD_CLOEXEC } = FCNTL;
const { AF_INET, AF_UNIX, SOCK_STREAM } = SOCKET;

/** The result of a call that must not fail. */
export function ok(result: number): number {
  assert.ok(result >= 0, `the call failed with ${result}`);
  return result;
}

/** How many handles may come before the one that is waited for. */
const TRIES = 200;

const HANDLE_FLAG_INHERIT = 1;
const ON = new Uint8Array(Int32Array.of(1).buffer);
const getHandleInformation = bindTruth<[handle: number, flags: Int32Array]>(
  'GetHandleInformation',
  'int',
  ['fd', 'buffer'],
  'kernel32.dll',
);

/** A program that is started by this one does not get the descriptor. */
export function assertPrivate(fd: number): void {
  if (HOST === 'win32') {
    const flags = new Int32Array(1);
    ok(getHandleInformation(fd, flags));
    assert.equal((flags[0] as number) & HANDLE_FLAG_INHERIT, 0);
  } else assert.equal(fcntl(fd, FCNTL.F_GETFD, 0), FCNTL.FD_CLOEXEC);
}

/** Two connected stream sockets; where the system has no pairs, over the loopback interface. */
export function connectedPair(): [Socket, Socket] {
  if (HOST !== 'win32') return socketPair();
  using listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen(1);
  const client = Socket.open('ipv4', 'stream');
  client.connect(listener.localAddress);
  const { socket: server } = listener.accept();
  for (const socket of [client, server]) socket.setOption('TCP_NODELAY', true);
  return [client, server];
}

/** Everything that a test opens. */
export class Descriptors {
  readonly #open = new Set<number>();
  #spare = HOST === 'win32' ? this.event(0) : -1;

  /** Takes over what a call has opened. */
  adopt(result: number): number {
    this.#open.add(ok(result));
    return result;
  }

  /** A non-blocking pipe: the read end, the write end. */
  pipe(): [number, number] {
    if (HOST === 'win32') return this.pair();
    const fds = new Int32Array(2);
    ok(openPipe(fds));
    for (const fd of fds) ok(setNonBlocking(fd, true));
    return [this.adopt(fds[0]!), this.adopt(fds[1]!)];
  }

  /** A non-blocking pair of stream sockets. */
  pair(): [number, number] {
    if (HOST === 'win32') {
      const [one, other] = this.tcpPair();
      for (const fd of [one, other]) {
        ok(setNonBlocking(fd, true));
        ok(setsockopt(fd, INET.IPPROTO_TCP, TCP.TCP_NODELAY, ON, ON.length));
      }
      return [one, other];
    }
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
    const fd = this.adopt(HOST === 'win32' ? openWakeable() : openOneEndedPipe());
    if (initial === 1) put(fd, 'x');
    return fd;
  }

  /** A regular file, for reading. */
  file(path: string): number {
    if (HOST === 'win32') {
      const { GENERIC_READ: access, OPEN_EXISTING: disposition } = FILE;
      return this.adopt(openOverlapped(path, { access, disposition, attributes: 0 }));
    }
    return this.adopt(open(path, O_RDONLY | O_CLOEXEC, 0));
  }

  /** Another number, `lowest` or above, for the same open file description. */
  duplicate(fd: number, lowest = 0): number {
    if (HOST === 'win32') return this.adopt(duplicate(fd));
    return this.adopt(fcntl(fd, F_DUPFD_CLOEXEC, lowest));
  }

  /** Another number that must be exactly `at`. */
  duplicateAt(fd: number, at: number): number {
    if (HOST === 'win32') return this.#duplicateUntil(fd, at);
    assert.equal(this.duplicate(fd, at), at, `number ${at} is taken`);
    return at;
  }

  /**
   * Windows gives a number that was given back to one of the next who ask. Each duplicate needs
   * another handle for a moment, which is to get the number of one that nobody waits for.
   */
  #duplicateUntil(fd: number, wanted: number): number {
    const others: number[] = [];
    this.close(this.#spare);
    let got = this.duplicate(fd);
    while (got !== wanted && others.length < TRIES) {
      others.push(got);
      got = this.duplicate(fd);
    }
    this.close(...others);
    this.#spare = this.event(0);
    assert.equal(got, wanted, `number ${wanted} is taken`);
    return got;
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
