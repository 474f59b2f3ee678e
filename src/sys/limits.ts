/** How much of what this process may have. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/resource.ts';
import * as windows from './windows/limits.ts';

/** How many descriptors this process may hold open, or the negative error number. */
export const descriptorLimit: () => number =
  HOST === 'win32' ? windows.descriptorLimit : posix.descriptorLimit;
