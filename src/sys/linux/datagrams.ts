/** <sys/socket.h>: many messages in one call. */
import { bind } from './presence.ts';

type Call = [fd: number, messages: number, count: number, flags: number];

const receive = bind<[...Call, timeout: number]>('recvmmsg', 'int', [
  'fd',
  'address',
  'uint',
  'int',
  'address',
]);

/**
 * recvmmsg(2) into `count` entries of `struct mmsghdr` at an address: how many were filled, or the
 * negative error number. Its own time limit is looked at between two messages only and is not used.
 */
export function recvmmsg(fd: number, messages: number, count: number, flags: number): number {
  return receive(fd, messages, count, flags, 0);
}

/** sendmmsg(2): how many messages were sent, or the negative error number of the first. */
export const sendmmsg = bind<Call>('sendmmsg', 'int', ['fd', 'address', 'uint', 'int']);
