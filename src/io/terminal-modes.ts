/** What the settings of a terminal mean: raw mode and serial lines, as changes of their flags. */
import { inspect } from 'node:util';
import { asInteger } from '../platform/integers.ts';
import { TERMIOS, TERMIOS2 } from '../sys/linux/abi.ts';
import type { TerminalAttributes } from '../sys/linux/termios.ts';

const FLAGS_MAX = 2 ** 32 - 1;
const FLAG_FIELDS = [
  'inputFlags',
  'outputFlags',
  'controlFlags',
  'localFlags',
  'inputBaudRate',
  'outputBaudRate',
] as const;
const CHARACTERS = TERMIOS2.fields.c_cc[1];

/** What the two ends of a serial line may differ by. */
const BAUD_TOLERANCE = 0.02;

const DATA_BITS = { 5: TERMIOS.CS5, 6: TERMIOS.CS6, 7: TERMIOS.CS7, 8: TERMIOS.CS8 } as const;
const STOP_BITS = { 1: 0, 2: TERMIOS.CSTOPB } as const;
const PARITIES = {
  none: 0,
  even: TERMIOS.PARENB,
  odd: TERMIOS.PARENB | TERMIOS.PARODD,
} as const;

/** A serial line. */
export interface TerminalLine {
  /** Baud in both directions, 1 to 2^32-1. */
  readonly baudRate?: number;
  readonly dataBits?: keyof typeof DATA_BITS;
  readonly parity?: keyof typeof PARITIES;
  readonly stopBits?: keyof typeof STOP_BITS;
  /** `hardware` by the RTS and CTS lines, `software` by XON and XOFF among the bytes. */
  readonly flowControl?: 'none' | 'hardware' | 'software';
}

/** Checks settings from elsewhere: nothing unchecked reaches the kernel. */
export function checkAttributes(attributes: Readonly<TerminalAttributes>): void {
  for (const field of FLAG_FIELDS) {
    // Flags that were changed with ~ and | are negative where their highest bit is set.
    asInteger(attributes[field], field, -(2 ** 31), FLAGS_MAX);
  }
  asInteger(attributes.lineDiscipline, 'lineDiscipline', 0, 0xff);
  const { controlCharacters } = attributes;
  if (!(controlCharacters instanceof Uint8Array) || controlCharacters.length !== CHARACTERS) {
    throw new TypeError(
      `controlCharacters must be a Uint8Array of ${CHARACTERS}, got ${inspect(controlCharacters)}`,
    );
  }
}

/** The settings in raw mode, as cfmakeraw(3) makes them; `read` waits for one byte. */
export function makeRaw(attributes: TerminalAttributes): TerminalAttributes {
  const { IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL, IXON, OPOST } = TERMIOS;
  const { ECHO, ECHONL, ICANON, ISIG, IEXTEN, CSIZE, PARENB, CS8, VMIN, VTIME } = TERMIOS;
  const controlCharacters = attributes.controlCharacters.slice();
  controlCharacters[VMIN] = 1;
  controlCharacters[VTIME] = 0;
  const translations = IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON;
  return {
    ...attributes,
    inputFlags: attributes.inputFlags & ~translations,
    outputFlags: attributes.outputFlags & ~OPOST,
    localFlags: attributes.localFlags & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN),
    controlFlags: (attributes.controlFlags & ~(CSIZE | PARENB)) | CS8,
    controlCharacters,
  };
}

function choice<Key extends string | number>(
  table: Readonly<Record<Key, number>>,
  value: Key,
  name: string,
): number {
  const bits = Object.hasOwn(table, value) ? table[value] : undefined;
  if (bits !== undefined) return bits;
  throw new RangeError(
    `${name} must be one of ${Object.keys(table).join(', ')}, got ${inspect(value)}`,
  );
}

/** The settings with the line's speed, frame and flow control changed. */
export function changeLine(
  attributes: TerminalAttributes,
  { baudRate, dataBits, parity, stopBits, flowControl }: TerminalLine,
): TerminalAttributes {
  const { CBAUD, BOTHER, IBSHIFT, CSIZE, PARENB, PARODD, CSTOPB, CRTSCTS } = TERMIOS;
  const { IXON, IXOFF, INPCK } = TERMIOS;
  let { inputFlags, controlFlags } = attributes;
  if (baudRate !== undefined) {
    const both = CBAUD | (CBAUD << IBSHIFT);
    controlFlags = (controlFlags & ~both) | BOTHER | (BOTHER << IBSHIFT);
  }
  if (dataBits !== undefined) {
    controlFlags = (controlFlags & ~CSIZE) | choice(DATA_BITS, dataBits, 'dataBits');
  }
  if (parity !== undefined) {
    controlFlags = (controlFlags & ~(PARENB | PARODD)) | choice(PARITIES, parity, 'parity');
    inputFlags = parity === 'none' ? inputFlags & ~INPCK : inputFlags | INPCK;
  }
  if (stopBits !== undefined) {
    controlFlags = (controlFlags & ~CSTOPB) | choice(STOP_BITS, stopBits, 'stopBits');
  }
  if (flowControl !== undefined) {
    const hardware = choice(
      { none: 0, hardware: CRTSCTS, software: 0 },
      flowControl,
      'flowControl',
    );
    controlFlags = (controlFlags & ~CRTSCTS) | hardware;
    const software = IXON | IXOFF;
    inputFlags = flowControl === 'software' ? inputFlags | software : inputFlags & ~software;
  }
  return {
    ...attributes,
    inputFlags,
    controlFlags,
    inputBaudRate: baudRate ?? attributes.inputBaudRate,
    outputBaudRate: baudRate ?? attributes.outputBaudRate,
  };
}

/** The names in `line` that the driver did not do as `wanted`. */
export function ignoredBy(
  actual: TerminalAttributes,
  wanted: TerminalAttributes,
  line: TerminalLine,
): string[] {
  const { CSIZE, PARENB, PARODD, CSTOPB, CRTSCTS, IXON, IXOFF } = TERMIOS;
  const control = (mask: number) => ((actual.controlFlags ^ wanted.controlFlags) & mask) === 0;
  const input = (mask: number) => ((actual.inputFlags ^ wanted.inputFlags) & mask) === 0;
  const rate = wanted.outputBaudRate;
  const isDone: Readonly<Record<keyof TerminalLine, boolean>> = {
    baudRate: Math.abs(actual.outputBaudRate - rate) <= rate * BAUD_TOLERANCE,
    dataBits: control(CSIZE),
    parity: control(PARENB | PARODD),
    stopBits: control(CSTOPB),
    flowControl: control(CRTSCTS) && input(IXON | IXOFF),
  };
  const names = Object.keys(isDone) as (keyof TerminalLine)[];
  return names.filter((name) => line[name] !== undefined && !isDone[name]);
}
