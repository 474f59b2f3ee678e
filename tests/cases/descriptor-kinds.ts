/**
 * Every kind of descriptor: how to make one, what happens to it, and what a selector says then.
 *
 * A row is a kind. `fresh` is what it is ready for before anything has happened; the acts of its
 * subject are those that the kind can do, and the suite plays each. Ready bits are those of poll and
 * epoll; select cannot tell HANGUP and ERROR, so that a row says apart what it makes of them.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  CharacterDevice,
  Descriptor,
  EventFd,
  Fifo,
  type FifoWriter,
  File,
  Inotify,
  MemFd,
  PidFd,
  Pty,
  SignalFd,
  Socket,
  TimerFd,
  VSOCK_ADDRESS,
} from '../../src/io.ts';
import { ERROR, HANGUP, openSelector, READABLE, WRITABLE } from '../../src/readiness.ts';
import { FCNTL, SOCKET } from '../../src/sys/abi.ts';
import { decodeAddress, encodeAddress } from '../../src/sys/address.ts';
import { read, setNonBlocking, write } from '../../src/sys/descriptor.ts';
import { tgkill } from '../../src/sys/linux/thread.ts';
import { open } from '../../src/sys/posix/fcntl.ts';
import {
  acceptSocket,
  bindAddress,
  connect,
  getsockname,
  listen,
  openSocket,
  openSocketPair,
  send,
} from '../../src/sys/socket.ts';
import { UNTRANSLATED } from '../harness/emulator.ts';
import { Descriptors, ok, put } from './selector-descriptors.ts';

const { O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_DIRECTORY } = FCNTL;
const { AF_INET, AF_UNIX, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW } = SOCKET;
const BOTH = READABLE | WRITABLE;
const SIGUSR2 = 12;
const ONE = Buffer.from('x');

/** One descriptor of a kind, and what can be done to it. */
export interface Subject {
  readonly fd: number;
  /** Makes it readable. */
  readonly feed?: () => void;
  /** Takes what `feed` gave. */
  readonly take?: () => void;
  /** Leaves no room to write. */
  readonly fill?: () => void;
  /** Makes that room again. */
  readonly empty?: () => void;
  /** The other end leaves. */
  readonly end?: () => void;
}

export interface Kind {
  /** Opens one; what it opens on the way belongs to `scope`. */
  readonly open: (scope: Scope) => Subject;
  /** Ready bits when nothing has happened. */
  readonly fresh: number;
  /** What select says of `fresh`, where that has hints. @default fresh */
  readonly freshInSelect?: number;
  /** Ready bits after `end`, for poll and epoll, for select, and for kqueue. @default poll */
  readonly ended?: { readonly poll: number; readonly select: number; readonly kqueue?: number };
  /** The kernel has no wait queue for it: epoll_ctl(2) answers EPERM. */
  readonly isRefusedByEpoll?: true;
  /** Why there is none on this machine, or for this user. */
  readonly missing?: string | false;
}

/** What a test of a kind opens. */
export class Scope extends Descriptors {
  readonly #last: (() => void)[] = [];

  /** Remembers something to close, and lets it not wait. */
  own<T extends { close(): void }>(thing: T): T {
    if (thing instanceof Descriptor && !(thing instanceof File)) thing.setBlocking(false);
    this.#last.push(() => thing.close());
    return thing;
  }

