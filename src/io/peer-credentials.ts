/** SO_PEERCRED: unix(7). */
import { SystemError, UnsupportedError } from '../errors.ts';
import { ERRNO, SOCKET } from '../sys/abi.ts';
import { assertPresent } from '../sys/absence.ts';
import { SO, UCRED } from '../sys/linux/sockets/abi.ts';
import type { Credentials } from './options/credentials.ts';
import type { SocketFamily } from './socket-family.ts';
import { getRawOption } from './socket-options.ts';

/**
 * Who was at the other end when the connection was made. The kernel answers with zeros and ones
 * instead of an error where nobody is known: that is an error here.
 */
export function readPeerCredentials(fd: number, family: SocketFamily): Credentials {
  if (family !== 'unix') {
    throw new UnsupportedError({
      model: 'peerCredentials',
      reason: `the kernel knows the process behind a unix socket only, this one is ${family}`,
      remedy: 'use remoteAddress, or a unix socket',
    });
  }
  const option = assertPresent(SO.SO_PEERCRED, 'SO_PEERCRED');
  const bytes = getRawOption(fd, SOCKET.SOL_SOCKET, option, UCRED.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pid = view.getInt32(UCRED.fields.pid[0], true);
  if (pid === 0) {
    const hint = 'a process is known after connect, accept or socketPair only';
    throw new SystemError(ERRNO.ENOTCONN, 'getsockopt', { hint });
  }
  const uid = view.getUint32(UCRED.fields.uid[0], true);
  return { pid, uid, gid: view.getUint32(UCRED.fields.gid[0], true) };
}
