// Shows: open descriptors that travel to another process inside a message (SCM_RIGHTS)
// Needs: Linux
// Run:   node build/examples/descriptor-passing.js
// Try:   strace -f -e trace=sendmsg,recvmsg node build/examples/descriptor-passing.js
import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pipe, PipeWriter, Socket, socketPair } from 'polyio';

const buffer = Buffer.alloc(256);

/** A file that has no name any more: no other process can open it. */
function openNameless(text: string): number {
  const path = join(tmpdir(), `polyio-${process.pid}`);
  const fd = openSync(path, 'wx+');
  unlinkSync(path);
  writeSync(fd, text);
  return fd;
}

function passOn(): void {
  const [ours, theirs] = socketPair('seqpacket');
  using socket = ours;
  const script = fileURLToPath(import.meta.url);
  const stdio = ['inherit', 'inherit', 'inherit', theirs.fd] as const;
  const child = spawn(process.execPath, [script, 'child'], { stdio: [...stdio] });
  theirs.close();
  using pipe = Pipe.open();
  const file = openNameless('what only the first process could read');
  socket.sendMessage(Buffer.from('a file and a pipe'), { descriptors: [file, pipe.writer] });
  // Passing is sharing, not moving: these two stay open here until they are closed here.
  closeSync(file);
  pipe.writer.close();
  console.log(`parent ${process.pid}: passed 2 descriptors to process ${child.pid}`);
  const count = pipe.reader.read(buffer);
  console.log(`parent: the child answers "${buffer.toString('utf8', 0, count)}"`);
}

function receive(): void {
  using socket = Socket.fromFd(3);
  // The kernel vouches for who made the pair of sockets.
  const { pid } = socket.peerCredentials();
  const { bytes, descriptors } = socket.recvMessage(buffer, { maxDescriptors: 2 });
  console.log(`child: process ${pid} sent "${buffer.toString('utf8', 0, bytes)}"`);
  const [file, pipe] = descriptors as [number, number];
  console.log(`child: they are descriptors ${file} and ${pipe} here`);
  const length = readSync(file, buffer, 0, buffer.length, 0);
  closeSync(file);
  using writer = PipeWriter.fromFd(pipe);
  writer.writeAll(buffer.subarray(0, length));
}

if (process.argv[2] === 'child') receive();
else passOn();
