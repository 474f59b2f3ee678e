/** The blocks about kqueue, on its double: without one they only say that there is no kqueue here. */
import assert from 'node:assert/strict';
import { Double, doubledSystems, noDouble } from '../doubles/kqueue.ts';
import { runCommand } from '../harness/child.ts';
import { test } from '../harness/test.ts';
import { isExpected, readPages } from './pages.ts';
import { Scratch } from './scratch.ts';
import { compile, writeBlocks } from './typescript-blocks.ts';

const pages = readPages().filter(({ path }) => path === 'docs/models/kqueue.md');

test(
  'docs: the ts blocks about kqueue print on the double what the page says',
  async () => {
    using scratch = new Scratch();
    const programs = writeBlocks(scratch, pages);
    assert.ok(programs.length > 0);
    assert.deepEqual(compile(programs), []);
    for (const system of doubledSystems()) {
      using double = new Double(system);
      for (const { block, folder, script } of programs) {
        const env = { ...scratch.env, ...double.env };
        const run = await runCommand(process.execPath, [script], { cwd: folder, env });
        assert.deepEqual([run.code, run.stderr], [0, ''], `${block.page}:${block.line}`);
        assert.ok(isExpected(run.stdout, block.output ?? ''), run.stdout);
      }
    }
  },
  { skip: noDouble(), limitMs: 60_000 },
);
