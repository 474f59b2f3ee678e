import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipe, type Socket, socketPair } from '../../src/io.ts';
import { runSource } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { startCall } from './blocked-call.ts';
import { connectedPair, fillSocket } from './loopback.ts';

const io = new URL('../../src/io.js', import.meta.url).href;
const MIB = 2 ** 20;
const FULL = process.env['POLYIO_TEST_FULL'] === '1';

/** A file that is gone from its folder already and holds these bytes. */
function fileOf(bytes: Uint8Array): number {
  const path = join(tmpdir(), `polyio-sendfile-${process.pid}-${randomBytes(4).toString('hex')}`);
  const fd = openSync(path, 'wx+');
  unlinkSync(path);
  writeSync(fd, bytes);
  return fd;
}

function receive(socket: Socket, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  for (let got = 0; got < size; ) got += socket.recv(buffer.subarray(got));
  return buffer;
}

test('sendFile() sends a whole file, or a part, and leaves its position alone', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  const fd = fileOf(Buffer.from('0123456789'));
  assert.equal(left.sendFile(fd), 10);
  assert.equal(receive(right, 10).toString(), '0123456789');
  assert.equal(left.sendFile({ fd }, { offset: 4, length: 3 }), 3);
  assert.equal(receive(right, 3).toString(), '456');
  assert.equal(left.sendFile(fd, { offset: 8, length: 50 }), 2, 'the file ends before');
  assert.equal(left.sendFile(fd, { offset: 10 }), 0);
  assert.equal(left.sendFile(fd, { length: 0 }), 0);
  assert.equal(receive(right, 2).toString(), '89');
  assert.equal(readSync(fd, Buffer.alloc(4), 0, 4, null), 0, 'it stands where writing left it');
  closeSync(fd);
});

test('sendFile() takes a FileHandle of node:fs', async () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  const file = await open(new URL(import.meta.url));
  assert.equal(left.sendFile(file, { length: 4 }), 4);
  assert.equal(
    receive(right, 4).toString('latin1'),
    readFileSync(new URL(import.meta.url)).toString('latin1', 0, 4),
  );
  await file.close();
});

test('sendFile() delivers a large file, and this process does not grow by it', async (context) => {
  const size = FULL ? 1_024 * MIB : 64 * MIB;
  const [left, right] = connectedPair();
  using _ = right;
  // Sparse but for its first and its last megabyte: large for the reader and not on the disk.
  const fd = fileOf(randomBytes(MIB));
  writeSync(fd, randomBytes(MIB), 0, MIB, size - MIB);
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(MIB);
  for (let at = 0; at < size; at += MIB) {
    readSync(fd, chunk, 0, MIB, at);
    hash.update(chunk);
  }
  const reader = await startCall({ call: 'digest', fd: right.fd, size: MIB });
  const before = process.memoryUsage.rss();
  left.setTimeout(60_000);
  assert.equal(left.sendFile(fd), size);
  const grown = process.memoryUsage.rss() - before;
  left.close();
  closeSync(fd);
  assert.equal((await reader.outcome).value, hash.digest('hex'));
  context.diagnostic(`${(grown / MIB).toFixed(1)} MiB more for a file of ${size / MIB} MiB`);
  assert.ok(grown < 16 * MIB, `${grown} bytes`);
});

test('trySendFile() sends what there is room for, then answers null', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  const fd = fileOf(Buffer.alloc(64 * 1_024, 7));
  assert.throws(() => left.trySendFile(fd), /the Socket is blocking; call setBlocking\(false\)/);
  left.setBlocking(false);
  assert.equal(left.trySendFile(fd, { length: 100 }), 100);
  let sent = 100;
  let count: number | null = 0;
  do {
    sent += count;
    count = left.trySendFile(fd);
  } while (count !== null && sent < 256 * MIB);
  assert.equal(count, null);
  sent += fillSocket(left);
  assert.throws(() => left.sendFile(fd), { message: 'sendfile EAGAIN: 0 bytes were sent' });
  left.setTimeout(20);
  assert.throws(() => left.sendFile(fd), { code: 'ETIMEDOUT', syscall: 'sendfile' });
  receive(right, sent);
  assert.equal(left.trySendFile(fd, { offset: 64 * 1_024 }), 0);
  closeSync(fd);
});

test('a file that is truncated while it is sent ends there', () => {
  const [left, right] = connectedPair();
  using _ = left;
  using __ = right;
  const fd = fileOf(Buffer.alloc(1_000));
  ftruncateSync(fd, 200);
  assert.equal(left.sendFile(fd, { length: 1_000 }), 200);
  receive(right, 200);
  closeSync(fd);
});

test('what sendFile() cannot send is refused with what to do', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  assert.throws(() => left.sendFile(right), { syscall: 'sendfile', code: /EINVAL|ESPIPE/ });
  assert.throws(() => left.sendFile(-1), RangeError);
  assert.throws(() => left.sendFile('x' as unknown as number), TypeError);
  for (const value of [-1, 1.5, Number.NaN]) {
    assert.throws(() => left.sendFile(0, { offset: value }), /^RangeError: offset must/);
    assert.throws(() => left.sendFile(0, { length: value }), /^RangeError: length must/);
  }
  left.close();
  assert.throws(() => left.sendFile(0), { message: 'Socket.sendFile: the Socket is closed' });
});

test('sendFile() and splice() to a closed peer are EPIPE and no SIGPIPE', async () => {
  const { stdout, code, signal } = await runSource(`
    import { openSync } from 'node:fs';
    import { Pipe, socketPair, splice } from '${io}';
    process.on('SIGPIPE', () => {});
    process.removeAllListeners('SIGPIPE');
    const [left, right] = socketPair();
    right.close();
    const pipe = Pipe.open();
    const file = openSync(process.execPath);
    splice(file, pipe.writer, 100);
    const calls = [() => left.sendFile(file), () => splice(pipe.reader, left, 10)];
    for (const call of calls) {
      try { call(); } catch (error) { console.log(error.message); }
    }
  `);
  assert.deepEqual([code, signal], [0, null]);
  assert.equal(stdout, 'sendfile EPIPE: 0 bytes were sent\nsplice EPIPE\n');
});

test('sendFile() into a pipe is splice’s work, and a pipe as its file is refused', () => {
  const [left, right] = socketPair();
  using _ = left;
  using __ = right;
  using pipe = Pipe.open();
  assert.throws(() => left.sendFile(pipe.reader, { length: 1 }), {
    name: 'SystemError',
    syscall: 'sendfile',
  });
});
