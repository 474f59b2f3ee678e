/** <sys/socket.h>: messages, which carry an address and control data beside their bytes. */
import { bind, bindValue } from '../ffi.ts';

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
