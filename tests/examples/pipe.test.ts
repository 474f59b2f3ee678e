import assert from 'node:assert/strict';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

test('examples: pipe reads empty and writes full, blocking, non-blocking and with a timeout', async () => {
  const lines = (await runExample('pipe')).trimEnd().split('\n');
  const expected = [
    /^an empty pipe$/,
    /^ {2}blocking read sleeps until another thread writes: 5, after \d+ ms$/,
    /^ {2}non-blocking tryRead: null, after \d+ ms$/,
    /^ {2}non-blocking read: throws EAGAIN, after \d+ ms$/,
    /^ {2}read with a timeout: throws ETIMEDOUT, after \d+ ms$/,
    /^a full pipe: the kernel took \d+ bytes$/,
    /^ {2}non-blocking tryWrite: null, after \d+ ms$/,
    /^ {2}non-blocking write: throws EAGAIN, after \d+ ms$/,
    /^ {2}write with a timeout: throws ETIMEDOUT, after \d+ ms$/,
    /^ {2}blocking write sleeps until another thread reads: 4096, after \d+ ms$/,
  ];
  assert.equal(lines.length, expected.length, lines.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(lines[index] as string, pattern);
});
