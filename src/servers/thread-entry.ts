/** The first lines that a worker thread runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { UnsupportedError } from '../errors.ts';
import { loadProtocol } from './load-protocol.ts';
import type { Assignment } from './loop.ts';
import { modelInfo } from './models.ts';
import { nodeNet } from './node-net.ts';
import { runProgram } from './run-program.ts';
import { ControlBlock, STATE, type WorkerRecord } from './statistics.ts';
import { writeConsoleAtOnce } from './sync-console.ts';
import { failureReport, type ThreadStart, type WorkerReport } from './worker-handle.ts';

async function main(start: ThreadStart): Promise<void> {
  const { memory, workers, worker, limits, listenerFd, wakerFd } = start;
  const report = (message: WorkerReport) => parentPort?.postMessage(message);
  const model = modelInfo(start.model);
  let assignment: Assignment;
  try {
    const protocol = await loadProtocol(start.protocol);
    // Loads the native library before the report: a process that exits meanwhile would crash in it.
    const refused = model.unavailable();
    if (refused !== null) throw new UnsupportedError(refused);
    const control = new ControlBlock(memory, workers);
    const { isBlocking } = model;
    assignment = { protocol, listenerFd, limits, control, worker, wakerFd, isBlocking };
  } catch (error) {
    report(failureReport(error));
    return;
  }
  if (model.name === 'node-net') {
    const server = nodeNet(assignment);
    parentPort?.on('message', server.lookAtStop);
    report({ ready: true });
    await server.stopped;
    (assignment.control.workers[worker] as WorkerRecord).state = STATE.ended;
  } else {
    writeConsoleAtOnce();
    report({ ready: true });
    runProgram(model, assignment);
  }
}

await main(workerData as ThreadStart);
// A protocol's module may have left handles open; they must not keep the thread.
process.exit(0);
