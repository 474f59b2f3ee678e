/** Calls on any descriptor of this host. Results are bytes or 0, or the negative error number. */
export { isNonBlocking, isOpen, setNonBlocking } from './posix/fcntl.ts';
export { close, read, write } from './posix/unistd.ts';
