// Shows: asynchronous I/O on Windows: a socket, a file and a named pipe at one completion port
// Needs: Windows; elsewhere it says why not and ends with exit code 1
// Run:   node build/examples/completion-port.js
// Try:   npx polyio serve --model iocp
import { fileURLToPath } from 'node:url';
import { IocpQueue, type Operation, Socket } from 'polyio';

const PIPE = '\\\\.\\pipe\\polyio-example';
const missing = IocpQueue.unavailable();
if (missing !== null) {
  console.error(`no completion port here: ${missing.reason}`);
  process.exit(1);
}

using queue = new IocpQueue();
const finish = <Result>(receipt: Operation<Result>): Result => {
  while (!receipt.done) queue.wait();
  return receipt.result();
};

// A socket: both ends ask, and the port tells when both are there.
using listener = Socket.open('ipv4', 'stream');
listener.bind({ host: '127.0.0.1', port: 0 });
listener.listen();
using client = Socket.open('ipv4', 'stream');
const accepted = queue.accept(listener);
const connected = queue.connect(client, listener.localAddress);
console.log('two receipts:', accepted, connected);
queue.wait({ min: 2 });
using server = Socket.fromFd(accepted.result().fd);

// A file, whose reading takes no thread and no readiness.
const file = finish(queue.openFile(fileURLToPath(import.meta.url)));
// A named pipe: one waits for a client, the other opens its path.
const waiting = queue.acceptPipe(PIPE);
const pipe = finish(queue.openFile(PIPE, { flags: 'r+' }));
const served = finish(waiting);

const page = queue.allocate(64);
const text = queue.allocate(16);
const word = queue.allocate(16);
const receipts = [
  queue.read(file, page, { position: 0 }),
  queue.recv(server, text),
  queue.read(served, word),
];
queue.send(client, Buffer.from('over TCP'));
queue.write(pipe, Buffer.from('by pipe'));
while (receipts.some(({ done }) => !done)) queue.wait();
const [bytes, ...lengths] = receipts.map((receipt) => receipt.result());
console.log('the file:', bytes, 'bytes');
for (const [index, { bytes }] of [text, word].entries()) {
  console.log('received:', Buffer.from(bytes).toString('utf8', 0, lengths[index]));
}
for (const handle of [file, pipe, served]) finish(queue.close(handle));
