import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/shared-memory.js', import.meta.url));

test('shared-memory: two processes count in one place and lose nothing', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM, '20000']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(stdout.trim().split('\n'), [
    'child counts in 4096 bytes, sealed: F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW',
    'child exited 0; together they counted to 40000',
  ]);
});
