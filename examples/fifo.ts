// Shows: a FIFO between two processes: open() waits for the other side, the end is the writer's leaving
// Needs: nothing
// Run:   node build/examples/fifo.js
// Try:   node build/examples/fifo.js /tmp/letters    then in another terminal: echo hello > /tmp/letters
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fifo } from 'polyio';

const [path, role] = process.argv.slice(2);

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 23)} ${text}`);
}

function read(path: string, timeoutMs: number | null): void {
  say('reader: tryOpenWriter() answers null while nobody reads');
  console.log(Fifo.tryOpenWriter(path));
  say('reader: openReader() sleeps until a writer opens the FIFO');
  using reader = Fifo.openReader(path, { timeoutMs });
  say(`reader: a writer is here, ${reader.path} is open`);
  const buffer = Buffer.alloc(64);
  for (let count = reader.read(buffer); count > 0; count = reader.read(buffer)) {
    say(`reader: read ${count} bytes: ${buffer.toString('utf8', 0, count).trimEnd()}`);
  }
  say('reader: read 0 bytes: the last writer has left');
}

function write(path: string): void {
  using writer = Fifo.openWriter(path, { timeoutMs: 20_000 });
  say('writer: a reader is here');
  writer.writeAll(Buffer.from('dear reader'));
  say('writer: leaves');
}

if (role === 'writer') {
  write(path as string);
} else if (path !== undefined) {
  if (!existsSync(path)) Fifo.make(path);
  say(`${path} is a FIFO that waits for you; Ctrl-C ends it`);
  read(path, null);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-'));
  const own = join(folder, 'fifo');
  Fifo.make(own);
  const program = fileURLToPath(import.meta.url);
  spawn(process.execPath, [program, own, 'writer'], { stdio: 'inherit' });
  try {
    read(own, 20_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
