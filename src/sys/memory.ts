/** Memory that stays where it is, by its address. */
import { HOST } from '../platform/host.ts';
import * as posix from './posix/memory.ts';
import * as windows from './windows/memory.ts';

const here: typeof posix = HOST === 'win32' ? windows : posix;

export const {
  discardMemory,
  discardShared,
  mapMemory,
  preferHugePages,
  shareMemory,
  unmapMemory,
} = here;
