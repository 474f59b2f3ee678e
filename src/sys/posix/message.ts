/** <sys/socket.h>: messages, which carry an address and control data beside their bytes. */
import { Arena } from '../arena.ts';
import { bind, bindValue } from '../ffi.ts';
import { BSD, CMSGHDR, IOVEC, MESSAGE, MSGHDR } from './abi.ts';
import { closeOnExec } from './fcntl.ts';
import { HAS } from './ways.ts';

type Call = [fd: number, header: number, flags: number];

/** recvmsg(2) by the address of a `struct msghdr`: bytes, or the negative error number. */
export const recvmsg = bind<Call>('recvmsg', 'ssize', ['fd', 'address', 'int']);

/** sendmsg(2) by the address of a `struct msghdr`: bytes, or the negative error number. */
export const sendmsg = bind<Call>('sendmsg', 'ssize', ['fd', 'address', 'int']);

const memmove = bindValue<[to: Uint8Array, from: number, size: number]>('memmove', 'address', [
  'buffer',
  'address',
  'size',
]);

/**
 * Where the caller's bytes lie: memmove(3) of nothing answers the address that it was given.
 *
 * Only for a call that is made at once and has returned before the caller goes on; whoever writes
 * the address into a structure keeps the bytes referenced until then.
 */
export function addressOfBytes(bytes: Uint8Array): number {
  return memmove(bytes, 0, 0);
}

const ALIGNMENT = BSD._ALIGNBYTES + 1;

/** What an entry of control data takes, its length rounded up to where the next may begin. */
export function alignControl(size: number): number {
  // Not with bits: a size of 2^31 and more, which a kernel would not write, would become negative.
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** Where the data of an entry begins: CMSG_DATA(3). */
export const CONTROL_HEADER = alignControl(CMSGHDR.size);

/** The flags of every recvmsg(2): descriptors that come are closed on exec, where it can be asked for. */
export const RECEIVE_FLAGS = HAS.cmsg_cloexec ? MESSAGE.MSG_CMSG_CLOEXEC : 0;

/** Closes them on exec where `RECEIVE_FLAGS` could not ask for it. */
export function finishDescriptors(fds: readonly number[]): void {
  if (!HAS.cmsg_cloexec) for (const fd of fds) closeOnExec(fd);
}

const OVERFLOW_SIZE = 65_536;
let overflow: Uint8Array | undefined;

/**
 * Where the kernel does not tell how long a message was that it cut, the rest of it is received as
 * well and thrown away: room for it, or null where the kernel tells.
 */
export function messageOverflow(): Uint8Array | null {
  if (HAS.trunc) return null;
  overflow ??= new Uint8Array(OVERFLOW_SIZE);
  return overflow;
}

const copyIn = bindValue<[to: number, from: Uint8Array, size: number]>('memcpy', 'address', [
  'address',
  'buffer',
  'size',
]);
const copyOut = bindValue<[to: Uint8Array, from: number, size: number]>('memcpy', 'address', [
  'buffer',
  'address',
  'size',
]);

/** The header and the two vectors of `recvWhole`, one set for the thread. */
let whole: { readonly arena: Arena; readonly view: DataView } | undefined;

function setAddress(view: DataView, at: number, address: number): void {
  view.setBigUint64(at, BigInt(address), true);
}

/**
 * recvfrom(2) as Linux answers it with MSG_TRUNC: the whole length of a message, of which `bytes` has
 * the beginning. `name` and `nameSize` are addresses, or 0 for nobody who wants to know the sender.
 */
export function recvWhole(
  fd: number,
  bytes: Uint8Array,
  flags: number,
  name: number,
  nameSize: number,
): number {
  if (whole === undefined) {
    const arena = Arena.map(MSGHDR.size + 2 * IOVEC.size);
    whole = { arena, view: new DataView(arena.buffer) };
  }
  const { arena, view } = whole;
  const { msg_name, msg_namelen, msg_iov, msg_iovlen } = MSGHDR.fields;
  const size = new Uint8Array(msg_namelen[1]);
  if (nameSize !== 0) copyOut(size, nameSize, size.length);
  arena.bytes.fill(0, 0, MSGHDR.size);
  setAddress(view, msg_name[0], name);
  arena.bytes.set(size, msg_namelen[0]);
  setAddress(view, msg_iov[0], arena.address + MSGHDR.size);
  view.setUint32(msg_iovlen[0], 2, true);
  const rest = messageOverflow() as Uint8Array;
  for (const [index, part] of [bytes, rest].entries()) {
    const at = MSGHDR.size + index * IOVEC.size;
    setAddress(view, at + IOVEC.fields.iov_base[0], addressOfBytes(part));
    setAddress(view, at + IOVEC.fields.iov_len[0], part.length);
  }
  const result = recvmsg(fd, arena.address, flags);
  if (result >= 0 && nameSize !== 0) {
    copyIn(
      nameSize,
      arena.bytes.subarray(msg_namelen[0], msg_namelen[0] + size.length),
      size.length,
    );
  }
  return result;
}
