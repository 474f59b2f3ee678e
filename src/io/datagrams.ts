/**
 * Messages with bounds: what sendto(2) and recvfrom(2) do, and what is too large.
 *
 * Facts:
 * - A message that is larger than the buffer is cut and its rest is gone. Asked with MSG_TRUNC, the
 *   kernel answers how long the message was, not how much of it was copied; on a TCP socket the
 *   same flag throws the bytes away, so that a stream must never be asked so.
 * - Sockets for echo requests (ICMP of type datagram) and CAN answer what was copied all the same.
 * - A message that cannot be sent whole is refused with EMSGSIZE; none is sent in part.
 */
import { SystemError } from '../errors.ts';
import { ERRNO, SOCKADDR_STORAGE, SOCKET } from '../sys/abi.ts';
import { type Address, addressDetails, knownAddress, type RawAddress } from '../sys/address.ts';
import { Arena, type Slice } from '../sys/arena.ts';
import { recvfrom, sendto } from '../sys/socket.ts';
import { carriesMessages, encodeFor, type SocketFamily, type SocketType } from './socket-family.ts';

/** A message, and who sent it. */
export interface Received {
  /** How many bytes are in the buffer; 0 is an empty message, of a stream the end. */
  readonly bytes: number;
  /** How long the message was. More than `bytes` when the buffer was too small. */
  readonly length: number;
  /** Whether the rest of the message is lost. */
  readonly truncated: boolean;
  /** The sender; `{ unnamed: true }` for a Unix socket without a name and for a stream. */
  readonly address: Address;
}

/** The flag that makes the kernel tell a message's whole length, 0 for a stream. */
export function lengthFlag(type: SocketType): number {
  return carriesMessages(type) ? SOCKET.MSG_TRUNC : 0;
}

/**
 * The address that a socket sent to last, in both forms: most senders name the same one again, and
 * writing the kernel's form anew costs more than sending a datagram does.
 */
export class LastDestination {
  readonly #family: SocketFamily;
  #host: string | undefined;
  #port: number | undefined;
  #scope: number | undefined;
  #path: string | undefined;
  #raw: RawAddress = { bytes: new Uint8Array(0), size: 0 };

  constructor(family: SocketFamily) {
    this.#family = family;
  }

  /** The kernel's form. Throws as `encodeFor`. */
  encode(address: Address): RawAddress {
    if (this.#isSame(address)) return this.#raw;
    this.#host = undefined;
    this.#path = undefined;
    const raw = encodeFor(this.#family, address);
    if ('host' in address) {
      this.#host = address.host;
      this.#port = address.port;
      this.#scope = address.scope;
    } else if ('path' in address) {
      this.#path = address.path;
    }
    this.#raw = raw;
    return raw;
  }

  #isSame(address: Address): boolean {
    // What is no address is for `encodeFor` to name.
    if (typeof address !== 'object' || address === null) return false;
    if ('host' in address) {
      if (this.#host === undefined) return false;
      const isPlace = address.host === this.#host && address.port === this.#port;
      return isPlace && address.scope === this.#scope;
    }
    return 'path' in address && this.#path !== undefined && address.path === this.#path;
  }
}

/**
 * Addresses in memory that stays where it is, which is cheaper to hand over than an array: room for
 * the sender, its length, and the destination. One for the thread, for all its life.
 */
let memory: Slice | undefined;
let destination: RawAddress | undefined;
const SIZE_AT = SOCKADDR_STORAGE.size;
const DESTINATION_AT = SIZE_AT + Int32Array.BYTES_PER_ELEMENT;
const MEMORY_SIZE = DESTINATION_AT + SOCKADDR_STORAGE.size;
const SIZE_WORD = SIZE_AT / Int32Array.BYTES_PER_ELEMENT;

function mapMemory(): Slice {
  return Arena.map(MEMORY_SIZE).carve(MEMORY_SIZE);
}

/** sendto(2) with its arguments in three, as the waiting calls have them. */
export function sendToCall(
  fd: number,
  bytes: Uint8Array,
  address: RawAddress,
  flags: number,
): number {
  memory ??= mapMemory();
  if (destination !== address) {
    memory.bytes.set(address.bytes, DESTINATION_AT);
    destination = address;
  }
  const at = memory.address + DESTINATION_AT;
  return sendto(fd, bytes, bytes.length, flags, at, address.size);
}

/** recvfrom(2) into `bytes`; `lastSender` tells who sent it. */
export function recvFromCall(fd: number, bytes: Uint8Array, flags: number): number {
  memory ??= mapMemory();
  memory.words[SIZE_WORD] = SOCKADDR_STORAGE.size;
  const { address } = memory;
  return recvfrom(fd, bytes, bytes.length, flags, address, address + SIZE_AT);
}

/** Who sent what `recvFromCall` received last. */
export function lastSender(): Address {
  memory ??= mapMemory();
  return knownAddress(memory.bytes, memory.words[SIZE_WORD] as number);
}

/** What a refused send throws. */
export function sendRefused(
  errno: number,
  syscall: string,
  length: number,
  address: Address | null = null,
): SystemError {
  const details = address === null ? {} : addressDetails(address);
  if (errno === -ERRNO.EDESTADDRREQ) {
    const hint = 'it is connected to nobody: connect it, or name the receiver with sendTo';
    return new SystemError(errno, syscall, { hint });
  }
  if (errno !== -ERRNO.EMSGSIZE) return new SystemError(errno, syscall, details);
  const hint = `${length} bytes are more than one message of this socket can carry; send less at once`;
  return new SystemError(errno, syscall, { ...details, hint });
}

/** Checks the answer to a recv(2) with `lengthFlag`: more than there was room for is an error. */
export function assertWhole(length: number, room: number): number {
  if (length <= room) return length;
  const hint = `a message of ${length} bytes came and the buffer has room for ${room}, the rest is lost; recvFrom tells that without an error`;
  throw new SystemError(ERRNO.EMSGSIZE, 'recv', { hint });
}
