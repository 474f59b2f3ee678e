/**
 * The structures of one recvmsg(2) or sendmsg(2), in memory that does not move.
 *
 * Facts:
 * - A `struct msghdr` holds addresses: of the name, of the list of buffers, of the control data.
 *   The kernel follows them during the call and at no other time.
 * - The memory of a typed array stays where it is while somebody references it; an address written
 *   into a structure is no reference.
 *
 * What this means for us: the structures lie in an arena, one per thread, made by its first message.
 * The caller's buffers are used in place and are held here from `begin` to `end`.
 */

import { IOVEC, MSGHDR, SOCKADDR_STORAGE } from '../sys/abi.ts';
import { type Address, decodeAddress, type RawAddress } from '../sys/address.ts';
import { Arena } from '../sys/arena.ts';
import { addressOfBytes } from '../sys/posix/message.ts';

/** The kernel's own limit (UIO_MAXIOV). */
export const BUFFERS_MAX = 1_024;

/** The most control data that one message may carry here, in bytes. */
export const CONTROL_SIZE_MAX = 65_536;

/** Writes a pointer: an address has up to 48 bits, its upper half goes into a word of its own. */
export function setPointer(view: DataView, offset: number, address: number): void {
  view.setUint32(offset, address % 2 ** 32, true);
  view.setUint32(offset + 4, Math.floor(address / 2 ** 32), true);
}

/** A buffer or several of them as a list, each checked. */
export function asBufferList(
  buffers: ArrayBufferView | readonly ArrayBufferView[],
  check: (buffer: ArrayBufferView) => Uint8Array,
): Uint8Array[] {
  if (!Array.isArray(buffers)) return [check(buffers as ArrayBufferView)];
  if (buffers.length >= 1 && buffers.length <= BUFFERS_MAX) return buffers.map(check);
  throw new RangeError(`a message has 1 to ${BUFFERS_MAX} buffers, got ${buffers.length}`);
}

/** How many bytes the buffers have room for. */
export function totalSize(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

/** What lies at the addresses of one `struct msghdr`. */
export class MessageFrame {
  readonly #arena = Arena.map(
    4 * 64 + MSGHDR.size + SOCKADDR_STORAGE.size + BUFFERS_MAX * IOVEC.size + CONTROL_SIZE_MAX,
  );
  readonly #header = this.#arena.carve(MSGHDR.size);
  readonly #name = this.#arena.carve(SOCKADDR_STORAGE.size);
  readonly #vectors = this.#arena.carve(BUFFERS_MAX * IOVEC.size);
  readonly #control = this.#arena.carve(CONTROL_SIZE_MAX);
  readonly #headerView = viewOf(this.#header.bytes);
  readonly #vectorView = viewOf(this.#vectors.bytes);
  readonly #controlView = viewOf(this.#control.bytes);
  /** Referenced during the call, which knows them by their addresses only. */
  protected held: readonly Uint8Array[] = [];

  constructor() {
    const { msg_name, msg_iov, msg_control } = MSGHDR.fields;
    setPointer(this.#headerView, msg_name[0], this.#name.address);
    setPointer(this.#headerView, msg_iov[0], this.#vectors.address);
    setPointer(this.#headerView, msg_control[0], this.#control.address);
  }

  /** Where the kernel finds the header. */
  get address(): number {
    return this.#header.address;
  }

  /** Where control data is written and read. */
  get control(): DataView {
    return this.#controlView;
  }

  /** The control data's length, as the kernel left it. */
  get controlLength(): number {
    return this.#headerView.getUint32(MSGHDR.fields.msg_controllen[0], true);
  }

  /** The flags that the kernel returned. */
  get flags(): number {
    return this.#headerView.getInt32(MSGHDR.fields.msg_flags[0], true);
  }

  /** The address that the kernel returned. */
  get peer(): Address {
    const size = this.#headerView.getUint32(MSGHDR.fields.msg_namelen[0], true);
    return decodeAddress(this.#name.bytes, size);
  }

  /** Points the header at the buffers, which are held until `end`, and at so much control data. */
  begin(buffers: readonly Uint8Array[], controlSize: number): void {
    const { iov_base, iov_len } = IOVEC.fields;
    this.held = buffers;
    for (const [index, bytes] of buffers.entries()) {
      const vector = index * IOVEC.size;
      setPointer(this.#vectorView, vector + iov_base[0], addressOfBytes(bytes));
      setPointer(this.#vectorView, vector + iov_len[0], bytes.length);
    }
    const { msg_namelen, msg_iovlen, msg_controllen, msg_flags } = MSGHDR.fields;
    this.#headerView.setUint32(msg_namelen[0], this.#name.bytes.length, true);
    this.#headerView.setUint32(msg_iovlen[0], buffers.length, true);
    this.#headerView.setUint32(msg_controllen[0], controlSize, true);
    this.#headerView.setInt32(msg_flags[0], 0, true);
  }

  /** Sets where the message goes, or that it goes to the peer of a connected socket. */
  setDestination(address: RawAddress | null): void {
    const size = address === null ? 0 : address.size;
    if (address !== null) this.#name.bytes.set(address.bytes.subarray(0, size));
    this.#headerView.setUint32(MSGHDR.fields.msg_namelen[0], size, true);
  }

  /** Lets the buffers go. */
  end(): void {
    this.held = [];
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

let frame: MessageFrame | undefined;

/** The thread's frame. Whoever begins a message in it ends it before anything else can run. */
export function messageFrame(): MessageFrame {
  frame ??= new MessageFrame();
  return frame;
}