  /** A folder of its own. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-kinds-'));
    this.#last.push(() => rmSync(folder, { recursive: true }));
    return folder;
  }

  socket(domain: number, type: number, protocol = 0): number {
    return this.adopt(openSocket(domain, type, protocol, true));
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    for (const close of this.#last.reverse()) close();
  }
}

/** Writes until the call would block, or refuses for another reason. */
function fill(fd: number, size: number): void {
  const bytes = new Uint8Array(size);
  while (write(fd, bytes, size) >= 0);
}

/** Reads until nothing is left. */
function drain(fd: number): void {
  const bytes = new Uint8Array(65_536);
  while (read(fd, bytes, bytes.length) > 0);
}

/** A descriptor with another end that is one of ours, both non-blocking. */
function twoEnds(scope: Scope, fd: number, other: number, size = 65_536): Subject {
  return {
    fd,
    feed: () => put(other, 'x'),
    take: () => drain(fd),
    fill: () => fill(fd, size),
    empty: () => drain(other),
    end: () => scope.close(other),
  };
}

function pairOf(type: number): (scope: Scope) => Subject {
  return (scope) => {
    const fds = new Int32Array(2);
    ok(openSocketPair(AF_UNIX, type, fds, true));
    const [fd, other] = [scope.adopt(fds[0]!), scope.adopt(fds[1]!)];
    return twoEnds(scope, fd, other, 1_024);
  };
}

/** Binds to a free port of the loopback interface: the address, as the kernel has it. */
function bindToLoopback(fd: number): { bytes: Uint8Array; size: number } {
  const { bytes, size } = encodeAddress({ host: '127.0.0.1', port: 0 });
  ok(bindAddress(fd, bytes, size));
  ok(getsockname(fd, bytes, new Int32Array([size])));
  return encodeAddress(decodeAddress(bytes, size));
}

function openTcp(scope: Scope): Subject {
  const [fd, other] = scope.tcpPair();
  for (const end of [fd, other]) ok(setNonBlocking(end, true));
  return twoEnds(scope, fd, other);
}

function openTcpListener(scope: Scope): Subject {
  const fd = scope.socket(AF_INET, SOCK_STREAM);
  const { bytes, size } = bindToLoopback(fd);
  ok(listen(fd, 8));
  const accept = () => {
    scope.adopt(acceptSocket(fd, new Uint8Array(size), new Int32Array([size]), true));
  };
  const feed = () => void connect(scope.socket(AF_INET, SOCK_STREAM), bytes, size);
  return { fd, feed, take: accept };
}

/** Its peer gone, a datagram comes back as an error. */
function openUdp(scope: Scope): Subject {
  const [fd, other] = [scope.socket(AF_INET, SOCK_DGRAM), scope.socket(AF_INET, SOCK_DGRAM)];
  const [near, far] = [bindToLoopback(fd), bindToLoopback(other)];
  ok(connect(fd, far.bytes, far.size));
  ok(connect(other, near.bytes, near.size));
  const end = () => {
    scope.close(other);
    put(fd, 'x');
  };
  return { fd, feed: () => put(other, 'x'), take: () => drain(fd), end };
}

const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;

/** Asked for the list of links, it has an answer. */
function openNetlink(scope: Scope): Subject {
  const fd = scope.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  const [RTM_GETLINK, NLM_F_REQUEST, NLM_F_DUMP] = [18, 0x1, 0x300];
  const request = new DataView(new ArrayBuffer(17 + 15));
  request.setUint32(0, request.byteLength, true);
  request.setUint16(4, RTM_GETLINK, true);
  request.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  const bytes = new Uint8Array(request.buffer);
  return { fd, feed: () => void ok(send(fd, bytes, bytes.length, 0)), take: () => drain(fd) };
}

/** A message of its own at a time, from a socket that knows the address. */
function openAddressed(
  family: 'ipv4' | 'unix',
  nameOf: (scope: Scope) => Address,
): (scope: Scope) => Subject {
  return (scope) => {
    const receiver = scope.own(Socket.open(family, 'datagram'));
    const sender = scope.own(Socket.open(family, 'datagram'));
    receiver.bind(nameOf(scope));
    const { fd, localAddress } = receiver;
    return { fd, feed: () => void sender.sendTo(ONE, localAddress), take: () => drain(fd) };
  };
}

function openUnixListener(scope: Scope): Subject {
  const listener = scope.own(Socket.open('unix', 'stream'));
  listener.bind({ path: join(scope.folder(), 'socket') });
  listener.listen(8);
  const { fd, localAddress } = listener;
  const feed = () => scope.own(Socket.open('unix', 'stream')).connect(localAddress);
  return { fd, feed, take: () => void scope.own(listener.accept().socket) };
}

/** A listener that nobody can reach: not every machine reaches itself this way. */
function openVsockListener(scope: Scope): Subject {
  const listener = scope.own(Socket.open('vsock', 'stream'));
  listener.bind({ cid: VSOCK_ADDRESS.anyCid, port: VSOCK_ADDRESS.anyPort });
  listener.listen(8);
  return { fd: listener.fd };
}

/** A socket whose messages to this machine come back to it. */
function openEcho(type: 'datagram' | 'raw', protocol: number | 'icmp', message: Uint8Array) {
  return (scope: Scope): Subject => {
    const socket = scope.own(Socket.open('ipv4', type, { protocol }));
    const { fd } = socket;
    const feed = () => void socket.sendTo(message, { host: '127.0.0.1', port: 0 });
    return { fd, feed, take: () => drain(fd) };
  };
}

const ECHO_REQUEST = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1);
/** For experiments: nothing else on this machine uses these. */
const PROTOCOL_OF_NOBODY = 253;
const ETHERTYPE_OF_NOBODY = 0x88b6;

