/** What every descriptor of a POSIX system has, and those that stand for nothing outside. */
import { FCNTL } from './abi.ts';
import { fcntl, open } from './fcntl.ts';

export { isNonBlocking, isOpen, setNonBlocking } from './fcntl.ts';
export { close, read, write } from './unistd.ts';

/** A descriptor that is held to be given up, or the negative error number. */
export function openSpareDescriptor(): number {
  return open('/dev/null', FCNTL.O_RDONLY | FCNTL.O_CLOEXEC, 0);
}

/** A second descriptor of the same thing, for whoever closes what he is given. */
export function duplicate(fd: number): number {
  return fcntl(fd, FCNTL.F_DUPFD_CLOEXEC, 0);
}
