// Shows: a regular file: page cache, O_SYNC, cached or not, and why readiness means nothing there
// Needs: nothing; on tmpfs it says that the file system cannot tell what is cached
// Run:   node build/examples/regular-file.js
// Try:   node build/examples/regular-file.js /var/tmp    another directory, on another disk
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlignedMemory, File, openSelector, READABLE, type SystemError } from 'polyio';

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'polyio-'));
const path = join(folder, 'file');
const block = new Uint8Array(65_536).fill(0x61);

function timed(what: string, call: () => unknown): void {
  const start = performance.now();
  const result = call();
  const ms = (performance.now() - start).toFixed(3);
  console.log(`${what.padEnd(44)} ${ms.padStart(8)} ms  ${result ?? ''}`);
}

try {
  using file = File.open(path, { read: true, write: true, create: true, exclusive: true });
  timed('write: into the page cache', () => file.writeAll(block));
  timed('fsync: to the disk', () => file.fsync());
  using sync = File.open(path, { write: true, sync: true });
  timed('write with O_SYNC: through the cache to disk', () => sync.writeAll(block));

  console.log('would a read sleep? cached:', file.wouldSleep(0, block.length));
  file.advise('random');
  file.advise('dontneed');
  console.log('after advise(dontneed):', file.wouldSleep(0, block.length));
  if (file.sleepUnknown !== null) console.log(file.sleepUnknown.message);

  file.advise('dontneed');
  using poll = openSelector('poll');
  poll.register(file, READABLE, null);
  console.log('poll says ready:', poll.wait(0) === 1, 'and promises nothing:');
  timed('  read from the disk', () => `${file.pread(block, 0)} bytes`);
  timed('  the same from the cache', () => `${file.pread(block, 0)} bytes`);
  using epoll = openSelector('epoll');
  try {
    epoll.register(file, READABLE, null);
  } catch (error) {
    console.log('epoll refuses a file:', (error as SystemError).code);
  }

  using memory = AlignedMemory.allocate(block.length);
  using direct = File.open(path, { direct: true });
  timed('read with O_DIRECT: round the cache', () => `${direct.read(memory.bytes)} bytes`);
} catch (error) {
  console.log((error as Error).message);
} finally {
  rmSync(folder, { recursive: true });
}
