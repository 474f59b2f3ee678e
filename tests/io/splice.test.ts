import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Pipe, type Socket, socketPair, splice, trySplice } from '../../src/io.ts';
import { test } from '../harness/test.ts';
import { connectedPair } from './loopback.ts';

function take(socket: Socket): string {
  const buffer = Buffer.alloc(64);
  return buffer.toString('utf8', 0, socket.recv(buffer));
}

test('splice() moves bytes from a socket through a pipe to another socket', () => {
  const [client, server] = connectedPair();
  const [left, right] = socketPair();
  using _ = client;
  using __ = left;
  using ___ = right;
  using pipe = Pipe.open();
  client.sendAll(Buffer.from('passed on'));
  assert.equal(splice(server, pipe.writer, 1_000), 9);
  assert.equal(splice(pipe.reader, left, 6), 6);
  assert.equal(take(right), 'passed');
  assert.equal(splice(pipe.reader.fd, { fd: left.fd }, 6), 3);
  assert.equal(take(right), ' on');
  client.close();
  assert.equal(splice(server, pipe.writer, 10), 0, 'the end of the stream');
  server.close();
});

test('splice() moves a file into a pipe, whatever the pipe’s mode', () => {
  const fd = openSync(new URL(import.meta.url), 'r');
  using pipe = Pipe.open();
  assert.equal(splice(fd, pipe.writer, 4), 4);
  pipe.writer.setBlocking(false);
  assert.equal(trySplice(fd, pipe.writer, 4), 4);
  pipe.reader.setBlocking(false);
  const buffer = Buffer.alloc(16);
  assert.equal(pipe.reader.tryRead(buffer), 8);
  assert.equal(
    buffer.toString('latin1', 0, 4),
    readFileSync(new URL(import.meta.url)).toString('latin1', 0, 4),
  );
  closeSync(fd);
});

test('trySplice() answers null when nothing came and when the pipe is full', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  using pipe = Pipe.open();
  server.setBlocking(false);
  pipe.writer.setBlocking(false);
  assert.equal(trySplice(server, pipe.writer, 10), null);
  client.sendAll(Buffer.from('there'));
  assert.equal(splice(server, pipe.writer, 10), 5);
  while (pipe.writer.tryWrite(Buffer.alloc(4_096)) !== null);
  client.sendAll(Buffer.from('late'));
  assert.equal(trySplice(server, pipe.writer, 10), null);
  assert.throws(() => splice(server, pipe.writer, 10), { message: 'splice EAGAIN' });
});

test('splice() with timeouts ends at the shorter of the two', () => {
  const [client, server] = connectedPair();
  using _ = client;
  using __ = server;
  using pipe = Pipe.open();
  server.setTimeout(20);
  pipe.writer.setTimeout(15_000);
  assert.throws(() => splice(server, pipe.writer, 10), { code: 'ETIMEDOUT', syscall: 'splice' });
  client.sendAll(Buffer.from('soon'));
  assert.equal(splice(server, pipe.writer, 10), 4);
  while (pipe.writer.tryWrite(Buffer.alloc(4_096)) !== null);
  server.setTimeout(15_000);
  pipe.writer.setTimeout(20);
  client.sendAll(Buffer.from('x'));
  assert.throws(() => splice(server, pipe.writer, 10), { code: 'ETIMEDOUT' });
});

test('what splice() cannot do is refused with what to do', () => {
  const [left, right] = socketPair();
  using _ = left;
  using pipe = Pipe.open();
  assert.throws(() => splice(left, right, 10), {
    code: 'EINVAL',
    message: /one end must be a pipe/,
  });
  const blocking = /the descriptors are blocking; call setBlocking\(false\) first/;
  assert.throws(() => trySplice(left, pipe.writer, 10), { name: 'TypeError', message: blocking });
  pipe.writer.setBlocking(false);
  const mixed = /one end is blocking and the other is not/;
  assert.throws(() => splice(left, pipe.writer, 10), { name: 'TypeError', message: mixed });
  for (const length of [0, -1, 1.5, 2 ** 31]) {
    assert.throws(() => splice(pipe.reader, right, length), RangeError);
  }
  right.close();
  assert.throws(() => splice(pipe.reader, right, 1), {
    code: 'ERR_POLYIO_CLOSED',
    message: 'splice: to is closed or detached',
  });
});
