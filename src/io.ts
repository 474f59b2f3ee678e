export { Descriptor } from './io/descriptor.ts';
export { Pipe, PipeReader, PipeWriter } from './io/pipe.ts';
export { type Accepted, Socket, type SocketOpenOptions, socketPair } from './io/socket.ts';
export type { SocketFamily, SocketType } from './io/socket-family.ts';
export type { Linger, SocketOption, SocketOptionValue } from './io/socket-options.ts';
export {
  type AbstractAddress,
  type Address,
  formatAddress,
  type InternetAddress,
  type PathAddress,
  type UnnamedAddress,
} from './sys/posix/address.ts';
