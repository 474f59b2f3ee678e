// Transfers over sockets: where the bytes lie, what comes of them, what is refused.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { HANGUP, READABLE, Socket, WRITABLE } from '../../src/index.ts';
import { HOST } from '../../src/platform/host.ts';
import { SOCKET } from '../../src/sys/abi.ts';
import {
  type Address,
  addressScratch,
  encodeAddress,
  resetScratch,
  scratchAddress,
  sizeScratch,
} from '../../src/sys/address.ts';
import { close } from '../../src/sys/descriptor.ts';
import { bindAddress, getsockname, openSocket } from '../../src/sys/socket.ts';
import { type Case, codeOf, finish } from './completion.ts';
import { assertPrivate, ok, put, take } from './selector-descriptors.ts';

function listening(): Socket {
  const listener = Socket.open('ipv4', 'stream');
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
  return listener;
}

const SOCK_DGRAM = 2;

function datagramSocket(): number {
  const fd = ok(openSocket(SOCKET.AF_INET, SOCK_DGRAM, 0));
  const { bytes, size } = encodeAddress({ host: '127.0.0.1', port: 0 });
  ok(bindAddress(fd, bytes, size));
  return fd;
}

function nameOf(fd: number): Address {
  resetScratch();
  ok(getsockname(fd, addressScratch, sizeScratch));
  return scratchAddress();
}

