/**
 * The settings of a terminal: <asm/termbits.h>, by ioctl_tty(2).
 *
 * `struct termios2` and not the one of tcgetattr(3): it holds baud rates as plain numbers, of which
 * the older structure knows only those that have a constant.
 */
import { TERMIOS, TERMIOS2, WINSIZE } from './abi.ts';
import { ioctlBytes } from './ioctl.ts';

/** A terminal's settings, by the names of termios(3). */
export interface TerminalAttributes {
  /** `c_iflag`: what happens to bytes that come in. */
  inputFlags: number;
  /** `c_oflag`: what happens to bytes that go out. */
  outputFlags: number;
  /** `c_cflag`: the line: character size, parity, stop bits, flow control. */
  controlFlags: number;
  /** `c_lflag`: editing, echo and signals. */
  localFlags: number;
  /** `c_line`: the line discipline's number. */
  lineDiscipline: number;
  /** `c_cc`: the control characters, by their index. */
  controlCharacters: Uint8Array;
  /** `c_ispeed`, in baud. */
  inputBaudRate: number;
  /** `c_ospeed`, in baud. */
  outputBaudRate: number;
}

const { fields } = TERMIOS2;

/** Reads the settings: 0, or the negative error number; they are in `into` afterwards. */
export function getAttributes(fd: number, into: TerminalAttributes): number {
  const bytes = new Uint8Array(TERMIOS2.size);
  const result = ioctlBytes(fd, TERMIOS.TCGETS2, bytes);
  if (result < 0) return result;
  const view = new DataView(bytes.buffer);
  const word = (field: readonly [number, number]) => view.getUint32(field[0], true);
  into.inputFlags = word(fields.c_iflag);
  into.outputFlags = word(fields.c_oflag);
  into.controlFlags = word(fields.c_cflag);
  into.localFlags = word(fields.c_lflag);
  into.lineDiscipline = bytes[fields.c_line[0]] as number;
  into.controlCharacters = bytes.slice(fields.c_cc[0], fields.c_cc[0] + fields.c_cc[1]);
  into.inputBaudRate = word(fields.c_ispeed);
  into.outputBaudRate = word(fields.c_ospeed);
  return 0;
}

/** When new settings count, by their request. */
export const WHEN = {
  now: TERMIOS.TCSETS2,
  drained: TERMIOS.TCSETSW2,
  flushed: TERMIOS.TCSETSF2,
} as const;

/** Changes the settings; may sleep unless they count now. 0, or the negative error number. */
export function setAttributes(
  fd: number,
  attributes: Readonly<TerminalAttributes>,
  request: number,
): number {
  const bytes = new Uint8Array(TERMIOS2.size);
  const view = new DataView(bytes.buffer);
  view.setUint32(fields.c_iflag[0], attributes.inputFlags, true);
  view.setUint32(fields.c_oflag[0], attributes.outputFlags, true);
  view.setUint32(fields.c_cflag[0], attributes.controlFlags, true);
  view.setUint32(fields.c_lflag[0], attributes.localFlags, true);
  bytes[fields.c_line[0]] = attributes.lineDiscipline;
  bytes.set(attributes.controlCharacters, fields.c_cc[0]);
  view.setUint32(fields.c_ispeed[0], attributes.inputBaudRate, true);
  view.setUint32(fields.c_ospeed[0], attributes.outputBaudRate, true);
  return ioctlBytes(fd, request, bytes);
}

/** How large a terminal is. */
export interface TerminalSize {
  /** 0 to 65535 lines; 0 when nobody has said. */
  readonly rows: number;
  /** 0 to 65535 characters; 0 when nobody has said. */
  readonly columns: number;
}

/** The size as `struct winsize`; pixels are not told. */
export function encodeSize({ rows, columns }: TerminalSize): Uint8Array {
  const bytes = new Uint8Array(WINSIZE.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(WINSIZE.fields.ws_row[0], rows, true);
  view.setUint16(WINSIZE.fields.ws_col[0], columns, true);
  return bytes;
}

export function decodeSize(bytes: Uint8Array): TerminalSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    rows: view.getUint16(WINSIZE.fields.ws_row[0], true),
    columns: view.getUint16(WINSIZE.fields.ws_col[0], true),
  };
}
