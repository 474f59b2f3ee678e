/** poll(2), or what this host has in its place. */
export { poll, pollFd } from './posix/poll.ts';