export const sockets: Readonly<Record<string, Case>> = {
  'a receive is a receipt until wait says that it is done': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffer = queue.allocate(64);
    const receipt = queue.recv(one, buffer);
    assert.equal(receipt.done, false);
    assert.throws(() => receipt.result(), { code: 'ERR_POLYIO_PENDING' });
    queue.submit();
    put(other, 'hello');
    assert.equal(receipt.done, false, 'nothing changes between two waits');
    assert.deepEqual(queue.wait(), [receipt]);
    assert.equal(receipt.done, true);
    assert.equal(receipt.result(), 5);
    assert.equal(Buffer.from(buffer.bytes).toString('utf8', 0, 5), 'hello');
    assert.equal(queue.pending, 0);
  },

  'a receipt is no thenable, and prints what became of it': (queue, fds) => {
    const [one, other] = fds.pair();
    const receipt = queue.recv(one, Buffer.alloc(9));
    assert.equal('then' in receipt, false);
    assert.equal(inspect(receipt), 'Operation{recv pending}');
    put(other, 'abc');
    finish(queue, receipt);
    assert.equal(inspect(receipt), 'Operation{recv done 3}');
    const refused = queue.recv(fds.file(process.execPath), Buffer.alloc(9));
    queue.wait();
    assert.equal(inspect(refused), 'Operation{recv failed ENOTSOCK}');
  },

  'a plain buffer is filled by wait and not before': (queue, fds) => {
    const [one, other] = fds.pair();
    const plain = Buffer.alloc(8);
    put(other, 'abc');
    const receipt = queue.recv(one, plain.subarray(2, 6));
    queue.submit();
    assert.equal(take(one), null, 'the kernel has taken the bytes');
    assert.deepEqual(plain, Buffer.alloc(8));
    assert.equal(finish(queue, receipt), 3);
    assert.equal(plain.toString('latin1'), '\0\0abc\0\0\0');
  },

  'a plain buffer is copied when its sending is recorded': (queue, fds) => {
    const [one, other] = fds.pair();
    const plain = Buffer.from('first');
    const receipt = queue.send(one, plain);
    plain.fill('x');
    assert.equal(finish(queue, receipt), 5);
    assert.equal(take(other), 'first');
    assert.equal(finish(queue, queue.send(one, new Uint8Array(0))), 0);
  },

  'views of the memory of the queue are used where they lie': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffer = queue.allocate(100);
    const part = buffer.bytes.subarray(10, 20);
    const receipt = queue.recv(one, part);
    const before = queue.statistics().memoryUsed;
    put(other, 'in place');
    assert.equal(finish(queue, receipt), 8);
    assert.equal(Buffer.from(buffer.bytes).toString('utf8', 10, 18), 'in place');
    assert.equal(finish(queue, queue.send(one, new DataView(part.buffer, part.byteOffset, 8))), 8);
    assert.equal(take(other), 'in place');
    assert.equal(queue.statistics().memoryUsed, before, 'no copy was made');
  },

  'a buffer disposed in flight is freed at its completion': (queue, fds) => {
    const [one, other] = fds.pair();
    const before = queue.statistics().memoryUsed;
    const buffer = queue.allocate(1_000);
    const view = buffer.bytes;
    const receipt = queue.recv(one, buffer);
    queue.submit();
    buffer[Symbol.dispose]();
    assert.equal(buffer.disposed, true);
    assert.throws(() => buffer.bytes, { code: 'ERR_POLYIO_CLOSED' });
    assert.throws(() => queue.send(one, view), { code: 'ERR_POLYIO_CLOSED' });
    const another = queue.allocate(1_000);
    assert.notEqual(another.bytes.byteOffset, view.byteOffset, 'it is still in use');
    put(other, 'late');
    assert.equal(finish(queue, receipt), 4);
    another[Symbol.dispose]();
    assert.equal(queue.statistics().memoryUsed, before);
  },

  'the end of the stream is 0, and a peer that is gone an error': (queue, fds) => {
    const [one, other] = fds.pair();
    const end = queue.recv(one, Buffer.alloc(4));
    fds.close(other);
    assert.equal(finish(queue, end), 0);
    if (HOST === 'win32') {
      // Over TCP the first one may go out before the peer says that it is gone.
      let code = 'success';
      while (code === 'success') {
        const refused = queue.send(one, Buffer.from('x'));
        queue.wait();
        code = codeOf(refused);
      }
      assert.match(code, /^(EPIPE|ECONNRESET|ECONNABORTED)$/);
      return;
    }
    const refused = queue.send(one, Buffer.from('x'));
    queue.wait();
    assert.equal(codeOf(refused), 'EPIPE');
  },

  'a receive of all completes when the buffer is full': (queue, fds) => {
    const [one, other] = fds.pair();
    using buffer = queue.allocate(6);
    const receipt = queue.recv(one, buffer, { all: true });
    put(other, 'abc');
    assert.deepEqual(queue.wait({ timeoutMs: 20 }), []);
    put(other, 'def');
    assert.equal(finish(queue, receipt), 6);
  },

  'a send of all waits for the peer to read': (queue, fds) => {
    const [one, other] = fds.tcpPair();
    const size = 4 * 2 ** 20;
    const bytes = Buffer.alloc(size, 'polyio ');
    const receipt = queue.send(one, bytes, { all: true });
    const room = Buffer.alloc(size);
    let count = 0;
    while (count < size) {
      count += finish(queue, queue.recv(other, room.subarray(count, count + 65_536)));
    }
    assert.equal(finish(queue, receipt), size);
    assert.ok(room.equals(bytes));
  },

  'sending without a copy gives the buffer back when the network has it, or is refused': (
    queue,
    fds,
  ) => {
    const [one, other] = fds.tcpPair();
    using buffer = queue.allocate(2 ** 17);
    buffer.bytes.fill(97);
    if (!queue.features.includes('send-zero-copy')) {
      const misuse = () => queue.send(one, buffer, { zeroCopy: true });
      assert.throws(misuse, { code: 'ERR_POLYIO_UNSUPPORTED' });
      return;
    }
    const receipt = queue.send(one, buffer, { zeroCopy: true, all: true });
    const room = Buffer.alloc(2 ** 17);
    assert.equal(finish(queue, queue.recv(other, room, { all: true })), 2 ** 17);
    assert.equal(finish(queue, receipt), 2 ** 17);
    assert.ok(room.every((byte) => byte === 97));
  },

  'connect and accept meet, and say who is there': (queue) => {
    using listener = listening();
    using client = Socket.open('ipv4', 'stream');
    const accepted = queue.accept(listener);
    const connected = queue.connect(client, listener.localAddress);
    assert.equal(queue.wait({ min: 2 }).length, 2);
    connected.result();
    const { fd, address } = accepted.result();
    using server = Socket.fromFd(fd);
    assert.deepEqual(address, client.localAddress);
    assertPrivate(server.fd);
  },

  'a refused connect names the address': (queue) => {
    using listener = listening();
    const address = listener.localAddress;
    listener.close();
    using client = Socket.open('ipv4', 'stream');
    const receipt = queue.connect(client, address);
    queue.wait();
    const { port } = address as { port: number };
    const message = `connect ECONNREFUSED 127.0.0.1:${port}`;
    const expected = { name: 'SystemError', code: 'ECONNREFUSED', syscall: 'connect', message };
    assert.throws(() => receipt.result(), { ...expected, address: '127.0.0.1', port });
  },

  'non-blocking handles wait in the kernel all the same': (queue, fds) => {
    const [reader, writer] = fds.pipe();
    const receipt = queue.read(reader, Buffer.alloc(4));
    assert.deepEqual(queue.wait({ timeoutMs: 5 }), []);
    put(writer, 'x');
    assert.equal(finish(queue, receipt), 1);
    using listener = listening();
    listener.setBlocking(false);
    const accepted = queue.accept(listener);
    assert.deepEqual(queue.wait({ timeoutMs: 5 }), []);
    using client = Socket.open('ipv4', 'stream');
    client.connect(listener.localAddress);
    Socket.fromFd(finish(queue, accepted).fd).close();
  },

  'messages carry the address, and say what did not fit': (queue) => {
    const receiver = datagramSocket();
    const sender = datagramSocket();
    const room = Buffer.alloc(8);
    const first = queue.recvMessage(receiver, room);
    const address = nameOf(receiver);
    assert.equal(finish(queue, queue.sendMessage(sender, Buffer.from('short'), { address })), 5);
    const message = finish(queue, first);
    assert.equal(message.bytes, 5);
    assert.deepEqual(message.address, nameOf(sender));
    assert.deepEqual([message.truncated, message.controlTruncated], [false, false]);
    assert.equal(room.toString('latin1', 0, 5), 'short');
    const second = queue.recvMessage(receiver, room);
    finish(queue, queue.sendMessage(sender, Buffer.from('longer than room'), { address }));
    assert.deepEqual([finish(queue, second).bytes, second.result().truncated], [8, true]);
    for (const fd of [receiver, sender]) ok(close(fd));
  },

  'a message carries descriptors in its control bytes, or they are refused': (queue, fds) => {
    const [one, other] = fds.pair();
    const words = new Int32Array([20, 0, SOCKET.SOL_SOCKET, 1, fds.event(1), 0]);
    const control = new Uint8Array(words.buffer);
    if (queue.model === 'iocp') {
      const misuse = () => queue.sendMessage(one, Buffer.from('fd'), { control });
      assert.throws(misuse, { code: 'ERR_POLYIO_UNSUPPORTED' });
      return;
    }
    const received = queue.recvMessage(other, Buffer.alloc(4), { controlSize: 24 });
    finish(queue, queue.sendMessage(one, Buffer.from('fd'), { control }));
    const message = finish(queue, received);
    assert.equal(message.bytes, 2);
    const passed = new Int32Array(message.control.buffer)[4] as number;
    assertPrivate(passed);
    assert.notEqual(take(passed), null, 'it is the eventfd');
    finish(queue, queue.close(passed));
  },

  'poll reports the ready bits of selectors': (queue, fds) => {
    const [one, other] = fds.pair();
    assert.equal(finish(queue, queue.poll(one, WRITABLE)), WRITABLE);
    const readable = queue.poll(one, READABLE);
    assert.deepEqual(queue.wait({ timeoutMs: 0 }), []);
    put(other, 'x');
    assert.equal(finish(queue, readable), READABLE);
    fds.close(other);
    // A TCP peer that has sent its last is no hang-up everywhere: one may still send to it.
    const expected = HOST === 'win32' ? READABLE : HANGUP;
    assert.equal(finish(queue, queue.poll(one, READABLE)) & expected, expected);
  },

  'what cannot be meant is thrown at once, and takes nothing': (queue, fds) => {
    const [one] = fds.pair();
    const buffer = Buffer.alloc(4);
    const { memoryUsed, recorded } = queue.statistics();
    const detached = new Uint8Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    const typeErrors: readonly (() => unknown)[] = [
      () => queue.recv('1' as unknown as number, buffer),
      () => queue.recv(one, 'x' as unknown as Buffer),
      () => queue.recv(one, detached),
      () => queue.send(one, detached),
      () => queue.recv(one, buffer, { all: 1 as unknown as boolean }),
      () => queue.recv(one, buffer, { link: 'yes' as unknown as boolean }),
      () => queue.connect(one, {} as never),
      () => queue.openFile('a\0b'),
      () => queue.openFile('x', { flags: 'q' }),
      () => queue.recvMultishot(one, {} as never),
      () => queue.close(undefined as unknown as number),
    ];
    for (const misuse of typeErrors) assert.throws(misuse, TypeError, misuse.toString());
    const rangeErrors: readonly (() => unknown)[] = [
      () => queue.recv(Number.NaN, buffer),
      () => queue.recv(-1, buffer),
      () => queue.recv(one, new Uint8Array(0)),
      () => queue.poll(one, 0),
      () => queue.poll(one, HANGUP),
      () => queue.read(one, buffer, { position: -1 }),
      () => queue.timeout(Number.POSITIVE_INFINITY),
      () => queue.timeout(-1),
      () => queue.recv(one, buffer, { timeoutMs: -1 }),
      () => queue.allocate(0),
      () => queue.provideBuffers({ count: 3, size: 8 }),
      () => queue.recvMessage(one, buffer, { controlSize: -1 }),
      () => queue.wait({ min: -1 }),
    ];
    for (const misuse of rangeErrors) assert.throws(misuse, RangeError, misuse.toString());
    assert.equal(queue.statistics().recorded, recorded);
    assert.equal(queue.statistics().memoryUsed, memoryUsed);
  },
};
