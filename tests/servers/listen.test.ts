import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { ECHO_MODULE, serve } from '../../src/servers.ts';
import { runSource } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const SERVERS = new URL('../../src/servers.js', import.meta.url).href;

test('serve: select refuses a listener numbered 1024 or above before it resolves', async () => {
  const held: number[] = [];
  try {
    while ((held.at(-1) ?? 0) < 1_024) held.push(openSync('/dev/null', 'r'));
    const refused = serve(ECHO_MODULE, { model: 'select', port: 0 });
    await assert.rejects(refused, { name: 'RangeError', message: /below 1024 only; use poll/ });
  } finally {
    for (const fd of held) closeSync(fd);
  }
});

test('serve: starts its workers from a program given as text', async () => {
  const source = `
    import { ECHO_MODULE, serve } from '${SERVERS}';
    const server = await serve(ECHO_MODULE, { model: 'poll', port: 0 });
    console.log((await server.close()).drained);`;
  const { code, stdout, stderr } = await runSource(source);
  assert.deepEqual([code, stdout], [0, 'true\n'], stderr);
});
