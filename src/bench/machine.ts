/** The machine that figures are of: without it they say nothing. */
import { cpus, loadavg, totalmem } from 'node:os';
import { describeHost } from '../platform/host.ts';
import type { Machine } from './report.ts';

/** @param polyio the version of this package */
export function describeMachine(polyio: string): Machine {
  const { platform, kernel, arch, cpus: cores, node } = describeHost();
  return {
    os: platform,
    kernel,
    architecture: arch,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memoryBytes: totalmem(),
    node,
    polyio,
    loadAverage: loadavg()[0] ?? 0,
  };
}
