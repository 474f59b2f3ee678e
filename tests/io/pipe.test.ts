import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { Pipe, PipeReader, type PipeWriter, PipeWriter as Writer } from '../../src/io.ts';
import { ERRNO } from '../../src/sys/abi.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';

const MIB = 2 ** 20;

/** Writes until the pipe is full, and leaves it blocking. */
function fillPipe(writer: PipeWriter): number {
  writer.setBlocking(false);
  let written = 0;
  for (let count = 0; count !== null; count = writer.tryWrite(new Uint8Array(4_096)) as number) {
    written += count;
  }
  writer.setBlocking(true);
  return written;
}

test('what is written to a pipe is read from it, then the end', () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  assert.equal(writer.write(Buffer.from('hello')), 5);
  writer.close();
  const buffer = Buffer.alloc(16);
  assert.equal(buffer.toString('utf8', 0, reader.read(buffer)), 'hello');
  assert.equal(reader.read(buffer), 0);
});

test('an empty pipe: read() throws EAGAIN, tryRead() answers null', () => {
  using pipe = Pipe.open();
  const { reader } = pipe;
  assert.throws(() => reader.tryRead(Buffer.alloc(1)), {
    name: 'TypeError',
    message: 'PipeReader.tryRead: the PipeReader is blocking; call setBlocking(false) first',
  });
  reader.setBlocking(false);
  assert.equal(reader.tryRead(Buffer.alloc(1)), null);
  assert.throws(() => reader.read(Buffer.alloc(1)), {
    message: 'read EAGAIN',
    errno: -ERRNO.EAGAIN,
  });
});

test('a full pipe: write() throws EAGAIN, tryWrite() answers null', () => {
  using pipe = Pipe.open();
  const { writer } = pipe;
  assert.throws(() => writer.tryWrite(Buffer.alloc(1)), {
    name: 'TypeError',
    message: 'PipeWriter.tryWrite: the PipeWriter is blocking; call setBlocking(false) first',
  });
  fillPipe(writer);
  writer.setBlocking(false);
  assert.equal(writer.tryWrite(Buffer.alloc(1)), null);
  assert.throws(() => writer.write(Buffer.alloc(1)), { message: 'write EAGAIN' });
  assert.throws(() => writer.writeAll(Buffer.alloc(9)), {
    message: 'write EAGAIN: 0 of 9 bytes were taken',
  });
});

test('timeouts of a pipe: ETIMEDOUT of read and write, not before the time', () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  reader.setTimeout(40);
  let started = performance.now();
  assert.throws(() => reader.read(Buffer.alloc(1)), { code: 'ETIMEDOUT', syscall: 'read' });
  assert.ok(performance.now() - started >= 40);
  assert.equal(reader.tryRead(Buffer.alloc(1)), null);
  fillPipe(writer);
  writer.setTimeout(40);
  started = performance.now();
  assert.throws(() => writer.write(Buffer.alloc(1)), { code: 'ETIMEDOUT', syscall: 'write' });
  assert.ok(performance.now() - started >= 40);
});

test('writeAll() with a timeout limits the whole of it and tells how far it came', () => {
  using pipe = Pipe.open();
  pipe.writer.setTimeout(40);
  assert.throws(() => pipe.writer.writeAll(new Uint8Array(MIB)), {
    code: 'ETIMEDOUT',
    message: /^write ETIMEDOUT: [1-9]\d* of 1048576 bytes were taken$/,
  });
});

test('writeAll() goes on as the reader makes room', async () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  const thread = await startCall({ call: 'writeAll', fd: writer.fd, size: MIB });
  const buffer = new Uint8Array(10_000);
  let got = 0;
  while (got < MIB) got += reader.read(buffer);
  assert.equal((await thread.outcome).value, MIB);
});

test('a pipe without a reader is EPIPE', () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  reader.close();
  assert.throws(() => writer.write(Buffer.alloc(1)), {
    name: 'SystemError',
    message: 'write EPIPE',
    code: 'EPIPE',
    errno: -ERRNO.EPIPE,
    syscall: 'write',
  });
});

test('fromFd() adopts the right end of a pipe only', () => {
  using pipe = Pipe.open();
  const { reader, writer } = pipe;
  assert.throws(() => PipeReader.fromFd(writer.fd), {
    name: 'TypeError',
    message: `descriptor ${writer.fd} is a pipe that is not open for reading`,
  });
  assert.throws(() => Writer.fromFd(reader.fd), TypeError);
  const file = openSync('/dev/null', 'r');
  assert.throws(() => PipeReader.fromFd(file), {
    name: 'TypeError',
    message: `descriptor ${file} is not a pipe`,
  });
  closeSync(file);
  assert.throws(() => PipeReader.fromFd(file), { code: 'EBADF', syscall: 'fcntl' });
  assert.throws(() => Writer.fromFd(Number.NaN), RangeError);
});

test('ends that were detached go on elsewhere', () => {
  const { reader, writer } = Pipe.open();
  using in_ = PipeReader.fromFd(reader.detach());
  using out = Writer.fromFd(writer.detach());
  out.writeAll(Buffer.from('abc'));
  assert.equal(in_.read(Buffer.alloc(8)), 3);
  assert.throws(() => reader.read(Buffer.alloc(1)), {
    code: 'ERR_POLYIO_CLOSED',
    message: 'PipeReader.read: the PipeReader is detached',
  });
});

test('reading into nothing and writing what is no buffer are refused', () => {
  using pipe = Pipe.open();
  assert.throws(() => pipe.reader.read(new Uint8Array(0)), RangeError);
  assert.throws(() => pipe.writer.write('text' as unknown as Uint8Array), TypeError);
});
