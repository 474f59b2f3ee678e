import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { Pipe, PipeReader, Socket, socketPair } from '../../src/io.ts';
import { attach, openDuplex, openReadable, openWritable } from '../../src/node.ts';
import { Waker } from '../../src/readiness.ts';
import { isNonBlocking, isOpen } from '../../src/sys/descriptor.ts';
import { test } from '../harness/test.ts';
import { connectedPair, listenOnLoopback, socketFolder } from '../io/loopback.ts';

const MIB = 2 ** 20;

/** All that comes; unlike `for await` it leaves the other direction of a duplex alone. */
async function collect(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream.resume(), 'end');
  return Buffer.concat(pieces);
}
const FULL = process.env.POLYIO_TEST_FULL === '1';

async function closed(...streams: (Readable | Writable)[]): Promise<void> {
  for (const stream of streams) if (!stream.closed) await once(stream, 'close');
}

test('a pipe between two streams: every byte, in order, then the end', async () => {
  const { reader, writer } = Pipe.open();
  const bytes = randomBytes(FULL ? 64 * MIB : 4 * MIB);
  const to = openWritable(writer);
  const from = openReadable(reader);
  assert.ok(to instanceof Writable && from instanceof Readable);
  const [got] = await Promise.all([buffer(from), pipeline(Readable.from(cut(bytes)), to)]);
  assert.ok(got.equals(bytes));
  assert.equal(reader.closed && writer.closed, true);
});

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0, size = 1; at < bytes.length; at += size) {
    size = (size * 7 + 13) % 150_000;
    yield bytes.subarray(at, at + size);
  }
}

test('backpressure: a reader that stops stops the writer, and no byte is lost', async () => {
  const [left, right] = socketPair();
  const to = openDuplex(left, { highWaterMark: 16_384 });
  const from = openDuplex(right, { highWaterMark: 16_384 });
  from.pause();
  let written = 0;
  const chunk = Buffer.alloc(65_536, 'x');
  for (let isFull = false; !isFull; written += chunk.length) {
    isFull = !to.write(chunk) && to.writableLength > MIB;
  }
  await turn();
  assert.ok(to.writableLength > 0, 'the kernel took more than a mebibyte');
  assert.ok(from.readableLength <= 65_536 + 16_384);
  to.end();
  const got = await collect(from);
  assert.equal(got.length, written);
  from.end();
  await closed(to.resume(), from);
  assert.equal(left.closed && right.closed, true);
});

test('pipeline through a duplex that echoes, file to hash', async () => {
  using folder = socketFolder();
  const path = folder.path('bytes');
  const bytes = randomBytes(MIB);
  writeFileSync(path, bytes);
  const [client, server] = connectedPair();
  const echo = openDuplex(server);
  const served = pipeline(echo, new PassThrough(), echo);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), openDuplex(client), hash);
  await served;
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  assert.equal(client.closed && server.closed, true);
});

test('half-open: end() lets the peer read the end and go on sending', async () => {
  const [left, right] = socketPair();
  const client = openDuplex(left);
  const server = openDuplex(right);
  client.end('question');
  assert.equal(String(await collect(server)), 'question');
  assert.equal(right.closed, false);
  server.write('answer, ');
  server.end('late');
  assert.equal(await text(client), 'answer, late');
  await closed(server, client);
  assert.equal(left.closed && right.closed, true);
});

test('allowHalfOpen: false ends by itself when the peer has ended', async () => {
  const [left, right] = socketPair();
  const client = openDuplex(left);
  const server = openDuplex(right, { allowHalfOpen: false });
  server.resume();
  client.end();
  await closed(server, client.resume());
  assert.equal(server.writableEnded, true);
  assert.equal(left.closed && right.closed, true);
});

