/**
 * Terminals: consoles, serial lines, and the terminal side of a pseudo terminal.
 *
 * Facts about ioctl_tty(2) and termios(3):
 * - In canonical mode, the usual one, bytes come a line at a time, edited and echoed; a line longer
 *   than 4095 bytes loses the rest without a word, and `read` answers 0 where somebody typed ^D.
 *   In raw mode every byte comes as it is, and none is lost: a full queue stops the writer.
 * - The settings belong to the terminal, not to the descriptor: everybody who has it open sees them
 *   change, and they stay when the one who changed them has gone.
 * - Once its other side has gone the terminal has hung up: `read` answers 0, everything else EIO,
 *   and `poll` reports POLLIN, POLLOUT, POLLERR and POLLHUP.
 * - A process in the background that changes settings is stopped by SIGTTOU.
 *
 * What this means for us: the settings found at the first change are put back by `close`, and at
 * the exit of a process that did not close. `hungUp` tells the two meanings of a 0 apart.
 */
import { inspect } from 'node:util';
import { SystemError, UnsupportedError } from '../errors.ts';
import { asFd } from '../platform/fd.ts';
import { asInteger } from '../platform/integers.ts';
import { ERRNO, POLL } from '../sys/abi.ts';
import { close } from '../sys/descriptor.ts';
import { TERMINAL_IOCTL, TERMIOS, WINSIZE } from '../sys/linux/abi.ts';
import { ioctlBytes, ioctlNumber } from '../sys/linux/ioctl.ts';
import {
  decodeSize,
  encodeSize,
  getAttributes,
  setAttributes,
  type TerminalAttributes,
  type TerminalSize,
  WHEN,
} from '../sys/linux/termios.ts';
import { pollFd } from '../sys/poll.ts';
import { type DeviceOpenOptions, openDevice } from './character-device.ts';
import { Device } from './device.ts';
import { asPath } from './opening.ts';
import {
  changeLine,
  checkAttributes,
  ignoredBy,
  makeRaw,
  type TerminalLine,
} from './terminal-modes.ts';
import { callNow, callUntil } from './waiting.ts';

const { TCSBRK, TCFLSH, TIOCGWINSZ, TIOCSWINSZ } = TERMINAL_IOCTL;
const { ECHO, ICANON } = TERMIOS;
const BAUD_MAX = 2 ** 32 - 1;
const SIZE_MAX = 0xffff;
const QUEUES = {
  input: TERMIOS.TCIFLUSH,
  output: TERMIOS.TCOFLUSH,
  both: TERMIOS.TCIOFLUSH,
} as const;

/** When changed settings count: at once, after what was written has gone out, or that and what came in thrown away. */
export type TerminalWhen = keyof typeof WHEN;

/** Checks a terminal's size: rows and columns from 0 to 65535. */
export function asSize({ rows, columns }: TerminalSize): TerminalSize {
  asInteger(rows, 'rows', 0, SIZE_MAX);
  asInteger(columns, 'columns', 0, SIZE_MAX);
  return { rows, columns };
}

/** Asks the size of a terminal by either side of it: 0, or the negative error number. */
export function requestSize(fd: number, into: Uint8Array): number {
  return callNow(ioctlBytes, fd, TIOCGWINSZ, into, undefined);
}

/** Tells the size to the terminal, which sends SIGWINCH to its foreground when it is a new one. */
export function changeSize(fd: number, size: TerminalSize): number {
  return callNow(ioctlBytes, fd, TIOCSWINSZ, encodeSize(asSize(size)), undefined);
}

function emptyAttributes(): TerminalAttributes {
  return {
    inputFlags: 0,
    outputFlags: 0,
    controlFlags: 0,
    localFlags: 0,
    lineDiscipline: 0,
    controlCharacters: new Uint8Array(),
    inputBaudRate: 0,
    outputBaudRate: 0,
  };
}

/** Terminals whose settings are to be put back when the process exits. */
const changed = new Set<Terminal>();
let hasExitHook = false;

function restoreAtExit(terminal: Terminal): void {
  changed.add(terminal);
  if (hasExitHook) return;
  hasExitHook = true;
  process.once('exit', () => {
    for (const each of changed) each.restore();
  });
}

