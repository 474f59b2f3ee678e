import { SystemError } from '../../errors.ts';
import { ERRNO } from '../../sys/abi.ts';
import type { Received } from '../datagrams.ts';
import { decodeMessages, type NetlinkMessage } from './message.ts';

/** Room for any datagram of the kernel's. */
export const BUFFER_SIZE = 65_536;

/** The messages of a datagram, none when somebody else than the kernel sent it. */
export function messagesOf(received: Received, buffer: Uint8Array): NetlinkMessage[] {
  const { bytes, truncated, length, address } = received;
  if ('portId' in address && address.portId !== 0) return [];
  if (truncated) {
    const hint = `the kernel sent ${length} bytes, there is room for ${buffer.length}`;
    throw new SystemError(ERRNO.EMSGSIZE, 'netlink', { hint });
  }
  return decodeMessages(buffer.subarray(0, bytes));
}
