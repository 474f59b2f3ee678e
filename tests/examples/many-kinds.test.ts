import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/many-kinds.js', import.meta.url));

test('many-kinds: six kinds of descriptors are told by one selector', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  const [selector, ...events] = stdout.trim().split('\n');
  assert.match(selector as string, /^\w+Selector\{\w+, 6 registered/);
  assert.deepEqual(events.sort(), [
    'counter was at 42',
    'inotify saw IN_CREATE',
    'pipe brought a few bytes',
    'signal is SIGUSR2',
    'socket brought a greeting',
    'timer expired 1 time',
  ]);
});
