// Shows: a slow add(4, 5) both ways: synchronous, the caller waits; asynchronous, a receipt at once
// Needs: Linux
// Run:   node build/examples/add.js
// Try:   make SLOW_MS longer: the synchronous caller prints nothing meanwhile, the other goes on
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Pipe, PipeWriter } from 'polyio';

const SLOW_MS = 500;

function add(a: number, b: number): number {
  for (const end = performance.now() + SLOW_MS; performance.now() < end; );
  return a + b;
}

/** What an asynchronous call returns at once: the right to the result, once there is one. */
interface Receipt {
  /** The sum, or null as long as it is not done. Never waits. */
  result(): number | null;
  close(): void;
}

/** Begins to add, in another thread, which writes the sum into a pipe when it has it. */
function startAdd(a: number, b: number): Receipt {
  const { reader, writer } = Pipe.open();
  reader.setBlocking(false);
  new Worker(new URL(import.meta.url), { workerData: { a, b, fd: writer.detach() } });
  const answer = new Int32Array(1);
  return {
    result: () => (reader.tryRead(answer) === null ? null : (answer[0] as number)),
    close: () => reader.close(),
  };
}

if (isMainThread) {
  console.log('synchronous: add(4, 5) is called, the caller waits');
  console.log(`synchronous: the call returned ${add(4, 5)}`);

  console.log('asynchronous: startAdd(4, 5) is called');
  const receipt = startAdd(4, 5);
  console.log('asynchronous: the call returned a receipt, the sum is still being made');
  let sum: number | null = null;
  for (let i = 1; sum === null; i++) {
    console.log(`asynchronous: the caller does something else (${i})`);
    await pause(100);
    sum = receipt.result();
  }
  console.log(`asynchronous: the receipt yields ${sum}`);
  receipt.close();
} else {
  const { a, b, fd } = workerData as { a: number; b: number; fd: number };
  using answers = PipeWriter.fromFd(fd);
  answers.writeAll(Int32Array.of(add(a, b)));
}
