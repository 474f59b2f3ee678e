/**
 * The twins of recv(2) and recvfrom(2) that run while somebody traces: they ask the kernel when the
 * bytes reached it.
 *
 * Facts about SO_TIMESTAMPNS (socket(7)):
 * - The kernel stamps a packet as it comes in, on the wall clock, while any socket of the system has
 *   the option; recvmsg(2) hands the stamp out as control data to a socket that has it. TCP gives
 *   the stamp of the last packet of which the call took bytes.
 * - A packet that came in before the first socket had the option has no stamp; TCP then hands out
 *   none, UDP the time of the call.
 * - With control data come descriptors that a Unix socket is sent, which recv(2) throws away.
 * - Pipes, FIFOs and terminals have no stamps. There poll(2) right before the read tells, once it has
 *   slept until there is something: the program then sleeps in poll(2) instead of read(2).
 *
 * What this means for us: whoever records holds a socket with the option from before the first
 * packet on. A traced recv of an IP socket is one recvmsg(2), so that the count of calls stays what it
 * is; of any other socket it is a recv. What a new descriptor is asked and told, once, and the
 * poll(2) before a read are probes: `isProbing` tells the tap that a call is not the program's.
 */
import { fstatSync } from 'node:fs';
import { Arena } from '../arena.ts';
import { addressOf, bindValue, type Native, report, resolve, setProbe, settle } from '../ffi.ts';
import { CMSGHDR, ERRNO, IOVEC, MSGHDR, POLL, SOCKET, TIMESPEC } from '../posix/abi.ts';
import { isNonBlocking } from '../posix/fcntl.ts';
import { pollFd } from '../posix/poll.ts';
import { getsockopt, type ReceiveTwin, setReceiveTwin, setsockopt } from '../posix/socket.ts';
import { SO } from './sockets/abi.ts';

const CONTROL_BYTES = 64;
const LOW_WORDS = 2 ** 32;
const WORD_BYTES = Int32Array.BYTES_PER_ELEMENT;
const ON = new Uint8Array(Int32Array.of(1).buffer);

/** What is known of a descriptor. */
const UNKNOWN = 0;
const STAMPS = 1;
const OTHER = 2;
const PIPE = 3;

/** The kernel's stamp of the last traced receive; `isSet` is false when it gave none. */
export const stamp = { isSet: false, seconds: 0, nanoseconds: 0 };

/** What the probe before a read found: whether it ran, and whether it had to wait. */
export const probed = { hasRun: false, hasWaited: false };

let kinds = new Uint8Array(1_024);
let probing = false;

/** Whether the call that the tap sees now is the recorder's own. */
export function isProbing(): boolean {
  return probing;
}

/** The number is closed, or somebody else's from now on. */
export function forgetDescriptor(fd: number): void {
  if (fd >= 0 && fd < kinds.length) kinds[fd] = UNKNOWN;
}

function kindOf(fd: number): number {
  return fd >= 0 && fd < kinds.length ? (kinds[fd] as number) : UNKNOWN;
}

function setKind(fd: number, kind: number): number {
  if (fd >= kinds.length) {
    const larger = new Uint8Array(Math.max(fd + 1, kinds.length * 2));
    larger.set(kinds);
    kinds = larger;
  }
  kinds[fd] = kind;
  return kind;
}

/** Runs a call of the recorder's own. */
function probe(call: () => number): number {
  probing = true;
  try {
    return call();
  } finally {
    probing = false;
  }
}

/** Asks for stamps once: whether the descriptor is an IP socket that gives them. */
function takes(fd: number): boolean {
  if (fd < 0) return false;
  const kind = kindOf(fd);
  if (kind !== UNKNOWN) return kind === STAMPS;
  return setKind(fd, probe(() => turnOn(fd)) === 0 ? STAMPS : OTHER) === STAMPS;
}

function turnOn(fd: number): number {
  const { SOL_SOCKET, SO_DOMAIN, AF_INET, AF_INET6 } = SOCKET;
  const family = new Int32Array(1);
  const bytes = new Uint8Array(family.buffer);
  const asked = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, bytes, Int32Array.of(bytes.length));
  if (asked < 0) return asked;
  if (family[0] !== AF_INET && family[0] !== AF_INET6) return -ERRNO.EOPNOTSUPP;
  return setsockopt(fd, SOL_SOCKET, SO.SO_TIMESTAMPNS, ON, ON.length);
}

