import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';

const TOOL = fileURLToPath(new URL('../../tools/measure-load.js', import.meta.url));
const CLI = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

test(
  'measure-load: both engines and a peer, round by round',
  async () => {
    const peer = `self=${process.execPath} ${CLI} load --port {port} --connections {connections} --duration {seconds} --json`;
    const args = [
      TOOL,
      '--rounds',
      '1',
      '--ms',
      '500',
      '--connections',
      '5',
      '--peer',
      peer,
      '--json',
    ];
    const { code, stdout, stderr } = await runCommand(process.execPath, args, { limitMs: 60_000 });
    assert.equal(code, 0, stderr);
    const { rates } = JSON.parse(stdout) as { rates: Record<string, number[]> };
    assert.deepEqual(Object.keys(rates), ['io-uring', 'epoll', 'self']);
    for (const [name, values] of Object.entries(rates)) {
      assert.equal(values.length, 1);
      for (const rate of values) assert.ok(rate > 0, name);
    }
  },
  { limitMs: 60_000 },
);
