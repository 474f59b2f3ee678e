import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { recordedScenes } from '../../tools/recorded-scenes.ts';
import { test } from '../harness/test.ts';

test('recorded scenes: each of them is put beside the page, as it is', () => {
  const folder = new URL('../../../lab-page/recorded/', import.meta.url);
  const emitted = new Map<string, string>();
  recordedScenes(folder).generateBundle.call({
    emitFile: ({ fileName, source }) => emitted.set(fileName, source),
  });
  const files = readdirSync(folder);
  assert.ok(files.includes('index.json'));
  assert.deepEqual([...emitted.keys()].sort(), files.map((file) => `recorded/${file}`).sort());
  for (const file of files) {
    assert.equal(emitted.get(`recorded/${file}`), readFileSync(new URL(file, folder), 'utf8'));
  }
});
