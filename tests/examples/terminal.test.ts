import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../examples/terminal.js', import.meta.url));

test('terminal: lines, raw bytes, baud rate, a program in it, hang-up', async () => {
  const { code, stdout, stderr } = await runCommand(process.execPath, [PROGRAM]);
  assert.deepEqual([code, stderr], [0, '']);
  for (const expected of [
    'canonical: typed "ab<delete>c<enter>", read "ac\\n"',
    'the terminal showed "ab\\b \\bc\\r\\n"',
    'raw: typed the same without <enter>, read "ab\x7fc"',
    'baud rate 250000 size { rows: 24, columns: 80 }',
    'it wrote "24 80\\r\\n"',
    'read EIO: everybody has closed the terminal side',
    'hung up: true read 0',
    'write EIO: the terminal has hung up: its other side is closed',
    'stty ended with 0',
  ]) {
    assert.ok(stdout.includes(`${expected}\n`), `${expected}\nis missing in\n${stdout}`);
  }
});
