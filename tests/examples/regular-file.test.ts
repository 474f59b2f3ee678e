import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/regular-file.js', import.meta.url));

test('regular-file: page cache, O_SYNC, cached or not, ready or refused', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^write with O_SYNC: through the cache to disk +\d+\.\d+ ms/m);
  assert.match(stdout, /^would a read sleep\? cached: (false|null)$/m);
  assert.match(stdout, /^poll says ready: true and promises nothing:$/m);
  assert.match(stdout, /^ {2}the same from the cache +\d+\.\d+ ms {2}65536 bytes$/m);
  assert.match(stdout, /^epoll refuses a file: EPERM$/m);
});
