// Regular files: what no readiness model makes asynchronous.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOST } from '../../src/platform/host.ts';
import { isOpen } from '../../src/sys/descriptor.ts';
import { type Case, codeOf, finish } from './completion.ts';
import { assertPrivate } from './selector-descriptors.ts';

function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'polyio-completion-'));
  try {
    body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const files: Readonly<Record<string, Case>> = {
  'a file is opened, written, synced, read and closed': (queue) =>
    inFolder((folder) => {
      const path = join(folder, 'file');
      const fd = finish(queue, queue.openFile(path, { flags: 'w+', mode: 0o600 }));
      assertPrivate(fd);
      // Of permissions Windows knows one: that of writing.
      assert.equal(statSync(path).mode & 0o777, HOST === 'win32' ? 0o666 : 0o600);
      assert.equal(finish(queue, queue.write(fd, Buffer.from('0123456789'))), 10);
      assert.equal(finish(queue, queue.write(fd, Buffer.from('AB'), { position: 4 })), 2);
      finish(queue, queue.sync(fd));
      finish(queue, queue.sync(fd, { dataOnly: true }));
      assert.equal(readFileSync(path, 'utf8'), '0123AB6789');
      using buffer = queue.allocate(4);
      assert.equal(finish(queue, queue.read(fd, buffer, { position: 2 })), 4);
      assert.equal(Buffer.from(buffer.bytes).toString(), '23AB');
      assert.equal(finish(queue, queue.read(fd, buffer)), 0, 'the own position is at the end');
      finish(queue, queue.close(fd));
      assert.equal(isOpen(fd), false);
    }),

  'the own position of a file moves on': (queue) =>
    inFolder((folder) => {
      const path = join(folder, 'file');
      writeFileSync(path, 'abcdef');
      const fd = finish(queue, queue.openFile(path));
      const room = Buffer.alloc(4);
      assert.equal(finish(queue, queue.read(fd, room)), 4);
      assert.equal(finish(queue, queue.read(fd, room)), 2);
      assert.equal(room.toString(), 'efcd');
      finish(queue, queue.close(fd));
    }),

  'positions beyond 4 GiB arrive as they are': (queue) =>
    inFolder((folder) => {
      const path = join(folder, 'sparse');
      const fd = finish(queue, queue.openFile(path, { flags: 'w+' }));
      const position = 5 * 2 ** 30 + 3;
      finish(queue, queue.write(fd, Buffer.from('far'), { position }));
      assert.equal(statSync(path).size, position + 3);
      const room = Buffer.alloc(3);
      finish(queue, queue.read(fd, room, { position }));
      assert.equal(room.toString(), 'far');
      finish(queue, queue.close(fd));
    }),

  'many reads of one file are in flight at once': (queue) =>
    inFolder((folder) => {
      const path = join(folder, 'file');
      const size = 64 * 1_024;
      const content = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
      writeFileSync(path, content);
      const fd = finish(queue, queue.openFile(path));
      const room = Buffer.alloc(size);
      const step = 1_000;
      for (let position = 0; position < size; position += step) {
        queue.read(fd, room.subarray(position, position + step), { position });
      }
      const count = Math.ceil(size / step);
      assert.equal(queue.wait({ min: count }).length, count);
      assert.ok(room.equals(content));
      finish(queue, queue.close(fd));
    }),

  'what the kernel refuses of a file names the path or the call': (queue, fds) =>
    inFolder((folder) => {
      const path = join(folder, 'missing', 'file');
      const missing = queue.openFile(path);
      const directory = queue.openFile(folder, { flags: 'w' });
      const unwritable = queue.write(fds.file(process.execPath), Buffer.from('x'));
      const unsynced = queue.sync(fds.event(0));
      queue.wait({ min: 4 });
      const expected = { code: 'ENOENT', syscall: 'open', path, message: `open ENOENT ${path}` };
      assert.throws(() => missing.result(), { name: 'SystemError', ...expected });
      assert.equal(codeOf(directory), 'EISDIR');
      assert.equal(codeOf(unwritable), 'EBADF');
      // FlushFileBuffers: it is no handle of a file.
      assert.equal(codeOf(unsynced), HOST === 'win32' ? 'EBADF' : 'EINVAL');
    }),
};
