import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const PROGRAM = fileURLToPath(new URL('../../tools/measure-udp.js', import.meta.url));

test('measure-udp: runs both kinds in turn and gives the ratio with its spread', async (context) => {
  const args = [PROGRAM, '--rounds', '2', '--datagrams', '20000', '--json'];
  const { code, stdout, stderr } = await runCommand(process.execPath, args);
  assert.deepEqual([code, stderr], [0, '']);
  const result = JSON.parse(stdout);
  assert.deepEqual([result.rounds, result.size, result.node], [2, 64, process.version]);
  const kinds = result.perCpuSecond.map(({ kind }: { kind: string }) => kind);
  assert.deepEqual(kinds, ['recvMany/sendMany', 'node:dgram']);
  const [least, most] = result.spread;
  assert.ok(least <= result.ratio && result.ratio <= most, stdout);
  context.diagnostic(`ratio ${result.ratio.toFixed(2)} in two short rounds (aim 2)`);
});

test('measure-udp: refuses a number of rounds that is none', async () => {
  const { code, stderr } = await runCommand(process.execPath, [PROGRAM, '--rounds', 'x']);
  assert.equal(code, 1);
  assert.match(stderr, /--rounds must be a whole number of 1 or more, got x/);
});