test('a reader that has left is EPIPE, a connection that was reset ECONNRESET', async () => {
  const { reader, writer } = Pipe.open();
  const to = openWritable(writer);
  reader.close();
  to.write('x');
  const [epipe] = await once(to, 'error');
  assert.deepEqual([epipe.code, epipe.errno, epipe.syscall], ['EPIPE', -32, 'write']);
  assert.equal(writer.closed, true);

  const [client, server] = connectedPair();
  const from = openDuplex(client);
  server.setOption('SO_LINGER', { on: true, seconds: 0 });
  server.close();
  const [reset] = await once(from.resume(), 'error');
  assert.deepEqual([reset.code, reset.errno], ['ECONNRESET', -104]);
  assert.equal(client.closed, true);
});

test('a writer that waits for room learns that the reader has left', async () => {
  const { reader, writer } = Pipe.open();
  const to = openWritable(writer);
  const written = new Promise((resolve) => to.write(Buffer.alloc(MIB), resolve));
  await turn();
  reader.close();
  const [error] = await once(to, 'error');
  assert.equal(error.code, 'EPIPE');
  assert.equal(await written, error);
});

test('destroy() closes the descriptor, whatever is under way', async () => {
  const [left, right] = socketPair();
  const stream = openDuplex(left);
  stream.resume();
  const written = new Promise<NodeJS.ErrnoException>((resolve) => {
    stream.write(Buffer.alloc(4 * MIB), (error) => resolve(error as NodeJS.ErrnoException));
  });
  const { fd } = left;
  stream.destroy();
  assert.equal(isOpen(fd), false);
  assert.equal((await written).code, 'ECANCELED');
  await closed(stream);
  right.close();

  const other = Pipe.open();
  const failing = openReadable(other.reader);
  failing.resume();
  const failure = new Error('mine');
  failing.destroy(failure);
  assert.equal((await once(failing, 'error'))[0], failure);
  other.writer.close();
});

test('a signal destroys the stream with AbortError', async () => {
  const { reader, writer } = Pipe.open();
  const controller = new AbortController();
  const stream = openReadable(reader, { signal: controller.signal });
  const ended = text(stream);
  controller.abort();
  await assert.rejects(ended, { name: 'AbortError' });
  assert.equal(reader.closed, true);
  const aborted = openWritable(writer, { signal: AbortSignal.abort() });
  assert.equal((await once(aborted, 'error'))[0].name, 'AbortError');
  assert.equal(writer.closed, true);
});

test('detach() gives the descriptor back as it was, and what was read and not consumed', async () => {
  using pipe = Pipe.open();
  pipe.reader.setTimeout(1_500);
  const stream = openReadable(pipe.reader);
  assert.equal(pipe.reader.timeout, 0);
  pipe.writer.write(Buffer.from('head|tail'));
  await once(stream, 'readable');
  assert.equal(String(stream.read(5)), 'head|');
  const { descriptor, unread } = stream.detach();
  assert.equal(String(unread), 'tail');
  assert.equal(descriptor, pipe.reader);
  assert.equal(descriptor.timeout, 1_500);
  assert.equal(stream.destroyed, true);
  pipe.writer.write(Buffer.from('more'));
  assert.equal(descriptor.read(Buffer.alloc(8)), 4);

  const to = openWritable(pipe.writer);
  assert.equal(isNonBlocking(pipe.writer.fd), 1);
  to.write(Buffer.alloc(MIB));
  assert.throws(() => to.detach(), { name: 'TypeError', message: /1048576 bytes are written/ });
  const drained = once(to, 'drain');
  const sink = openReadable(PipeReader.fromFd(pipe.reader.detach()));
  sink.resume();
  await drained;
  assert.equal(to.detach().unread.length, 0);
  assert.equal(isNonBlocking(pipe.writer.fd), 0);
  sink.destroy();
});

test('detach() of a stream with an encoding gives the bytes', async () => {
  const { reader, writer } = Pipe.open();
  const stream = openReadable(reader).setEncoding('utf8');
  writer.write(Buffer.from('häuser'));
  await once(stream, 'readable');
  assert.equal(String(stream.detach().unread), 'häuser');
  reader.close();
  writer.close();
});

test('a descriptor that somebody else closes is an error of the stream', async () => {
  const { reader, writer } = Pipe.open();
  const stream = openReadable(reader);
  stream.resume();
  reader.close();
  const [error] = await once(stream, 'error');
  assert.equal(error.code, 'ERR_POLYIO_CLOSED');
  assert.match(error.message, /^the PipeReader of the stream was closed by somebody else$/);
  writer.close();
});

