/**
 * Pseudo terminals: a terminal whose other side is a program instead of a person.
 *
 * Facts about pty(7):
 * - What is written to the controlling side is typed into the terminal; what the terminal shows is
 *   read from the controlling side.
 * - Before anybody has opened the terminal side, reading waits. Once everybody has closed it,
 *   reading gives what is left, then EIO (with POLLHUP) until it is opened again.
 * - When the controlling side closes, the terminal hangs up: see terminal.ts.
 * - A full queue makes the writer wait, on either side: the controlling side is not writable until
 *   the terminal's reader goes on, and `poll` reports that. Nothing needs to be tried again and again.
 * - A process gets the terminal as its controlling one by opening it, as the leader of a session
 *   that has none; Ctrl-C and SIGWINCH reach it only then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { SystemError } from '../errors.ts';
import { ERRNO, FCNTL } from '../sys/abi.ts';
import { close } from '../sys/descriptor.ts';
import { TERMINAL_IOCTL, WINSIZE } from '../sys/linux/abi.ts';
import { ioctlBytes } from '../sys/linux/ioctl.ts';
import { decodeSize, type TerminalSize } from '../sys/linux/termios.ts';
import { grantpt, posixOpenpt, ptsname, unlockpt } from '../sys/posix/stdlib.ts';
import { Device } from './device.ts';
import { pathHint } from './opening.ts';
import { asSize, changeSize, requestSize, Terminal } from './terminal.ts';
import { callNow } from './waiting.ts';

const NAME_SIZE = 128;

/** Opens the terminal in place of standard input, output and error, then becomes the program. */
const IN_TERMINAL = 'exec "$@" <>"$0" >&0 2>&1';

/** Options of `Pty.open`. */
export interface PtyOpenOptions {
  /** How large its terminal is. @default nobody has said: 0 rows, 0 columns */
  readonly size?: TerminalSize;
}

/** Options of `Pty.spawn`. */
export interface PtySpawnOptions {
  readonly cwd?: string | URL;
  /** The whole environment. @default that of this process */
  readonly env?: NodeJS.ProcessEnv;
}

/** What the first byte of a read says in packet mode: 0 for data, or these bits: ioctl_tty(2). */
export const PTY_PACKET = {
  flushRead: TERMINAL_IOCTL.TIOCPKT_FLUSHREAD,
  flushWrite: TERMINAL_IOCTL.TIOCPKT_FLUSHWRITE,
  stop: TERMINAL_IOCTL.TIOCPKT_STOP,
  start: TERMINAL_IOCTL.TIOCPKT_START,
  noStop: TERMINAL_IOCTL.TIOCPKT_NOSTOP,
  doStop: TERMINAL_IOCTL.TIOCPKT_DOSTOP,
} as const;

/** The controlling side of a pseudo terminal. */
export class Pty extends Device {
  /** The path of its terminal side, for whoever is to live in it. */
  readonly path: string;

  private constructor(fd: number, path: string) {
    super(fd, false);
    this.path = path;
  }

  /**
   * Opens a new pair, of which this is the controlling side. Throws SystemError: ENOENT where
   * /dev/pts is not mounted, ENOSPC when there are too many, EMFILE. @see posix_openpt(3)
   */
  static open({ size }: PtyOpenOptions = {}): Pty {
    const wanted = size === undefined ? undefined : asSize(size);
    const fd = posixOpenpt(FCNTL.O_RDWR | FCNTL.O_NOCTTY | FCNTL.O_CLOEXEC);
    if (fd < 0) throw new SystemError(fd, 'posix_openpt', { hint: pathHint(fd) });
    try {
      const pty = new Pty(fd, unlock(fd));
      if (wanted !== undefined) pty.setSize(wanted);
      return pty;
    } catch (wrong) {
      close(fd);
      throw wrong;
    }
  }

  /** Opens the terminal side in this process. Throws SystemError (EMFILE). */
  openTerminal({ nonBlocking = false }: { readonly nonBlocking?: boolean } = {}): Terminal {
    this.openFd('openTerminal');
    return Terminal.open(this.path, { nonBlocking });
  }

  /**
   * Runs a program in the terminal: it leads a session of its own whose controlling terminal this
   * is, so that Ctrl-C (`\x03`) and changes of size reach it. When it and its children have ended,
   * reading throws SystemError EIO after the last byte. A program that is not found ends with
   * exit code 127 and the shell's words in the terminal.
   */
  spawn(
    program: string,
    args: readonly string[] = [],
    { cwd, env }: PtySpawnOptions = {},
  ): ChildProcess {
    this.openFd('spawn');
    // The child holds the terminal side from its first moment: without that, reading would already
    // be EIO before the child has opened it for itself.
    using held = this.openTerminal();
    return spawn('/bin/sh', ['-c', IN_TERMINAL, this.path, program, ...args], {
      detached: true,
      stdio: [held.fd, held.fd, held.fd],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
    });
  }

  /** How large the terminal is. */
  get size(): TerminalSize {
    const bytes = new Uint8Array(WINSIZE.size);
    const result = requestSize(this.openFd('size'), bytes);
    if (result < 0) throw this.failure(result, 'ioctl');
    return decodeSize(bytes);
  }

  /** Tells how large the terminal is; its foreground gets SIGWINCH when that is new. */
  setSize(size: TerminalSize): void {
    const result = changeSize(this.openFd('setSize'), size);
    if (result < 0) throw this.failure(result, 'ioctl');
  }

  /**
   * In packet mode the first byte of every read tells what it is: 0 for data, or bits of
   * `PTY_PACKET` for something that happened to the terminal, which also makes it ready with
   * `PRIORITY`. @see ioctl_tty(2)
   */
  setPacketMode(on: boolean): void {
    const fd = this.openFd('setPacketMode');
    if (typeof on !== 'boolean') throw new TypeError(`on must be a boolean, got ${String(on)}`);
    const value = new Uint8Array(Int32Array.of(Number(on)).buffer);
    const result = callNow(ioctlBytes, fd, TERMINAL_IOCTL.TIOCPKT, value, undefined);
    if (result < 0) throw this.failure(result, 'ioctl');
  }

  protected override failure(result: number, name: string, hint?: string): SystemError {
    const isLeft = result === -ERRNO.EIO && hint === undefined;
    return super.failure(result, name, isLeft ? 'everybody has closed the terminal side' : hint);
  }

  protected override describe(): string {
    return this.path;
  }
}

function unlock(fd: number): string {
  const granted = grantpt(fd);
  if (granted < 0) throw new SystemError(granted, 'grantpt');
  const unlocked = unlockpt(fd);
  if (unlocked < 0) throw new SystemError(unlocked, 'unlockpt');
  const name = new Uint8Array(NAME_SIZE);
  const named = ptsname(fd, name, name.length);
  if (named !== 0) throw new SystemError(named, 'ptsname_r');
  return Buffer.from(name.subarray(0, name.indexOf(0))).toString();
}
