// Shows: asynchronous I/O by hand: submit operations, hold their receipts, be told when they are done
// Needs: Linux with io_uring (node build/src/cli.js doctor says whether)
// Run:   node build/examples/receipts.js
// Try:   take the cancel() out: the last receipt is never done, and closing the queue ends it
import { fileURLToPath } from 'node:url';
import { openCompletionQueue, type SystemError, socketPair } from 'polyio';

using queue = openCompletionQueue();
console.log('the queue:', queue.model);
const [near, far] = socketPair();

// Each call returns at once. Nothing has been waited for, and nothing copied.
using page = queue.allocate(4_096); // memory that the kernel may write while we go on
const opened = queue.openFile(fileURLToPath(import.meta.url));
const received = queue.recv(near, page);
const slept = queue.timeout(30);
const never = queue.recv(far, Buffer.alloc(16));
console.log('four receipts:', opened, received, slept, never);

queue.submit(); // one system call for all of them
console.log('the caller goes on; is the receive done?', received.done);
far.sendAll(Buffer.from('hello'));

while (queue.pending > 1) {
  // One wait for whatever is done: a file, a socket and a timer alike.
  for (const receipt of queue.wait()) {
    console.log('done:', receipt);
    if (receipt === opened) queue.read(opened.result(), new Uint8Array(80), { position: 0 });
  }
}
console.log('received:', Buffer.from(page.bytes).toString('utf8', 0, received.result()));

never.cancel(); // asks; the answer is the operation's own completion
queue.wait();
try {
  never.result();
} catch (error) {
  console.log('cancelled:', (error as SystemError).code);
}
queue.close(opened.result());
queue.wait();
for (const socket of [near, far]) socket.close();
