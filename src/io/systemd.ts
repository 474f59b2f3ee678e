/**
 * Facts about services of systemd:
 * - A service that is started by its socket inherits the listening descriptors from 3 on. LISTEN_FDS
 *   says how many, LISTEN_PID for which process they are meant, LISTEN_FDNAMES their names with
 *   colons between: sd_listen_fds(3). A child that inherits the variables has another pid, and must
 *   not take descriptors that are not there.
 * - They are inherited through exec, and would be inherited again by every child.
 * - A service of Type=notify tells its state in datagrams of lines `NAME=value` to the Unix socket
 *   that NOTIFY_SOCKET names: a path, or an abstract name after an `@`: sd_notify(3).
 * - With WatchdogSec= the service has to send WATCHDOG=1 more often than every WATCHDOG_USEC, or it
 *   is killed; WATCHDOG_PID says who has to: sd_watchdog_enabled(3).
 *
 * What this means for us: values that are not what the manual pages say are errors that name them,
 * because a service that starts without its sockets looks fine and serves nobody. What is not
 * there, or is meant for another process, is no error: the program was not started by systemd.
 */
import { inspect } from 'node:util';
import { SystemError, UnsupportedError } from '../errors.ts';
import { asFd, type Fd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { CLOCK, FCNTL, POLL, SOCKET, TIMESPEC } from '../sys/abi.ts';
import { type Address, addressDetails, encodeAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { clockGettime } from '../sys/linux/timerfd.ts';
import { fcntl } from '../sys/posix/fcntl.ts';
import { connect, NO_SIGPIPE, openSocket, send } from '../sys/socket.ts';
import { callNow, callUntil } from './waiting.ts';

const FIRST_FD = 3;
const FDS_MAX = 65_536;
const PID_MAX = 2 ** 31 - 1;
const US_PER_MS = 1_000;
const NOTIFY_BYTES_MAX = 65_536;

/** A descriptor that systemd has passed. */
export interface ListenFd {
  /** Adopt it with `Socket.fromFd`, or hand it to `server.listen({ fd })`. Closed on exec. */
  readonly fd: Fd;
  /** FileDescriptorName= of its socket unit; `unknown` where there are no names. */
  readonly name: string;
}

/** Options of `listenFds` and `watchdogInterval`. */
export interface SystemdOptions {
  /** Removes the variables afterwards, so that children do not see them. @default false */
  readonly unsetEnvironment?: boolean;
}

/** A state to tell the service manager; what is left out is not mentioned. */
export interface ServiceState {
  /** The service has started, or has read its configuration again. */
  readonly ready?: boolean;
  /** It begins to read its configuration again; `ready` ends that. */
  readonly reloading?: boolean;
  /** It begins to stop. */
  readonly stopping?: boolean;
  /** One line for people. */
  readonly status?: string;
  /** It is alive; `'trigger'` says that it is not and should be dealt with. */
  readonly watchdog?: boolean | 'trigger';
  /** The process that the manager has to watch from now on. */
  readonly mainPid?: number;
  /** The number of the error that the service failed with. */
  readonly errno?: number;
  /** Asks for more time to start or stop: milliseconds from now. */
  readonly extendTimeoutMs?: number;
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** A variable that is a whole number, undefined where it is not set. */
function numberIn(name: string, min: number, max: number): number | undefined {
  const text = variable(name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${inspect(text)}`);
}

function unset(isWanted: boolean | undefined, ...names: string[]): void {
  if (isWanted === true) for (const name of names) delete process.env[name];
}

function readListenFds(): ListenFd[] {
  const pid = numberIn('LISTEN_PID', 1, PID_MAX);
  if (pid !== process.pid) return [];
  const count = numberIn('LISTEN_FDS', 0, FDS_MAX) ?? 0;
  const text = variable('LISTEN_FDNAMES');
  const names = text?.split(':') ?? new Array<string>(count).fill('unknown');
  if (names.length !== count) {
    throw new RangeError(
      `LISTEN_FDNAMES must have as many names as LISTEN_FDS says (${count}), got ${inspect(text)}`,
    );
  }
  return names.map((name, index) => ({ fd: asFd(FIRST_FD + index), name }));
}

/**
 * The descriptors that systemd has passed to this process, in order; none when it was started in
 * another way, or when they are meant for another process. Each is made close-on-exec.
 *
 * Throws RangeError naming the variable that is malformed, SystemError EBADF for a descriptor that
 * is not open. @see sd_listen_fds(3)
 */
export function listenFds({ unsetEnvironment }: SystemdOptions = {}): ListenFd[] {
  try {
    const found = readListenFds();
    for (const { fd, name } of found) {
      const flags = fcntl(fd, FCNTL.F_GETFD, 0);
      const result = flags < 0 ? flags : fcntl(fd, FCNTL.F_SETFD, flags | FCNTL.FD_CLOEXEC);
      if (result >= 0) continue;
      throw new SystemError(result, 'fcntl', {
        hint: `LISTEN_FDS speaks of fd ${fd} (${name}), which is not open`,
      });
    }
    return found;
  } finally {
    unset(unsetEnvironment, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID');
  }
}

/**
 * How often the service manager expects `notify({ watchdog: true })`, in milliseconds; null when it
 * does not, or expects it of another process. Send it twice as often.
 *
 * Throws RangeError naming the variable that is malformed. @see sd_watchdog_enabled(3)
 */
export function watchdogInterval({ unsetEnvironment }: SystemdOptions = {}): number | null {
  try {
    const us = numberIn('WATCHDOG_USEC', 1, Number.MAX_SAFE_INTEGER);
    const pid = numberIn('WATCHDOG_PID', 1, PID_MAX);
    if (us === undefined || (pid !== undefined && pid !== process.pid)) return null;
    return us / US_PER_MS;
  } finally {
    unset(unsetEnvironment, 'WATCHDOG_USEC', 'WATCHDOG_PID');
  }
}

function monotonicMicroseconds(): bigint {
  const time = new BigInt64Array(TIMESPEC.size / BigInt64Array.BYTES_PER_ELEMENT);
  const result = clockGettime(CLOCK.CLOCK_MONOTONIC, time);
  if (result < 0) throw new SystemError(result, 'clock_gettime');
  return (time[0] as bigint) * 1_000_000n + (time[1] as bigint) / 1_000n;
}

/** Checks the text of a line: another line in it would be another statement. */
function asLine(value: unknown): string {
  if (typeof value === 'string' && !/[\n\0]/.test(value)) return value;
  throw new TypeError(`status must be a string of one line, got ${inspect(value)}`);
}

function encodeState(state: ServiceState): string {
  if (typeof state !== 'object' || state === null) {
    throw new TypeError(`state must be an object, got ${inspect(state)}`);
  }
  const { ready, reloading, stopping, status, watchdog, mainPid, errno, extendTimeoutMs } = state;
  const lines: string[] = [];
  if (reloading === true) lines.push('RELOADING=1', `MONOTONIC_USEC=${monotonicMicroseconds()}`);
  if (ready === true) lines.push('READY=1');
  if (stopping === true) lines.push('STOPPING=1');
  if (status !== undefined) lines.push(`STATUS=${asLine(status)}`);
  if (mainPid !== undefined) lines.push(`MAINPID=${asInteger(mainPid, 'mainPid', 1, PID_MAX)}`);
  if (errno !== undefined) lines.push(`ERRNO=${asInteger(errno, 'errno', 0, PID_MAX)}`);
  if (extendTimeoutMs !== undefined) {
    const us = asInteger(extendTimeoutMs, 'extendTimeoutMs', 1, PID_MAX) * US_PER_MS;
    lines.push(`EXTEND_TIMEOUT_USEC=${us}`);
  }
  if (watchdog === 'trigger') lines.push('WATCHDOG=trigger');
  else if (watchdog === true) lines.push('WATCHDOG=1');
  if (lines.length === 0) throw new TypeError(`state says nothing: ${inspect(state)}`);
  return lines.join('\n');
}

/** The address that NOTIFY_SOCKET names. */
function notifyAddress(text: string): Address {
  if (text.startsWith('/')) return { path: text };
  if (text.startsWith('@') && text.length > 1) return { abstract: text.slice(1) };
  if (/^vsock/.test(text)) {
    throw new UnsupportedError({
      model: `a NOTIFY_SOCKET of another machine (${text})`,
      reason: 'notify() sends to Unix sockets only',
      remedy: 'let the manager of this machine pass it on',
    });
  }
  throw new RangeError(
    `NOTIFY_SOCKET must be an absolute path or @ and an abstract name, got ${inspect(text)}`,
  );
}

function sendDatagram(address: Address, bytes: Uint8Array): void {
  const raw = encodeAddress(address);
  const fd = openSocket(SOCKET.AF_UNIX, SOCKET.SOCK_DGRAM, 0);
  if (fd < 0) throw new SystemError(fd, 'socket');
  try {
    const connected = callNow(connect, fd, raw.bytes, raw.size, undefined);
    if (connected < 0) throw new SystemError(connected, 'connect', addressDetails(address));
    const sent = callUntil(null, POLL.POLLOUT, send, fd, bytes, bytes.length, NO_SIGPIPE);
    if (sent < 0) throw new SystemError(sent, 'send', addressDetails(address));
  } finally {
    close(fd);
  }
}

/**
 * Tells the service manager about this service. True when it was told, false when there is none
 * (NOTIFY_SOCKET is not set). Waits while the manager's queue is full.
 *
 * Throws TypeError or RangeError naming what is wrong with the state or with NOTIFY_SOCKET,
 * SystemError with the address (ENOENT, ECONNREFUSED, EACCES). @see sd_notify(3)
 */
export function notify(state: ServiceState): boolean {
  const text = encodeState(state);
  const target = variable('NOTIFY_SOCKET');
  if (target === undefined) return false;
  const bytes = Buffer.from(text);
  if (bytes.length > NOTIFY_BYTES_MAX) {
    throw new RangeError(`a state has at most ${NOTIFY_BYTES_MAX} bytes, got ${bytes.length}`);
  }
  sendDatagram(notifyAddress(target), bytes);
  return true;
}
