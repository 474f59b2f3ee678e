// A worker that waits for more operations than will complete, until it is interrupted.
import { parentPort } from 'node:worker_threads';
import { openCompletionQueue } from '../../src/completion.ts';
import type { PolyioError } from '../../src/errors.ts';
import { Descriptors, put } from './selector-descriptors.ts';

using fds = new Descriptors();
using queue = openCompletionQueue();
// Whoever has never waited cannot be interrupted.
queue.wait({ min: 0 });
const [one, other] = fds.pair();
const room = Buffer.alloc(1);
const completed = queue.recv(one, room);
queue.recv(other, Buffer.alloc(1));
put(other, 'x');
// Sent before the thread sleeps: `interrupt` repeats its signal until it does.
parentPort?.postMessage('waiting');
try {
  queue.wait({ min: 2 });
} catch (error) {
  const left = queue.wait().map(() => room.toString());
  const { code } = error as PolyioError;
  parentPort?.postMessage([code, left.length, completed.done ? left : []]);
}
