// The thread of blocked-call.ts: adopts a descriptor, makes one call that waits, tells what came of it.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Address,
  CharacterDevice,
  DatagramBatch,
  Fifo,
  PipeReader,
  PipeWriter,
  Socket,
  splice,
} from '../../src/io.ts';
import { beginWait, endWait } from '../../src/sys/interrupt.ts';
import { currentThread } from '../../src/sys/threads.ts';
import { threadNumber } from '../fixtures/thread-number.ts';
import type { Order, Outcome } from './blocked-call.ts';

const order = workerData as Order;

function perform(): string | number {
  const buffer = new Uint8Array(order.size);
  if (order.call === 'read' || order.call === 'writeAll') {
    const end = (order.call === 'read' ? PipeReader : PipeWriter).fromFd(order.fd);
    if (order.timeoutMs !== undefined) end.setTimeout(order.timeoutMs);
    if (end instanceof PipeReader) return end.read(buffer);
    end.writeAll(buffer);
    return order.size;
  }
  if (order.call === 'openReader' || order.call === 'openWriter') {
    const { timeoutMs = null, path = '' } = order;
    using end = Fifo[order.call](path, { timeoutMs });
    return `opened ${end.constructor.name}`;
  }
  if (order.call === 'writeDevice') {
    for (let index = 0; index < buffer.length; index++)
      buffer[index] = (index * 7 + (index >> 8)) & 255;
    CharacterDevice.fromFd(order.fd).writeAll(buffer);
    return createHash('sha256').update(buffer).digest('hex');
  }
  if (order.call === 'splice') return splice(order.fd, order.other as number, order.size);
  const socket = Socket.fromFd(order.fd);
  if (order.timeoutMs !== undefined) socket.setTimeout(order.timeoutMs);
  if (order.call === 'recv') return socket.recv(buffer);
  if (order.call === 'recvMessage') return socket.recvMessage(buffer).bytes;
  if (order.call === 'sendFile') return socket.sendFile(order.other as number);
  if (order.call === 'recvMany') return socket.recvMany(DatagramBatch.allocate());
  if (order.call === 'sendAll') {
    socket.sendAll(buffer);
    return order.size;
  }
  if (order.call === 'connect') {
    socket.connect(order.address as Address);
    return 'connected';
  }
  if (order.call === 'accept') {
    const { socket: accepted } = socket.accept();
    accepted.close();
    return 'accepted';
  }
  const hash = createHash('sha256');
  for (;;) {
    const count = socket.recv(buffer);
    if (count === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, count));
  }
}

function outcome(): Outcome {
  const started = performance.now();
  try {
    const value = perform();
    return { value, elapsedMs: performance.now() - started };
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    const shown = { message, ...(code && { code }), ...(syscall && { syscall }) };
    return { error: shown, elapsedMs: performance.now() - started };
  }
}

// The first wait installs the handler of the interrupt signal: before it a signal would kill.
beginWait();
endWait();
parentPort?.postMessage({ shown: threadNumber(), thread: currentThread() });
parentPort?.postMessage(outcome());
