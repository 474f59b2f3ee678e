import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODELS } from '../../src/servers.ts';
import { projectRoot, readTree } from '../../tools/tree.ts';
import { timelines } from '../../tools/write-timelines.ts';
import { test } from '../harness/test.ts';

const pictures = timelines();

test('write-timelines: the pictures are those that the recordings make', () => {
  assert.ok(pictures.length > 0);
  for (const { file, svg } of pictures) {
    const current = readFileSync(join(projectRoot, file), 'utf8');
    assert.ok(current === svg, `${file}: run node build/tools/write-timelines.js`);
  }
});

test('write-timelines: the page of every model shows its picture, in the language of the page', () => {
  const models = new Set(pictures.map(({ model }) => model));
  const missing = MODELS.filter(({ name }) => !models.has(name)).map(({ name }) => name);
  assert.deepEqual(missing, [], 'no recording of a model');
  const tree = readTree();
  for (const { model, language, file } of pictures) {
    const page = `docs/models/${model}${language === 'en' ? '' : `.${language}`}.md`;
    const name = file.slice('docs/models/'.length);
    const image = new RegExp(`^!\\[[^\\]]{20,}\\]\\(${name.replaceAll('.', '\\.')}\\)$`, 'm');
    assert.match(tree.get(page) ?? '', image, `${page} has no line ![what it shows](${name})`);
  }
});
