import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/character-devices.js', import.meta.url));

test('character-devices: select takes every one, epoll some', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  for (const expected of [
    '  /dev/null is readable and writable: at its end',
    '  /dev/zero is readable and writable: gave 16 bytes',
    '  /dev/random is readable: gave 16 bytes',
    '  /dev/null is refused: EPERM',
    '  /dev/random is watched',
  ]) {
    assert.ok(stdout.includes(`${expected}\n`), `${expected}\nis missing in\n${stdout}`);
  }
  assert.match(stdout, /\/dev\/pts\/\d+ is writable: nothing to read now\n/);
  assert.match(stdout, /\/dev\/pts\/\d+ is readable: gave 6 bytes\n/);
});
