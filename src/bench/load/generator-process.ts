/**
 * The first lines of a generator's process: the plan is its argument, descriptor 0 stays open as long
 * as it is wanted (it ends with whoever started it), 3 takes what it has to tell, an object a line.
 */
import { writeSync } from 'node:fs';
import { POLL } from '../../sys/abi.ts';
import { beginWait, endWait } from '../../sys/interrupt.ts';
import { pollFd } from '../../sys/poll.ts';
import { Generator, type Outcome } from './generator.ts';
import type { LoadPlan } from './plan.ts';
import type { LoadProgress } from './report.ts';

const STOP_FD = 0;
const REPORT_FD = 3;

/** A line that the process writes. */
export type Message =
  | { readonly progress: LoadProgress }
  | { readonly outcome: Outcome }
  | { readonly error: string };

function tell(message: Message): void {
  let text = Buffer.from(`${JSON.stringify(message)}\n`);
  while (text.length > 0) text = text.subarray(writeSync(REPORT_FD, text));
}

beginWait();
try {
  const generator = new Generator(JSON.parse(process.argv[2] as string) as LoadPlan, {
    isStopped: () => pollFd(STOP_FD, POLL.POLLIN, 0) > 0,
    progress: (progress) => tell({ progress }),
  });
  tell({ outcome: generator.run() });
} catch (error) {
  tell({ error: error instanceof Error ? error.message : String(error) });
} finally {
  endWait();
}
process.exit(0);
