import { existsSync } from 'node:fs';
import { HOST } from '../../src/platform/host.ts';

/**
 * Whether processes, threads and descriptors are files here, as on Linux: macOS has no such folder
 * and FreeBSD an empty one. What reads it asks this and not for the system, so that a Linux without
 * it (in a mount namespace of its own) shows that the other ways work. Wine has the folder, too, of
 * the system below it.
 */
export const HAS_PROC: boolean = HOST !== 'win32' && existsSync('/proc/self/fd');
