import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/fifo.js', import.meta.url));

test('fifo: two processes meet in a FIFO, and the reader sees the end', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n').map((line) => line.replace(/^[\d:.]{12} /, ''));
  const reader = lines.filter((line) => line.startsWith('reader'));
  assert.match(reader[1] as string, /sleeps until a writer opens/);
  assert.match(reader[2] as string, /^reader: a writer is here/);
  assert.ok(lines.includes('null'));
  assert.ok(lines.includes('writer: leaves'));
  const text = reader.filter((line) => line.startsWith('reader: read '));
  assert.match(text.at(-1) as string, /^reader: read 0 bytes: the last writer has left$/);
  assert.match(text.join('\n'), /bytes: dear reader/);
});
