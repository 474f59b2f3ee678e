import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/descriptor-passing.js', import.meta.url));

test('examples: descriptor-passing hands a file and a pipe to another process', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  const [, parent] = /^parent (\d+): passed 2 descriptors to process \d+$/m.exec(stdout) ?? [];
  assert.match(stdout, new RegExp(`^child: process ${parent} sent "a file and a pipe"$`, 'm'));
  assert.match(stdout, /^child: they are descriptors \d+ and \d+ here$/m);
  assert.match(stdout, /^parent: the child answers "what only the first process could read"$/m);
});
