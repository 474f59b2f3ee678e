// Shows: a slow add(4, 5) three ways: the caller waits; a receipt of our own; one of the kernel's own
// Needs: Linux, with io_uring for the third way
// Run:   node build/examples/add.js
// Try:   make SLOW_MS longer: the synchronous caller prints nothing meanwhile, the others go on
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { openCompletionQueue, Pipe, type PipeReader, PipeWriter } from 'polyio';

const SLOW_MS = 500;

function add(a: number, b: number): number {
  for (const end = performance.now() + SLOW_MS; performance.now() < end; );
  return a + b;
}

/** Begins to add, in another thread, which writes the sum into a pipe when it has it. */
function startAdd(a: number, b: number): PipeReader {
  const { reader, writer } = Pipe.open();
  new Worker(new URL(import.meta.url), { workerData: { a, b, fd: writer.detach() } });
  return reader;
}

/** A receipt: the sum, or null as long as it is not done. It never waits. */
type Receipt = () => number | null;

/** Each look tries whether phase 1 is over, and does phase 2 itself. */
function ownReceipt(reader: PipeReader): Receipt {
  const sum = new Int32Array(1);
  reader.setBlocking(false);
  return () => (reader.tryRead(sum) === null ? null : (sum[0] as number));
}

async function hold(who: string, receipt: Receipt): Promise<void> {
  console.log(`${who}: the call returned a receipt, the sum is still being made`);
  let sum: number | null = null;
  for (let i = 1; sum === null; sum = receipt()) {
    console.log(`${who}: the caller does something else (${i++})`);
    await pause(100);
  }
  console.log(`${who}: the receipt yields ${sum}`);
}

if (isMainThread) {
  console.log('synchronous: add(4, 5) is called, the caller waits');
  console.log(`synchronous: the call returned ${add(4, 5)}`);
  using first = startAdd(4, 5);
  await hold('asynchronous', ownReceipt(first));
  using queue = openCompletionQueue();
  using second = startAdd(4, 5);
  const sum = new Int32Array(1);
  const operation = queue.read(second, sum); // the kernel does both phases, a look asks it
  const look = () => (queue.wait({ min: 0 }).includes(operation) ? (sum[0] as number) : null);
  await hold('asynchronous, by the kernel', look);
} else {
  const { a, b, fd } = workerData as { a: number; b: number; fd: number };
  using answers = PipeWriter.fromFd(fd);
  answers.writeAll(Int32Array.of(add(a, b)));
}
