import { arch, availableParallelism, platform, release } from 'node:os';

/** The kernels that polyio knows, by Node's names. */
export type Platform = 'linux' | 'darwin' | 'freebsd' | 'openbsd' | 'netbsd' | 'win32';

/**
 * The kernel of this process. Only `sys/` and the lists of candidates ask: above them a platform is
 * no condition.
 */
export const HOST = process.platform as Platform;

/** The machine and runtime that figures and refusals are about. */
export interface Host {
  readonly platform: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpus: number;
  readonly node: string;
}

export function describeHost(): Host {
  return {
    platform: platform(),
    kernel: release(),
    arch: arch(),
    cpus: availableParallelism(),
    node: process.version,
  };
}
