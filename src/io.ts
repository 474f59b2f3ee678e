export { AlignedMemory } from './io/aligned-memory.ts';
export { type CanFrame, decodeCanFrame, encodeCanFrame } from './io/can-frame.ts';
export { CharacterDevice, type DeviceOpenOptions } from './io/character-device.ts';
export type { ControlMessage, PacketInfo } from './io/control-messages.ts';
export { DatagramBatch, type DatagramBatchOptions } from './io/datagram-batch.ts';
export type { Received } from './io/datagrams.ts';
export { Descriptor } from './io/descriptor.ts';
export { Device } from './io/device.ts';
export { EventFd, type EventFdOptions } from './io/event-fd.ts';
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
export {
  Inotify,
  type InotifyChange,
  type InotifyEvent,
  type InotifyMask,
  type InotifyMove,
  type InotifyOverflow,
  type InotifyPlace,
  type InotifyWatch,
} from './io/inotify.ts';
export { MemFd, type MemFdOptions, type Seal } from './io/mem-fd.ts';
export type { Message, RecvMessageOptions, SendMessageOptions } from './io/message.ts';
export type { MembershipOptions, Multicast, MulticastOptions } from './io/multicast.ts';
export { type NetlinkChange, NetlinkChanges, type NetlinkSubject } from './io/netlink/changes.ts';
export type { Link, LinkState } from './io/netlink/link.ts';
export type { NetlinkMessage } from './io/netlink/message.ts';
export type {
  InterfaceAddress,
  NextHop,
  Route,
  RouteFamily,
  RoutingRule,
} from './io/netlink/route.ts';
export { Netlink, type NetlinkOptions, type NetlinkRequest, type NewLink } from './io/netlink.ts';
export type { CanFilter } from './io/options/can.ts';
export type { Linger } from './io/options/codec.ts';
export type { Credentials } from './io/options/credentials.ts';
export type { Filter, FilterInstruction } from './io/options/filter.ts';
export type {
  IpInterface,
  IpMembership,
  IpSourceFilter,
  IpSourceMembership,
  Ipv6Membership,
  Ipv6PacketInfo,
} from './io/options/membership.ts';
export type {
  PacketFanout,
  PacketMembership,
  PacketRing,
  PacketStatistics,
} from './io/options/packet.ts';
export { PidFd, type ProcessExit } from './io/pid-fd.ts';
export { Pipe, PipeReader, PipeWriter } from './io/pipe.ts';
export { PTY_PACKET, Pty, type PtyOpenOptions, type PtySpawnOptions } from './io/pty.ts';
export type { SendFileOptions } from './io/sendfile.ts';
export {
  type SignalCode,
  SignalFd,
  type SignalInfo,
  type SignalThreadOptions,
  signalThread,
} from './io/signal-fd.ts';
export type { SignalName } from './io/signal-names.ts';
export { type Accepted, Socket, type SocketOpenOptions, socketPair } from './io/socket.ts';
export type { SocketFamily, SocketKind, SocketType } from './io/socket-family.ts';
export type { SocketOption, SocketOptionInput, SocketOptionValue } from './io/socket-options.ts';
export { splice, trySplice } from './io/splice.ts';
export {
  type ListenFd,
  listenFds,
  notify,
  type ServiceState,
  type SystemdOptions,
  watchdogInterval,
} from './io/systemd.ts';
export type { TcpInfo, TcpState } from './io/tcp-info.ts';
export { Terminal, type TerminalWhen } from './io/terminal.ts';
export type { TerminalLine } from './io/terminal-modes.ts';
export {
  type TimerAtOptions,
  type TimerClock,
  TimerFd,
  type TimerOptions,
  type TimerRemaining,
  type TimerTime,
} from './io/timer-fd.ts';
export { VSOCK_ADDRESS, vsockCid } from './io/vsock.ts';
export {
  type AbstractAddress,
  type Address,
  formatAddress,
  type InternetAddress,
  type PathAddress,
  type UnnamedAddress,
} from './sys/address.ts';
export type { Arena, Slice } from './sys/arena.ts';
export type {
  CanAddress,
  NetlinkAddress,
  PacketAddress,
  PacketType,
  VsockAddress,
} from './sys/linux/address.ts';
export { interfaceIndex } from './sys/linux/interface.ts';
export type { TerminalAttributes, TerminalSize } from './sys/linux/termios.ts';
