// Streams over every kind of descriptor that carries bytes, and what the others answer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { CharacterDevice, Fifo, type FifoReader, File, Pty } from '../../src/io.ts';
import { openDuplex, openReadable, openWritable } from '../../src/node.ts';
import { test } from '../harness/test.ts';
import { socketFolder } from '../io/loopback.ts';

test('a FIFO: the reader waits for its writer in the loop, then reads to the end', async () => {
  using folder = socketFolder();
  const path = folder.path('fifo');
  Fifo.make(path);
  const reader = Fifo.tryOpenReader(path);
  const got = text(openReadable(reader));
  await readFile(new URL(import.meta.url));
  const writer = openWritable(Fifo.openWriter(path));
  writer.write('through ');
  writer.end('a FIFO');
  assert.equal(await got, 'through a FIFO');
  assert.equal(reader.closed, true);
});

test('64 FIFOs that wait for a writer leave fs alone, and are destroyed at once', async () => {
  using folder = socketFolder();
  const readers: FifoReader[] = [];
  const streams = Array.from({ length: 64 }, (_, index) => {
    const path = folder.path(String(index));
    Fifo.make(path);
    const reader = Fifo.tryOpenReader(path);
    readers.push(reader);
    return openReadable(reader).resume();
  });
  const files = Array.from({ length: 8 }, () => readFile(new URL(import.meta.url)));
  assert.equal((await Promise.all(files)).length, 8);
  for (const stream of streams) stream.destroy();
  assert.ok(readers.every(({ closed }) => closed));
});

test('a program in a pseudo terminal: its hangup is the end of the stream', async () => {
  const pty = Pty.open();
  const child = pty.spawn('/bin/sh', ['-c', 'read line; echo "got $line"']);
  const ended = once(child, 'exit');
  const stream = openDuplex(pty);
  stream.write('a line\n');
  let output = '';
  for await (const piece of stream) output += String(piece);
  assert.match(output, /got a line\r\n$/);
  await ended;
  // The other direction is the user's to end.
  stream.destroy();
  assert.equal(pty.closed, true);
});

test('both sides of a pseudo terminal', async () => {
  const pty = Pty.open();
  const terminal = pty.openTerminal();
  terminal.setRaw(true);
  const inside = openDuplex(terminal);
  const outside = openDuplex(pty);
  const echoed = pipeline(inside, inside);
  outside.write('to and fro');
  const [piece] = await once(outside, 'data');
  assert.equal(String(piece), 'to and fro');
  inside.destroy();
  await assert.rejects(echoed, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  outside.destroy();
});

test('what is always ready is refused: files and devices belong to node:fs', () => {
  const path = fileURLToPath(import.meta.url);
  using file = File.open(path);
  assert.throws(() => openReadable(file), { code: 'EPERM', message: /use node:fs/ });
  using device = CharacterDevice.open('/dev/zero');
  assert.throws(() => openReadable(device), { code: 'EPERM', message: /use node:fs/ });
  assert.equal(device.blocking, true);
});
