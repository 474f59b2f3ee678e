/**
 * The first lines that a worker process runs: descriptor 3 is the listener, 4 the shared memory,
 * 5 takes its report to the starter, 6 (where it is needed) tells of the starter's end.
 */
import { writeSync } from 'node:fs';
import { Arena } from '../sys/arena.ts';
import { close } from '../sys/descriptor.ts';
import { endWithParent } from '../sys/process.ts';
import { loadProgram } from './load-program.ts';
import { loadProtocol } from './load-protocol.ts';
import { modelInfo } from './models.ts';
import type { Prepare } from './program.ts';
import type { Protocol } from './protocol.ts';
import { runProgram } from './run-program.ts';
import { ControlBlock } from './statistics.ts';
import { writeConsoleAtOnce } from './sync-console.ts';
import {
  failureReport,
  LISTENER_FD,
  MEMORY_FD,
  PARENT_FD,
  type ProcessStart,
  REPORT_FD,
  type WorkerReport,
} from './worker-handle.ts';

function report(message: WorkerReport): void {
  writeSync(REPORT_FD, `${JSON.stringify(message)}\n`);
  close(REPORT_FD);
}

async function main(start: ProcessStart): Promise<void> {
  const { workers, worker, limits, accept } = start;
  if (!endWithParent(start.parent, PARENT_FD)) return;
  const model = modelInfo(start.model);
  const memory = Arena.share(MEMORY_FD, ControlBlock.size(workers));
  close(MEMORY_FD);
  const control = new ControlBlock(memory.buffer, workers);
  let protocol: Protocol;
  let prepare: Prepare;
  try {
    prepare = await loadProgram('blocking-processes');
    protocol = await loadProtocol(start.protocol);
  } catch (error) {
    report(failureReport(error));
    return;
  }
  writeConsoleAtOnce();
  report({ ready: true });
  const { isBlocking } = model;
  const listener = { listenerFd: LISTENER_FD, ownsListener: true };
  const rest = { limits, control, worker, wakerFd: -1, isBlocking, accept };
  runProgram(prepare, { protocol, ...listener, ...rest });
}

await main(JSON.parse(process.argv[2] as string) as ProcessStart);
process.exit(0);
