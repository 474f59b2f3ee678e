/** The sets of select(2), whose form differs: bits by number, or an array of sockets. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/fd-sets.ts';
import * as windows from './windows/fd-sets.ts';

const isWindows = HOST === 'win32';

/** The three sets and the time limit of select(2). */
export type FdSets = posix.FdSets | windows.FdSets;
export const FdSets: new () => FdSets = isWindows ? windows.FdSets : posix.FdSets;

/** select(2) takes descriptors numbered below this only. */
export const DESCRIPTORS_BELOW: number = isWindows
  ? windows.DESCRIPTORS_BELOW
  : posix.DESCRIPTORS_BELOW;