/** A terminal: ioctl_tty(2), termios(3). */
export class Terminal extends Device {
  /** Where it was opened, or null when it was adopted. */
  readonly path: string | null;
  #found: TerminalAttributes | null = null;
  #beforeRaw: TerminalAttributes | null = null;

  private constructor(fd: number, path: string | null) {
    super(fd, path === null);
    this.path = path;
    this.#read();
  }

  /**
   * Opens the terminal at a path; it does not become the controlling terminal of this process.
   * Opening a serial line may wait for its carrier: `nonBlocking` or `timeoutMs`. Throws SystemError
   * (ENOENT, EACCES, ENXIO, ENOTTY), TypeError when no device lies there.
   *
   * @param path `/dev/tty` is the terminal that this process was started from
   * @see open(2)
   */
  static open(path: string | URL = '/dev/tty', options: DeviceOpenOptions = {}): Terminal {
    const name = asPath(path);
    const fd = openDevice(name, options);
    try {
      const terminal = new Terminal(fd, name);
      if (options.nonBlocking === true) terminal.setBlocking(false);
      return terminal;
    } catch (wrong) {
      close(fd);
      throw wrong;
    }
  }

  /**
   * Adopts an open terminal, which from now on this object closes: to use standard input for a
   * while, `restore` and `detach` it. Throws SystemError (EBADF, ENOTTY).
   */
  static fromFd(fd: number): Terminal {
    return new Terminal(asFd(fd), null);
  }

  /** The settings, as a copy. */
  get attributes(): TerminalAttributes {
    return this.#read();
  }

  /**
   * Changes all settings. The driver takes what it can of them: read them back where it matters.
   *
   * @param when `drained` and `flushed` wait for what was written @default 'now'
   * @see termios(3)
   */
  setAttributes(attributes: Readonly<TerminalAttributes>, when: TerminalWhen = 'now'): void {
    const fd = this.openFd('setAttributes');
    if (!Object.hasOwn(WHEN, when)) {
      const names = Object.keys(WHEN).join(', ');
      throw new TypeError(`when must be one of ${names}, got ${inspect(when)}`);
    }
    checkAttributes(attributes);
    const found = this.#found ?? this.#read();
    const deadline = when === 'now' ? 0 : null;
    const result = callUntil(deadline, 0, setAttributes, fd, attributes, WHEN[when], undefined);
    if (result < 0) throw this.failure(result, 'ioctl');
    this.#found = found;
    restoreAtExit(this);
  }

  /** Whether every byte comes and goes as it is, since `setRaw(true)`. */
  get raw(): boolean {
    return this.#beforeRaw !== null;
  }

  /**
   * `true` makes every byte come and go as it is: no lines, no echo, no signals, no translation,
   * 8 bits, `read` waits for one byte. `false` brings the settings back that were there before.
   *
   * @see cfmakeraw(3)
   */
  setRaw(on: boolean): void {
    if (typeof on !== 'boolean') throw new TypeError(`on must be a boolean, got ${inspect(on)}`);
    const before = this.#beforeRaw;
    if (on === (before !== null)) return;
    if (before !== null) {
      this.setAttributes(before);
      this.#beforeRaw = null;
      return;
    }
    const attributes = this.#read();
    this.setAttributes(makeRaw(attributes));
    this.#beforeRaw = attributes;
  }

