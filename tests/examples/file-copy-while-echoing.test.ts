import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoUringQueue } from '../../src/completion.ts';
import { test } from '../harness/test.ts';
import { runExample } from './example-process.ts';

const unavailable = IoUringQueue.unavailable();

test(
  'examples: a file is copied whole while messages are echoed',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyio-copy-'));
    try {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      writeFileSync(from, Buffer.alloc(3_000_001, 'not a multiple of anything '));
      const stdout = await runExample('file-copy-while-echoing', [from, to]);
      const found = /^copied 3000001 bytes of .*; meanwhile (\d+) messages were echoed$/m.exec(
        stdout,
      );
      assert.ok(Number(found?.[1]) > 0, stdout);
      assert.ok(readFileSync(from).equals(readFileSync(to)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { skip: unavailable === null ? false : unavailable.reason },
);
