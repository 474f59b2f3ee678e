import { arch, availableParallelism, platform, release } from 'node:os';

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