  /** Whether bytes come a line at a time (ICANON). */
  get canonical(): boolean {
    return (this.#read().localFlags & ICANON) !== 0;
  }

  setCanonical(on: boolean): void {
    this.#setLocal(ICANON, on);
  }

  /** Whether what comes in is shown (ECHO). */
  get echo(): boolean {
    return (this.#read().localFlags & ECHO) !== 0;
  }

  setEcho(on: boolean): void {
    this.#setLocal(ECHO, on);
  }

  /** How fast it sends, in baud. */
  get baudRate(): number {
    return this.#read().outputBaudRate;
  }

  /**
   * Sets how fast it sends and receives: any number of baud (1 to 2^32-1) that the driver can make.
   * The driver may round it: `baudRate` tells what it made of it.
   */
  setBaudRate(baudRate: number): void {
    this.setLine({ baudRate });
  }

  /**
   * Sets up a serial line; what is left out stays as it is. Drivers ignore in silence what they
   * cannot do: this looks, and throws UnsupportedError with everything as it was before (a baud
   * rate may be rounded by 2 %). Throws SystemError (EINVAL, EIO) too.
   */
  setLine(line: TerminalLine): void {
    if (line.baudRate !== undefined) asInteger(line.baudRate, 'baudRate', 1, BAUD_MAX);
    const before = this.#read();
    const wanted = changeLine(before, line);
    this.setAttributes(wanted);
    const ignored = ignoredBy(this.#read(), wanted, line);
    if (ignored.length === 0) return;
    this.setAttributes(before);
    throw new UnsupportedError({
      model: `${ignored.join(', ')} of ${this.path ?? 'this terminal'}`,
      reason: 'its driver took the settings and left that as it was',
      remedy: 'leave it out, or use another value',
    });
  }

  /** How large the terminal is. */
  get size(): TerminalSize {
    const bytes = new Uint8Array(WINSIZE.size);
    const result = requestSize(this.openFd('size'), bytes);
    if (result < 0) throw this.failure(result, 'ioctl');
    return decodeSize(bytes);
  }

  /** Tells how large it is; its foreground gets SIGWINCH when that is new. */
  setSize(size: TerminalSize): void {
    const result = changeSize(this.openFd('setSize'), size);
    if (result < 0) throw this.failure(result, 'ioctl');
  }

  /** Waits until what was written has gone out. @see tcdrain(3) */
  drain(): void {
    const fd = this.openFd('drain');
    const result = callUntil(null, 0, ioctlNumber, fd, TCSBRK, 1, undefined);
    if (result < 0) throw this.failure(result, 'ioctl');
  }

  /** Throws away what came in and was not read, or was written and not sent. @see tcflush(3) */
  flush(queue: keyof typeof QUEUES = 'both'): void {
    if (!Object.hasOwn(QUEUES, queue)) {
      throw new TypeError(`queue must be 'input', 'output' or 'both', got ${inspect(queue)}`);
    }
    const fd = this.openFd('flush');
    const result = callNow(ioctlNumber, fd, TCFLSH, QUEUES[queue], undefined);
    if (result < 0) throw this.failure(result, 'ioctl');
  }

  /** Whether the other side has gone: reading answers 0 from now on, everything else EIO. */
  get hungUp(): boolean {
    return isHungUp(this.openFd('hungUp'));
  }

  /** Puts the settings back that were found at the first change. Does nothing when none was made. */
  restore(): void {
    const found = this.#found;
    changed.delete(this);
    this.#found = null;
    this.#beforeRaw = null;
    // A terminal that has hung up has nothing to put back.
    if (found !== null && !this.closed) setAttributes(this.fd, found, WHEN.now);
  }

  /** Gives the number up without closing it; settings and O_NONBLOCK stay as they are. */
  override detach(): number {
    const fd = super.detach();
    changed.delete(this);
    return fd;
  }

  /** Puts the settings back and closes it. */
  override close(): void {
    this.restore();
    super.close();
  }

  #read(): TerminalAttributes {
    const fd = this.openFd('attributes');
    const attributes = emptyAttributes();
    const result = callNow(getAttributes, fd, attributes, undefined, undefined);
    if (result === -ERRNO.ENOTTY) {
      throw new SystemError(result, 'ioctl', { path: this.path ?? undefined, hint: NO_TERMINAL });
    }
    if (result < 0) throw this.failure(result, 'ioctl');
    return attributes;
  }

  #setLocal(flag: number, on: boolean): void {
    if (typeof on !== 'boolean') throw new TypeError(`on must be a boolean, got ${inspect(on)}`);
    const attributes = this.#read();
    const { localFlags } = attributes;
    this.setAttributes({ ...attributes, localFlags: on ? localFlags | flag : localFlags & ~flag });
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    if (result !== -ERRNO.EIO || hint !== undefined) return super.failure(result, name, hint);
    return super.failure(result, name, isHungUp(this.fd) ? HUNG_UP : BACKGROUND);
  }

  protected override describe(): string {
    return this.path ?? 'terminal';
  }
}

const NO_TERMINAL = 'it is no terminal';
const HUNG_UP = 'the terminal has hung up: its other side is closed';
const BACKGROUND = 'a process in the background may not use the terminal';

function isHungUp(fd: number): boolean {
  const events = callNow(pollFd, fd, 0, 0, undefined);
  return events > 0 && (events & POLL.POLLHUP) !== 0;
}
