/** The blocks about iocp under Windows' Node: on this system they only say that there is no port. */
import assert from 'node:assert/strict';
import { runCommand } from '../harness/child.ts';
import { FOREIGN_NODE, noForeignNode } from '../harness/foreign.ts';
import { test } from '../harness/test.ts';
import { isExpected, readPages } from './pages.ts';
import { Scratch } from './scratch.ts';
import { compile, writeBlocks } from './typescript-blocks.ts';

const LIMIT_MS = 60_000;
const pages = readPages().filter(({ path }) => path === 'docs/models/iocp.md');

test(
  'docs: the ts blocks about iocp print on Windows what the page says',
  async () => {
    using scratch = new Scratch();
    const programs = writeBlocks(scratch, pages);
    assert.ok(programs.length > 0);
    assert.deepEqual(compile(programs), []);
    for (const { block, folder, script } of programs) {
      const options = { cwd: folder, limitMs: LIMIT_MS };
      const run = await runCommand(FOREIGN_NODE, [script], options);
      assert.deepEqual([run.code, run.stderr], [0, ''], `${block.page}:${block.line}`);
      assert.ok(isExpected(run.stdout.replaceAll('\r\n', '\n'), block.output ?? ''), run.stdout);
    }
  },
  { skip: noForeignNode, limitMs: 2 * LIMIT_MS },
);