function openPacket(scope: Scope): Subject {
  const link = { link: 'lo', protocol: ETHERTYPE_OF_NOBODY };
  const receiver = scope.own(Socket.open('packet', 'datagram', { protocol: ETHERTYPE_OF_NOBODY }));
  receiver.bind(link);
  receiver.setOption('PACKET_IGNORE_OUTGOING', true);
  const sender = scope.own(Socket.open('packet', 'datagram'));
  const to = { ...link, hardwareAddress: '00:00:00:00:00:00' };
  const { fd } = receiver;
  return { fd, feed: () => void sender.sendTo(ONE, to), take: () => drain(fd) };
}

function openPipe(end: 'reader' | 'writer'): (scope: Scope) => Subject {
  return (scope) => {
    const [reader, writer] = scope.pipe();
    return end === 'reader' ? readerOf(scope, reader, writer) : writerOf(scope, reader, writer);
  };
}

function readerOf(scope: Scope, reader: number, writer: number): Subject {
  return {
    fd: reader,
    feed: () => put(writer, 'x'),
    take: () => drain(reader),
    end: () => scope.close(writer),
  };
}

function writerOf(scope: Scope, reader: number, writer: number): Subject {
  return {
    fd: writer,
    fill: () => fill(writer, 65_536),
    empty: () => drain(reader),
    end: () => scope.close(reader),
  };
}

function makeFifo(scope: Scope): string {
  const path = join(scope.folder(), 'fifo');
  Fifo.make(path);
  return path;
}

function openFifo(end: 'reader' | 'writer'): (scope: Scope) => Subject {
  return (scope) => {
    const path = makeFifo(scope);
    const reader = scope.adopt(Fifo.tryOpenReader(path).detach());
    const writer = scope.adopt(Fifo.tryOpenWriter(path)?.detach() ?? -1);
    return end === 'reader' ? readerOf(scope, reader, writer) : writerOf(scope, reader, writer);
  };
}

/** Before its first writer it is silent, which is not the silence of one whose writer has left. */
function openLonelyFifo(scope: Scope): Subject {
  const path = makeFifo(scope);
  const { fd } = scope.own(Fifo.tryOpenReader(path));
  const feed = () => void scope.own(Fifo.tryOpenWriter(path) as FifoWriter).write(ONE);
  return { fd, feed, take: () => drain(fd) };
}

/** In raw mode a full terminal stops its writer; by lines it would throw the rest away. */
function openPty(end: 'controller' | 'terminal'): (scope: Scope) => Subject {
  return (scope) => {
    const pty = scope.own(Pty.open());
    const terminal = scope.own(pty.openTerminal());
    terminal.setRaw(true);
    const [near, far] = end === 'controller' ? [pty, terminal] : [terminal, pty];
    return {
      fd: near.fd,
      feed: () => void far.write(ONE),
      take: () => drain(near.fd),
      end: () => far.close(),
    };
  };
}

