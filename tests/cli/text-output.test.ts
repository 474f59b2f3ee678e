import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openReport, openText } from '../../src/cli/text-output.ts';
import { test } from '../harness/test.ts';
import { Folder } from './polyio-process.ts';

const { O_RDONLY, O_NONBLOCK } = constants;

/** Larger than what a pipe holds. */
const LONG_TEXT = Array.from({ length: 60_000 }, (_, index) => String(index).padStart(6)).join('');

/** A named pipe with a reader that has not read anything yet. */
function openPipe(folder: Folder): { readonly path: string; readonly fd: number } {
  const path = folder.file('pipe');
  execFileSync('mkfifo', [path]);
  return { path, fd: openSync(path, O_RDONLY | O_NONBLOCK) };
}

/** All that comes until the writer closes. */
async function readToEnd(fd: number): Promise<string> {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(10_000);
    try {
      const length = readSync(fd, part);
      if (length === 0) return Buffer.concat(parts).toString();
      parts.push(part.subarray(0, length));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    }
    await sleep(1);
  }
}

test('openText: what was in the file stays until something is written, and is then gone', async () => {
  using folder = new Folder();
  const path = folder.file('page', 'a long text of yesterday');
  const output = openText(path, 'the page');
  assert.equal(readFileSync(path, 'utf8'), 'a long text of yesterday');
  await output.write('short');
  assert.equal(readFileSync(path, 'utf8'), 'short');
});

test('openText: a named pipe gets all of it, however slowly it is read', async () => {
  using folder = new Folder();
  const { path, fd } = openPipe(folder);
  try {
    const written = openText(path, 'the page').write(LONG_TEXT);
    assert.equal(await readToEnd(fd), LONG_TEXT);
    await written;
  } finally {
    closeSync(fd);
  }
});

test('openText: a named pipe that nobody reads any more is told', async () => {
  using folder = new Folder();
  const { path, fd } = openPipe(folder);
  const output = openText(path, 'the page');
  closeSync(fd);
  await assert.rejects(output.write(LONG_TEXT), {
    name: 'Failure',
    message: `cannot write the page to ${path}: nobody reads it any more`,
  });
});

test('openText: a device takes it, a full one is told', async () => {
  await openText('/dev/null', 'the page').write(LONG_TEXT);
  await assert.rejects(openText('/dev/full', 'the page').write('text'), {
    name: 'Failure',
    message: 'cannot write the page to /dev/full: no space is left on the device',
  });
});

test('openReport: one line of JSON in the file', async () => {
  using folder = new Folder();
  const path = folder.file('report', 'something longer than the report');
  await openReport(path, 'the report').write({ rate: 1 });
  assert.equal(readFileSync(path, 'utf8'), '{"rate":1}\n');
});
