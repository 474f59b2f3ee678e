import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { test } from '../harness/test.ts';

const PAGE = fileURLToPath(new URL('../../page/', import.meta.url));
const CODE_BYTES_MAX = 150 * 1_024;

function filesOf(ending: RegExp): [string, string][] {
  return readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file))
    .map((file) => [file, readFileSync(`${PAGE}${file}`, 'utf8')]);
}

test('page: its code is small', (context) => {
  const code = filesOf(/\.(js|css|html)$/);
  const bytes = code.reduce((sum, [, text]) => sum + gzipSync(text, { level: 9 }).length, 0);
  const size = (bytes / 1_024).toFixed(1);
  context.diagnostic(`${code.length} files of code, ${size} KiB compressed`);
  assert.ok(code.some(([file]) => file.endsWith('.js')));
  assert.ok(bytes < CODE_BYTES_MAX, `${size} KiB, ${CODE_BYTES_MAX / 1_024} are the limit`);
});

test('page: what it loads lies beside it, below any path', () => {
  for (const [file, text] of filesOf(/\.html$/)) {
    const loaded = [...text.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, url]) => url as string);
    assert.ok(loaded.length > 0, file);
    for (const url of loaded) assert.match(url, /^\.\//, `${file} loads ${url}`);
    assert.doesNotMatch(text, /<style|<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=/, file);
  }
  for (const [file, text] of filesOf(/\.css$/)) {
    assert.doesNotMatch(text, /@import|url\((?!['"]?data:)/, file);
  }
});

test('page: no source map and nothing of a machine is shipped with it', () => {
  assert.deepEqual(filesOf(/\.map$/), []);
  for (const [file, text] of filesOf(/\.(js|css|html)$/)) {
    assert.ok(!text.includes('node_modules'), file);
    assert.ok(!text.includes('virtual:'), file);
  }
});
