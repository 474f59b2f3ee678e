/**
 * What a socket still holds of what was sent: by an ioctl(2) of Linux or of FreeBSD, by an option of
 * macOS. OpenBSD does not tell.
 */
import { SOCKIOS } from '../linux/abi.ts';
import { ABSENT, BSD, ERRNO, SOCKET } from './abi.ts';
import { ioctl } from './ioctl.ts';
import { getsockopt } from './socket.ts';

const REQUEST = SOCKIOS.SIOCOUTQ === ABSENT ? BSD.FIONWRITE : SOCKIOS.SIOCOUTQ;
const unsent = new Int32Array(1);
const unsentBytesView = new Uint8Array(unsent.buffer);
const size = new Int32Array(1);

function ask(fd: number): number {
  if (REQUEST !== ABSENT) return ioctl(fd, REQUEST, unsent);
  if (BSD.SO_NWRITE === ABSENT) return -ERRNO.EOPNOTSUPP;
  size[0] = unsentBytesView.length;
  return getsockopt(fd, SOCKET.SOL_SOCKET, BSD.SO_NWRITE, unsentBytesView, size);
}

/** The bytes that were sent and the peer has not acknowledged, or the negative error number. */
export function unsentBytes(fd: number): number {
  unsent[0] = 0;
  const result = ask(fd);
  return result < 0 ? result : (unsent[0] as number);
}
