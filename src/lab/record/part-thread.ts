/** The first lines of a thread that plays one part of a recorded program. */
import { parentPort, workerData } from 'node:worker_threads';
import { beginWait, endWait } from '../../sys/interrupt.ts';
import { currentThread } from '../../sys/threads.ts';
import { openSharedRing } from './memory.ts';
import type { Order, PartReport, PartStart } from './program.ts';
import { type Part, Stage } from './stage.ts';
import { takePen } from './tap.ts';

function report(message: PartReport): void {
  parentPort?.postMessage(message);
}

const { module, part, memory, words, values } = workerData as PartStart;
const ring = openSharedRing(memory);
const hand = takePen(ring);
const self = { pid: process.pid, tid: currentThread() };
const { PARTS } = (await import(module)) as { readonly PARTS: Readonly<Record<string, Part>> };
const play = PARTS[part] as Part;
// What a first wait sets up is no call of the program's.
beginWait();
endWait();

report({ kind: 'ready', ...self, writer: hand.writer });
parentPort?.once('message', async (order: Order) => {
  if (order === 'leave') process.exit(0);
  const stage = new Stage({ values, words }, ring, hand);
  const start = hand.at();
  try {
    const result = await play(stage);
    const [from, to] = stage.window ?? [start, hand.at()];
    report({ kind: 'done', result, start: from, end: to, ...stage.used });
  } catch (error) {
    report({ kind: 'failed', error });
  }
  process.exit(0);
});
