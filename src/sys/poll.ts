/**
 * poll(2), or what this host has in its place. Behind the entries of `poll` there is room for one
 * more, which belongs to the call; it answers how many entries have something at most.
 */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/poll.ts';
import * as windows from './windows/poll.ts';

const here: typeof posix = HOST === 'win32' ? windows : posix;

export const { poll, pollFd } = here;
