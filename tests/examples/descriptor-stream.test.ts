import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/descriptor-stream.js', import.meta.url));

test('descriptor-stream: a file through a duplex, and the last word after the end', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  const text = readFileSync(PROGRAM, 'utf8');
  const answer = `${text.toUpperCase()}\nthat was all\n`;
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines[0], `${text.length} bytes of ${PROGRAM} went through DescriptorDuplex`);
  assert.equal(lines[1], 'the last line that came back: that was all');
  const hash = createHash('sha256').update(answer).digest('hex');
  assert.equal(lines[2], `sha256 of the answer: ${hash}`);
  assert.equal(lines[3], 'both sockets are closed: true');
});
