import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/process-exit.js', import.meta.url));

async function linesOf(...command: string[]): Promise<string[]> {
  const args = [PROGRAM, ...command];
  const { code, stdout, stderr } = await runCommand(process.execPath, args);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout.trim().split('\n');
}

test('process-exit: PidFd tells the end before Node does', async () => {
  const expected = ['waiting for sh', 'PidFd says: exited 3', 'Node says: exit 3'];
  assert.deepEqual(await linesOf(), expected);
});

test('process-exit: a process that takes too long gets SIGTERM', async () => {
  assert.deepEqual(await linesOf('sleep', '1000'), [
    'waiting for sleep',
    'it takes too long: SIGTERM, to that process and no other',
    'PidFd says: killed SIGTERM',
    'Node says: exit SIGTERM',
  ]);
});

test('process-exit: a command that is not there says so', async () => {
  const [line] = await linesOf('/polyio-no-such-command', 'x');
  assert.match(line as string, /^not started: spawn .*ENOENT$/);
});
