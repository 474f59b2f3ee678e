/** Options of vsock sockets: vsock(7) and <linux/vm_sockets.h>. */
import { FAMILY } from '../../sys/linux/abi.ts';
import { VSOCK_OPTION } from '../../sys/linux/sockets/abi.ts';
import { integer, timeval, unsigned64 } from './codec.ts';
import { level, readOnly, VSOCK } from './entry.ts';

const entry = level(FAMILY.AF_VSOCK, VSOCK);

export const VSOCK_LEVEL = {
  SO_VM_SOCKETS_BUFFER_MAX_SIZE: entry(VSOCK_OPTION.SO_VM_SOCKETS_BUFFER_MAX_SIZE, unsigned64),
  SO_VM_SOCKETS_BUFFER_MIN_SIZE: entry(VSOCK_OPTION.SO_VM_SOCKETS_BUFFER_MIN_SIZE, unsigned64),
  SO_VM_SOCKETS_BUFFER_SIZE: entry(VSOCK_OPTION.SO_VM_SOCKETS_BUFFER_SIZE, unsigned64),
  SO_VM_SOCKETS_CONNECT_TIMEOUT: entry(VSOCK_OPTION.SO_VM_SOCKETS_CONNECT_TIMEOUT, timeval),
  SO_VM_SOCKETS_PEER_HOST_VM_ID: entry(
    VSOCK_OPTION.SO_VM_SOCKETS_PEER_HOST_VM_ID,
    integer,
    readOnly,
  ),
  SO_VM_SOCKETS_TRUSTED: entry(VSOCK_OPTION.SO_VM_SOCKETS_TRUSTED, integer, readOnly),
} as const;
