export { AlignedMemory } from './io/aligned-memory.ts';
export { CharacterDevice, type DeviceOpenOptions } from './io/character-device.ts';
export { Descriptor } from './io/descriptor.ts';
export { Device } from './io/device.ts';
export {
  Fifo,
  type FifoMakeOptions,
  type FifoOpenOptions,
  FifoReader,
  type FifoReaderOptions,
  FifoWriter,
} from './io/fifo.ts';
export { File, type FileAdvice } from './io/file.ts';
export type { FileOpenOptions } from './io/file-flags.ts';
export { Pipe, PipeReader, PipeWriter } from './io/pipe.ts';
export { PTY_PACKET, Pty, type PtyOpenOptions, type PtySpawnOptions } from './io/pty.ts';
export { type Accepted, Socket, type SocketOpenOptions, socketPair } from './io/socket.ts';
export type { SocketFamily, SocketType } from './io/socket-family.ts';
export type { Linger, SocketOption, SocketOptionValue } from './io/socket-options.ts';
export { Terminal, type TerminalWhen } from './io/terminal.ts';
export type { TerminalLine } from './io/terminal-modes.ts';
export type { TerminalAttributes, TerminalSize } from './sys/linux/termios.ts';
export {
  type AbstractAddress,
  type Address,
  formatAddress,
  type InternetAddress,
  type PathAddress,
  type UnnamedAddress,
} from './sys/posix/address.ts';
