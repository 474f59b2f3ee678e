import assert from 'node:assert/strict';
import { verifiedOn } from '../../src/servers/platforms.ts';
import { MODELS } from '../../src/servers.ts';
import { pages } from '../../tools/write-platforms.ts';
import { test } from '../harness/test.ts';

test('write-platforms: both READMEs have the table that the models make', () => {
  for (const { file, current, wanted } of pages()) {
    assert.equal(current, wanted, `${file}: run node build/tools/write-platforms.js`);
    for (const { name } of MODELS) {
      const verified = verifiedOn(name, 'linux', 'x64');
      assert.ok(wanted.includes(`| \`${name}\``), name);
      if (verified !== null) assert.ok(wanted.includes(`\n- ${name}: `), `${file}: ${name}`);
    }
  }
});

test('write-platforms: every model says where it runs, and how that was seen', () => {
  for (const { name, platforms } of MODELS) assert.ok(Object.keys(platforms).length > 0, name);
});
