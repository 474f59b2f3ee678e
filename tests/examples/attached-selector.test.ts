import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/attached-selector.js', import.meta.url));

test('attached-selector: an echo server, an HTTP server and a timer share one loop', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(
    lines[0] as string,
    /^EpollSelector\{epoll, 1 registered, fd \d+\} waits in the loop/,
  );
  assert.ok(lines.includes('http: from node:http'));
  assert.ok(lines.some((line) => /^echo: 127\.0\.0\.1:\d+ connected$/.test(line)));
  assert.ok(lines.includes('echo: hello'));
});
