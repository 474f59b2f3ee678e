/** <linux/sockios.h>: what a socket still holds. */
import { SOCKIOS } from './abi.ts';
import { ioctl } from './ioctl.ts';

const unsent = new Int32Array(1);

/** The bytes that were sent and the peer has not acknowledged, or the negative error number. */
export function unsentBytes(fd: number): number {
  unsent[0] = 0;
  const result = ioctl(fd, SOCKIOS.SIOCOUTQ, unsent);
  return result < 0 ? result : (unsent[0] as number);
}
