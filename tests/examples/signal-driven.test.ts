import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/signal-driven.js', import.meta.url));

test('examples/signal-driven: a signal for one message, and signals that wait in the queue', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [EXAMPLE, '5']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /armed 3 sockets: /);
  assert.match(stdout, /nothing sent: 0 ready, 0 signals/);
  assert.match(stdout, /ben is ready: recv copied 14 bytes/);
  for (const name of ['anna', 'ben', 'cora']) {
    assert.match(stdout, new RegExp(`${name} is ready: recv copied 5 bytes`));
  }
  assert.match(stdout, /16 signals named a socket, the queue overflowed 0 times/);
});
