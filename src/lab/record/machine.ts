import { availableParallelism } from 'node:os';
import { describeHost } from '../../platform/host.ts';
import type { TraceMachine } from '../../trace.ts';

/** Where this runs, as a trace says it. */
export function thisMachine(): TraceMachine {
  const { platform: system, kernel, arch: architecture, node } = describeHost();
  return { system, kernel, architecture, cpus: availableParallelism(), node };
}
