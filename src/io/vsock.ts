/** Sockets between a virtual machine and its host: vsock(7). */
import { closeSync, constants, openSync } from 'node:fs';
import { SystemError } from '../errors.ts';
import { VSOCK } from '../sys/linux/abi.ts';
import { ioctl } from '../sys/linux/ioctl.ts';
import { VSOCK_OPTION } from '../sys/linux/sockets/abi.ts';

const DEVICE = '/dev/vsock';

/** Context identifiers with a meaning, and the port that asks for a free one. */
export const VSOCK_ADDRESS = {
  /** In `bind`: every identifier of this machine. */
  anyCid: VSOCK.VMADDR_CID_ANY >>> 0,
  /** This machine itself, where the kernel has the loopback transport. */
  localCid: VSOCK.VMADDR_CID_LOCAL,
  /** The machine that runs this virtual one. */
  hostCid: VSOCK.VMADDR_CID_HOST,
  anyPort: VSOCK.VMADDR_PORT_ANY >>> 0,
} as const;

/**
 * The context identifier that others reach this machine by; 2^32-1 while it has none. Throws
 * SystemError, or Node's own error (ENOENT, EACCES) when /dev/vsock cannot be opened.
 */
export function vsockCid(): number {
  const fd = openSync(DEVICE, constants.O_RDONLY);
  try {
    const cid = new Int32Array(1);
    const result = ioctl(fd, VSOCK_OPTION.IOCTL_VM_SOCKETS_GET_LOCAL_CID, cid);
    if (result < 0) throw new SystemError(result, 'ioctl', { path: DEVICE });
    return (cid[0] as number) >>> 0;
  } finally {
    closeSync(fd);
  }
}
