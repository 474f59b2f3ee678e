// Shows: a pipe read empty and written full, three times: blocking, non-blocking, with a timeout
// Needs: Linux
// Run:   node build/examples/pipe.js
// Try:   strace -f -e trace=read,write,poll node build/examples/pipe.js
import { readSync, writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Pipe, SystemError } from 'polyio';

const PAUSE_MS = 300;
const page = Buffer.alloc(4096);

/** Another thread that after a pause empties or feeds the pipe, by the descriptor's number. */
function later(action: 'read' | 'write', fd: number): void {
  new Worker(new URL(import.meta.url), { workerData: { action, fd } });
}

function show(what: string, call: () => unknown): void {
  const start = performance.now();
  let answer: unknown;
  try {
    answer = call();
  } catch (error) {
    answer = error instanceof SystemError ? `throws ${error.code}` : error;
  }
  console.log(`  ${what}: ${answer}, after ${Math.round(performance.now() - start)} ms`);
}

function fill({ writer }: Pipe): number {
  writer.setBlocking(false);
  let bytes = 0;
  for (let n = writer.tryWrite(page); n !== null; n = writer.tryWrite(page)) bytes += n;
  return bytes;
}

if (isMainThread) {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  console.log('an empty pipe');
  later('write', writer.fd);
  show('blocking read sleeps until another thread writes', () => reader.read(page));
  reader.setBlocking(false);
  show('non-blocking tryRead', () => reader.tryRead(page));
  show('non-blocking read', () => reader.read(page));
  reader.setTimeout(PAUSE_MS);
  show('read with a timeout', () => reader.read(page));

  console.log(`a full pipe: the kernel took ${fill(pipe)} bytes`);
  show('non-blocking tryWrite', () => writer.tryWrite(page));
  show('non-blocking write', () => writer.write(page));
  writer.setTimeout(PAUSE_MS);
  show('write with a timeout', () => writer.write(page));
  for (const end of [reader, writer]) end.setBlocking(true);
  later('read', reader.fd);
  show('blocking write sleeps until another thread reads', () => writer.write(page));
} else {
  const { action, fd } = workerData as { action: 'read' | 'write'; fd: number };
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  if (action === 'write') writeSync(fd, 'hello');
  else readSync(fd, page);
}