/** The memory of one recvmsg(2): header, one buffer, control data. One per thread. */
class Message {
  readonly #arena = Arena.map(4_096);
  readonly #header = this.#arena.carve(MSGHDR.size);
  readonly #vector = this.#arena.carve(IOVEC.size);
  readonly #control = this.#arena.carve(CONTROL_BYTES);
  readonly #stamp = new BigInt64Array(
    this.#control.bytes.buffer,
    this.#control.offset + CMSGHDR.size,
    TIMESPEC.size / BigInt64Array.BYTES_PER_ELEMENT,
  );

  constructor() {
    this.#point(this.#header.words, MSGHDR.fields.msg_iov[0], this.#vector.address);
    this.#point(this.#header.words, MSGHDR.fields.msg_control[0], this.#control.address);
    this.#header.words[MSGHDR.fields.msg_iovlen[0] / WORD_BYTES] = 1;
  }

  #point(words: Int32Array, offset: number, address: number): void {
    words[offset / WORD_BYTES] = address | 0;
    words[offset / WORD_BYTES + 1] = Math.floor(address / LOW_WORDS) | 0;
  }

  /** Prepares it, and gives the header's address. */
  prepare(buffer: number, size: number, name: number, nameSize: number): number {
    const { words, address } = this.#header;
    this.#point(this.#vector.words, IOVEC.fields.iov_base[0], buffer);
    this.#vector.words[IOVEC.fields.iov_len[0] / WORD_BYTES] = size;
    this.#point(words, MSGHDR.fields.msg_name[0], name);
    words[MSGHDR.fields.msg_namelen[0] / WORD_BYTES] = nameSize;
    words[MSGHDR.fields.msg_controllen[0] / WORD_BYTES] = CONTROL_BYTES;
    return address;
  }

  /** How long the sender's address is. */
  get nameSize(): number {
    return this.#header.words[MSGHDR.fields.msg_namelen[0] / WORD_BYTES] as number;
  }

  /** Puts the stamp that came along into `stamp`. */
  readStamp(): void {
    const { words } = this.#control;
    const length = this.#header.words[MSGHDR.fields.msg_controllen[0] / WORD_BYTES] as number;
    const isStamp =
      length >= CMSGHDR.size + TIMESPEC.size &&
      words[CMSGHDR.fields.cmsg_level[0] / WORD_BYTES] === SOCKET.SOL_SOCKET &&
      words[CMSGHDR.fields.cmsg_type[0] / WORD_BYTES] === SO.SO_TIMESTAMPNS;
    if (!isStamp) return;
    stamp.isSet = true;
    stamp.seconds = Number(this.#stamp[0]);
    stamp.nanoseconds = Number(this.#stamp[1]);
  }
}

const copy = bindValue<[to: number, from: number, size: number]>('memcpy', 'address', [
  'address',
  'address',
  'size',
]);

/** A `socklen_t`, for copying one from and to where the caller keeps it. */
const sizeWord = new Int32Array(1);
const sizeBytes = new Uint8Array(sizeWord.buffer);

let message: Message | undefined;
let recvmsgNative: Native | undefined;

/** One recvmsg(2) in place of one recv(2) or recvfrom(2), told to the tap under their name. */
function receive(
  name: 'recv' | 'recvfrom',
  fd: number,
  buffer: number,
  size: number,
  flags: number,
  peer?: { readonly address: number; readonly room: number },
): number {
  const [call, frame] = [recvmsgNative as Native, message as Message];
  stamp.isSet = false;
  const header = frame.prepare(buffer, size, peer?.address ?? 0, peer?.room ?? 0);
  const start = performance.now();
  const answer = settle(call(fd, header, flags));
  const end = performance.now();
  if (answer > 0) frame.readStamp();
  return report(name, fd, start, answer, end);
}

const twin: ReceiveTwin = {
  takes,
  recvAt: (fd, address, size, flags) => receive('recv', fd, address, size, flags),
  recv: (fd, memory, size, flags) => receive('recv', fd, addressOf(memory), size, flags),
  recvfrom(fd, memory, size, flags, address, sizeAddress) {
    copy(addressOf(sizeBytes), sizeAddress, sizeBytes.length);
    const room = sizeWord[0] as number;
    const answer = receive('recvfrom', fd, addressOf(memory), size, flags, { address, room });
    sizeWord[0] = (message as Message).nameSize;
    if (answer >= 0) copy(sizeAddress, addressOf(sizeBytes), sizeBytes.length);
    return answer;
  },
};

/** Before each read(2): a pipe is asked whether there is something, and if not, when there is. */
function probeRead(name: string, fd: number): void {
  probed.hasRun = false;
  if (name !== 'read' || probing || fd < 0) return;
  const kind = kindOf(fd) || setKind(fd, isPipe(fd) ? PIPE : OTHER);
  if (kind !== PIPE) return;
  probed.hasWaited = probe(() => pollFd(fd, POLL.POLLIN, 0)) === 0;
  // Who does not sleep in read(2) must not sleep here; the would-block itself tells enough.
  if (probed.hasWaited && probe(() => isNonBlocking(fd)) === 1) return;
  if (probed.hasWaited) probe(() => pollFd(fd, POLL.POLLIN, -1));
  probed.hasRun = true;
}

function isPipe(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}

/** From now on the calling thread's receives ask for stamps, and its reads of pipes are probed. */
export function traceReceives(): void {
  // Not at the first receive: what that takes is no call of the program's.
  recvmsgNative ??= resolve('recvmsg', 'ssize', ['fd', 'address', 'int']);
  message ??= new Message();
  setReceiveTwin(twin);
  setProbe(probeRead);
}

/** The end of it. */
export function untraceReceives(): void {
  setReceiveTwin(null);
  setProbe(null);
  kinds.fill(UNKNOWN);
}
