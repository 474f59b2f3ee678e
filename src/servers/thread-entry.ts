/** The first lines that a worker thread runs. */
import { parentPort, workerData } from 'node:worker_threads';
import { UnsupportedError } from '../errors.ts';
import { loadProgram } from './load-program.ts';
import { loadProtocol } from './load-protocol.ts';
import type { Assignment } from './loop.ts';
import { type ModelInfo, modelInfo } from './models.ts';
import { runProgram } from './run-program.ts';
import { ControlBlock, STATE, type WorkerRecord } from './statistics.ts';
import { writeConsoleAtOnce } from './sync-console.ts';
import { failureReport, type ThreadStart, type WorkerReport } from './worker-handle.ts';

type Serve = () => void | Promise<void>;

function report(message: WorkerReport): void {
  parentPort?.postMessage(message);
}

async function serveInNodesLoop(assignment: Assignment): Promise<Serve> {
  const { nodeNet } = await import('./node-net.ts');
  return async () => {
    const server = nodeNet(assignment);
    parentPort?.on('message', server.lookAtStop);
    report({ ready: true });
    await server.stopped;
    (assignment.control.workers[assignment.worker] as WorkerRecord).state = STATE.ended;
  };
}

async function serverOf({ name }: ModelInfo, assignment: Assignment): Promise<Serve> {
  if (name === 'node-net') return serveInNodesLoop(assignment);
  const prepare = await loadProgram(name);
  return () => {
    writeConsoleAtOnce();
    report({ ready: true });
    runProgram(prepare, assignment);
  };
}

async function prepareToServe(start: ThreadStart): Promise<Serve> {
  const { memory, workers, worker, limits, listenerFd, wakerFd, accept } = start;
  const model = modelInfo(start.model);
  const protocol = await loadProtocol(start.protocol);
  // Loads the native library before the report: a process that exits meanwhile would crash in it.
  const refused = model.unavailable();
  if (refused !== null) throw new UnsupportedError(refused);
  const control = new ControlBlock(memory, workers);
  const { isBlocking } = model;
  const place = { listenerFd, control, worker, wakerFd };
  const assignment = { protocol, limits, accept, isBlocking, ...place };
  return serverOf(model, assignment);
}

let serve: Serve | undefined;
try {
  serve = await prepareToServe(workerData as ThreadStart);
} catch (error) {
  report(failureReport(error));
}
await serve?.();
// A protocol's module may have left handles open; they must not keep the thread.
process.exit(0);
