// Shows: a file copied and synced by the kernel while the same thread echoes over a socket
// Needs: Linux with io_uring; no readiness model can do this, to them a file is always "ready"
// Run:   node build/examples/file-copy-while-echoing.js
// Try:   node build/examples/file-copy-while-echoing.js FROM TO    with a large file
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCompletionQueue, Socket } from 'polyio';
import { attach } from 'polyio/node';

const [, , source = process.execPath, named] = process.argv;
const target = named ?? join(tmpdir(), `copy-${process.pid}`);
using queue = openCompletionQueue();
using _ = attach(queue); // receipts become promises
let isCopied = false;
let echoed = 0;

async function copy(): Promise<number> {
  using buffer = queue.allocate(65_536);
  const from = await queue.openFile(source).promise();
  const to = await queue.openFile(target, { flags: 'w' }).promise();
  let position = 0;
  for (let count = -1; count !== 0; position += count) {
    count = await queue.read(from, buffer, { position }).promise();
    const bytes = buffer.bytes.subarray(0, count);
    const done = await queue.write(to, bytes, { position }).promise();
    if (done < count) throw new Error(`${done} of ${count} bytes were written`);
  }
  await queue.sync(to).promise(); // now the disk has it
  for (const fd of [from, to]) await queue.close(fd).promise();
  isCopied = true;
  return position;
}

async function echo(listener: Socket): Promise<void> {
  const { fd } = await queue.accept(listener).promise();
  using buffer = queue.allocate(4_096);
  for (let count = -1; count !== 0; ) {
    count = await queue.recv(fd, buffer).promise();
    await queue.send(fd, buffer.bytes.subarray(0, count), { all: true }).promise();
  }
  await queue.close(fd).promise();
}

async function talk(client: Socket, listener: Socket): Promise<void> {
  await queue.connect(client, listener.localAddress).promise();
  for (const reply = Buffer.alloc(5); !isCopied; echoed++) {
    queue.send(client, Buffer.from('hello'));
    await queue.recv(client, reply, { all: true }).promise();
  }
  await queue.close(client).promise();
}

using listener = Socket.open('ipv4', 'stream');
listener.bind({ host: '127.0.0.1', port: 0 });
listener.listen();
const client = Socket.open('ipv4', 'stream');
const [bytes] = await Promise.all([copy(), echo(listener), talk(client, listener)]);
console.log(`copied ${bytes} bytes of ${source}; meanwhile ${echoed} messages were echoed`);
if (named === undefined) rmSync(target);