function openEventFd(scope: Scope): Subject {
  const eventFd = scope.own(EventFd.open());
  return {
    fd: eventFd.fd,
    feed: () => eventFd.add(),
    take: () => void eventFd.tryRead(),
    fill: () => eventFd.add(2n ** 64n - 2n),
    empty: () => void eventFd.tryRead(),
  };
}

function openTimerFd(scope: Scope): Subject {
  const timer = scope.own(TimerFd.open());
  return { fd: timer.fd, feed: () => timer.start(0), take: () => void timer.tryRead() };
}

function openSignalFd(scope: Scope): Subject {
  const signalFd = scope.own(SignalFd.open(['SIGUSR2']));
  const feed = () => void ok(tgkill(process.pid, signalFd.tid, SIGUSR2));
  return { fd: signalFd.fd, feed, take: () => void signalFd.tryRead() };
}

function openInotify(scope: Scope): Subject {
  const folder = scope.folder();
  const inotify = scope.own(Inotify.open());
  inotify.watch(folder, ['IN_CREATE']);
  const feed = () => writeFileSync(join(folder, 'a'), '');
  return { fd: inotify.fd, feed, take: () => void inotify.tryRead() };
}

/** What has ended stays so: there is nothing to take. */
function openPidFd(scope: Scope): Subject {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const pidFd = scope.own(PidFd.open(child.pid as number));
  scope.own({ close: () => void child.kill('SIGKILL') });
  return { fd: pidFd.fd, feed: () => pidFd.sendSignal('SIGKILL') };
}

/** A set is readable while something in it is ready. */
function openEpoll(scope: Scope): Subject {
  const selector = scope.own(openSelector('epoll'));
  const eventFd = scope.own(EventFd.open());
  selector.register(eventFd, READABLE, null);
  return { fd: selector.fd, feed: () => eventFd.add(), take: () => void eventFd.tryRead() };
}

function openAt(path: string, flags: number): (scope: Scope) => Subject {
  return (scope) => ({ fd: scope.adopt(open(path, flags | O_CLOEXEC | O_NONBLOCK, 0)) });
}

function openDevice(path: string, direction: 'read' | 'both' = 'both') {
  return (scope: Scope): Subject => {
    return { fd: scope.own(CharacterDevice.open(path, { direction, nonBlocking: true })).fd };
  };
}

function openFile(scope: Scope): Subject {
  const path = join(scope.folder(), 'file');
  writeFileSync(path, 'text');
  return { fd: scope.own(File.open(path, { read: true, write: true })).fd };
}

/** Always ready in select and poll, which says nothing; what epoll refuses. */
function always(openOne: (scope: Scope) => Subject): Kind {
  return { open: openOne, fresh: BOTH, isRefusedByEpoll: true };
}

/** What says that this kernel, this machine or this user has none of a kind, and nothing else. */
const MISSING = [
  ...['EAFNOSUPPORT', 'EPROTONOSUPPORT', 'EPERM', 'EACCES', 'ENODEV', 'ENOENT', 'ENXIO'],
  ...UNTRANSLATED,
];

/** A kind that not every machine has: it is opened once to find out. */
function perhaps(kind: Kind): Kind {
  try {
    using scope = new Scope();
    kind.open(scope);
    return kind;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!MISSING.includes(code as string)) throw error;
    return { ...kind, missing: message };
  }
}

const HUNG_UP = { poll: BOTH | HANGUP, select: READABLE };

