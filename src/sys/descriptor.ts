/** What every descriptor of this host has. Results are 0 or more, or the negative error number. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/descriptor.ts';
import * as windows from './windows/descriptor.ts';

const here: typeof posix = HOST === 'win32' ? windows : posix;

export const {
  close,
  duplicate,
  isNonBlocking,
  isOpen,
  openSpareDescriptor,
  read,
  setNonBlocking,
  write,
} = here;
