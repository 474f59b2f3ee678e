import assert from 'node:assert/strict';
import { runCommand } from '../harness/child.ts';
import { FOREIGN_NODE, noForeignNode } from '../harness/foreign.ts';
import { test } from '../harness/test.ts';
import { EXPECTED, SCRIPT } from './completion-port.ts';

test(
  'examples: completion-port on Windows',
  async () => {
    const { code, stdout, stderr } = await runCommand(FOREIGN_NODE, [SCRIPT], { limitMs: 60_000 });
    assert.deepEqual([code, stderr, stdout], [0, '', EXPECTED]);
  },
  { skip: noForeignNode, limitMs: 90_000 },
);