export const KINDS: Readonly<Record<string, Kind>> = {
  'the reading end of a pipe': { open: openPipe('reader'), fresh: 0, ended: HUNG_UP },
  'the writing end of a pipe': {
    open: openPipe('writer'),
    fresh: WRITABLE,
    ended: { poll: BOTH | ERROR, select: BOTH, kqueue: BOTH | HANGUP },
  },
  'the reading end of a FIFO': { open: openFifo('reader'), fresh: 0, ended: HUNG_UP },
  'the writing end of a FIFO': {
    open: openFifo('writer'),
    fresh: WRITABLE,
    ended: { poll: BOTH | ERROR, select: BOTH, kqueue: BOTH | HANGUP },
  },
  'a FIFO before its first writer': { open: openLonelyFifo, fresh: 0 },
  'a TCP connection': {
    open: openTcp,
    fresh: WRITABLE,
    ended: { poll: BOTH, select: BOTH, kqueue: BOTH | HANGUP },
  },
  'a listening TCP socket': { open: openTcpListener, fresh: 0 },
  'a TCP socket that was never connected': {
    open: (scope) => ({ fd: scope.socket(AF_INET, SOCK_STREAM) }),
    fresh: BOTH | HANGUP,
    freshInSelect: BOTH,
  },
  'a Unix stream socket': {
    open: pairOf(SOCK_STREAM),
    fresh: WRITABLE,
    ended: { poll: BOTH | HANGUP, select: BOTH },
  },
  'a Unix seqpacket socket': {
    open: pairOf(SOCK_SEQPACKET),
    fresh: WRITABLE,
    ended: { poll: BOTH | HANGUP, select: BOTH },
  },
  'a Unix datagram socket': {
    open: pairOf(SOCK_DGRAM),
    fresh: WRITABLE,
    ended: { poll: WRITABLE, select: WRITABLE },
  },
  'a connected UDP socket': {
    open: openUdp,
    fresh: WRITABLE,
    ended: { poll: BOTH | ERROR, select: BOTH },
  },
  'a UDP socket that is not connected': {
    open: openAddressed('ipv4', () => ({ host: '127.0.0.1', port: 0 })),
    fresh: WRITABLE,
  },
  'a Unix datagram socket with a name': {
    open: openAddressed('unix', (scope) => ({ path: join(scope.folder(), 'socket') })),
    fresh: WRITABLE,
  },
  'a listening Unix socket': { open: openUnixListener, fresh: 0 },
  'a listening vsock socket': perhaps({ open: openVsockListener, fresh: 0 }),
  'a ping socket': perhaps({ open: openEcho('datagram', 'icmp', ECHO_REQUEST), fresh: WRITABLE }),
  'a raw socket': perhaps({ open: openEcho('raw', PROTOCOL_OF_NOBODY, ONE), fresh: WRITABLE }),
  'a packet socket': perhaps({ open: openPacket, fresh: WRITABLE }),
  'a CAN socket': perhaps({
    open: (scope) => ({ fd: scope.own(Socket.open('can', 'raw')).fd }),
    fresh: WRITABLE,
  }),
  'a netlink socket': { open: openNetlink, fresh: WRITABLE },
  'an eventfd': { open: openEventFd, fresh: WRITABLE },
  'a timerfd': { open: openTimerFd, fresh: 0 },
  'a signalfd': { open: openSignalFd, fresh: 0 },
  'an inotify descriptor': { open: openInotify, fresh: 0 },
  'a pidfd': { open: openPidFd, fresh: 0 },
  'an epoll descriptor': { open: openEpoll, fresh: 0 },
  'the controlling side of a pty': perhaps({
    open: openPty('controller'),
    fresh: WRITABLE,
    ended: { poll: BOTH | HANGUP, select: BOTH },
  }),
  'the terminal side of a pty': perhaps({
    open: openPty('terminal'),
    fresh: WRITABLE,
    ended: { poll: BOTH | HANGUP | ERROR, select: BOTH, kqueue: BOTH | HANGUP },
  }),
  '/proc/mounts': { open: openAt('/proc/mounts', O_RDONLY), fresh: READABLE },
  '/dev/random': { open: openDevice('/dev/random', 'read'), fresh: READABLE },
  'a memory file': always((scope) => ({ fd: scope.own(MemFd.open({ size: 1 })).fd })),
  'a regular file': always(openFile),
  'a block device': perhaps(always((scope) => ({ fd: scope.own(File.open('/dev/loop0')).fd }))),
  'a directory': always(openAt('/', O_RDONLY | O_DIRECTORY)),
  '/dev/null': always(openDevice('/dev/null')),
  '/dev/zero': always(openDevice('/dev/zero')),
  '/dev/full': always(openDevice('/dev/full')),
  '/dev/urandom': always(openDevice('/dev/urandom', 'read')),
};
