/** Running a model's program on the calling thread, from its first step to the last descriptor closed. */
import { PolyioError } from '../errors.ts';
import { beginWait, endWait } from '../sys/interrupt.ts';
import { currentThread, declineCancellation } from '../sys/threads.ts';
import type { Assignment } from './loop.ts';
import type { Prepare } from './program.ts';
import { STATE } from './statistics.ts';

function isInterrupt(error: unknown): boolean {
  return error instanceof PolyioError && error.code === 'ERR_POLYIO_INTERRUPTED';
}

/**
 * Serves until the stop word says otherwise or the thread is interrupted; then every connection
 * is closed. The whole of it counts as one wait, so that an exiting process signals this thread
 * whatever it is doing, and lets it close what it holds.
 */
export function runProgram(prepare: Prepare, assignment: Assignment): void {
  const program = prepare(assignment);
  const { loop } = program;
  // A protocol that calls process.exit never comes back, and descriptors outlive a thread.
  const giveBack = () => loop.finish();
  process.once('exit', giveBack);
  declineCancellation();
  try {
    beginWait();
    try {
      // Not before: without the handler that the first wait installs, the signal ends the process.
      loop.record.setThread(process.pid, currentThread());
      loop.record.state = STATE.serving;
      program.run();
    } finally {
      loop.finish();
      endWait();
    }
  } catch (error) {
    if (!isInterrupt(error)) throw error;
  } finally {
    process.off('exit', giveBack);
    loop.finish();
    loop.record.state = STATE.ended;
  }
}
