/** <net/if.h>: network interfaces by name and by index. */
import { inspect } from 'node:util';
import { SystemError } from '../../errors.ts';
import { asInteger } from '../../platform/integers.ts';
import { bindValue } from '../ffi.ts';
import { ERRNO, SOCKET } from '../posix/abi.ts';
import { openSocket } from '../posix/socket.ts';
import { close } from '../posix/unistd.ts';

const NAME_MAX = 15;
const INDEX_MAX = 2 ** 31 - 1;

const ifNameToIndex = bindValue<[name: string]>('if_nametoindex', 'int', ['string']);

/**
 * The index of a network interface (1 to 2^31-1), given as the index itself or by its name. 0 leaves
 * the choice to the kernel. Throws TypeError, RangeError, SystemError: ENODEV when there is none of
 * that name, EMFILE when no descriptor is left to ask with. @see if_nametoindex(3)
 */
export function interfaceIndex(value: number | string, what = 'interface'): number {
  if (typeof value === 'number') return asInteger(value, what, 0, INDEX_MAX);
  if (typeof value !== 'string') {
    throw new TypeError(`${what} must be an interface's name or index, got ${inspect(value)}`);
  }
  const bytes = Buffer.byteLength(value);
  if (bytes === 0 || bytes > NAME_MAX || value.includes('\0')) {
    const rule = `1 to ${NAME_MAX} bytes, none of them zero`;
    throw new RangeError(`${what} must have ${rule}, got ${inspect(value)}`);
  }
  const index = ifNameToIndex(value);
  if (index > 0) return index;
  throw refused(value);
}

/** It answers 0 too when the socket that it asks through cannot be opened: so is one opened here. */
function refused(name: string): SystemError {
  const fd = openSocket(SOCKET.AF_UNIX, SOCKET.SOCK_DGRAM, 0);
  if (fd < 0) {
    const hint = 'no descriptor is left to ask the kernel with: close some, or raise ulimit -n';
    return new SystemError(fd, 'if_nametoindex', { address: name, hint });
  }
  close(fd);
  const hint = 'there is no network interface of that name';
  return new SystemError(ERRNO.ENODEV, 'if_nametoindex', { address: name, hint });
}