test('what carries no bytes, and what is attached already, is refused and stays as it was', () => {
  const [left, right] = socketPair();
  // Any socket will do: it is the type's name that decides.
  Object.defineProperty(left, 'type', { value: 'datagram' });
  assert.throws(() => openDuplex(left), { name: 'TypeError', message: /carries messages/ });
  assert.equal(left.blocking, true);
  left.close();
  right.close();
  using pipe = Pipe.open();
  assert.throws(() => openWritable(pipe.reader), { message: /PipeReader does not take bytes/ });
  assert.throws(() => openReadable(pipe.writer), { message: /PipeWriter does not yield bytes/ });
  const number = pipe.reader.fd as unknown as PipeReader;
  assert.throws(() => openReadable(number), { message: /opened over a descriptor of polyio/ });
  using waker = new Waker();
  assert.throws(() => openReadable(waker as unknown as PipeReader), TypeError);
  const stream = openReadable(pipe.reader);
  assert.throws(() => openReadable(pipe.reader), { message: /attached already/ });
  stream.detach();
  assert.equal(pipe.reader.blocking, true);
});

test('small pieces with a small high-water mark arrive one by one', async () => {
  const { reader, writer } = Pipe.open();
  const stream = openReadable(reader, { highWaterMark: 4 });
  writer.write(Buffer.from('abcdefghij'));
  writer.close();
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push(String(piece));
  assert.deepEqual(pieces, ['abcd', 'efgh', 'ij']);
});

test('a stream that is always ready leaves Node its turns', async () => {
  const [left, right] = socketPair();
  const from = openDuplex(right);
  const to = openDuplex(left);
  let got = 0;
  from.on('data', (bytes: Buffer) => {
    got += bytes.length;
  });
  const chunk = Buffer.alloc(65_536);
  const more = () => {
    while (to.write(chunk));
  };
  to.on('drain', more);
  more();
  for (let turns = 0; turns < 200; turns++) await turn();
  assert.ok(got > 0);
  to.destroy();
  from.destroy();
});

test('events of a stream come in the context in which it was opened', async () => {
  const storage = new AsyncLocalStorage<string>();
  const { reader, writer } = Pipe.open();
  const stream = storage.run('mine', () => openReadable(reader));
  using waker = new Waker();
  const other = storage.run('other', () => attach(waker, () => {}));
  writer.write(Buffer.from('x'));
  const seen = await new Promise((resolve) => {
    stream.on('data', () => resolve(storage.getStore()));
  });
  assert.equal(seen, 'mine');
  other.close();
  stream.destroy();
  writer.close();
});

test('a server of streams: a connection that is still being made, many clients, upper case', async () => {
  const { listener, address } = listenOnLoopback();
  const clients = Array.from({ length: 20 }, (_, index) => {
    const socket = Socket.open('ipv4', 'stream');
    socket.setBlocking(false);
    socket.startConnect(address);
    const stream = openDuplex(socket);
    stream.end(`hello from ${index}`);
    return text(stream);
  });
  const servers = clients.map(() => {
    const stream = openDuplex(listener.accept().socket);
    const shout = new Transform({
      transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()),
    });
    return pipeline(stream, shout, stream);
  });
  const answers = await Promise.all(clients);
  assert.deepEqual(
    answers,
    answers.map((_, index) => `HELLO FROM ${index}`),
  );
  await Promise.all(servers);
  listener.close();
});

test('a stream is a real one: web streams take it', async () => {
  const [left, right] = socketPair();
  const web = Duplex.toWeb(openDuplex(left));
  const writer = web.writable.getWriter();
  await writer.write(Buffer.from('over the web'));
  const written = writer.close();
  const peer = openDuplex(right);
  assert.equal(String(await collect(peer)), 'over the web');
  peer.end('and back');
  assert.equal(await text(web.readable), 'and back');
  await written;
  await closed(peer);
});
