import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { MODELS } from '../../src/servers.ts';
import { readTree } from '../../tools/tree.ts';
import { test } from '../harness/test.ts';
import { isChinese, isExpected, type Page, parsePage, readPages, twinOf } from './pages.ts';

const LINES_MAX = 70;
const INDEX = 'docs/README.md';
/** Pages that are looked things up in. */
const LONG = new Set([INDEX, 'docs/BENCHMARKS.md'].flatMap((path) => [path, twinOf(path)]));

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));
const files = readTree();

interface Link {
  readonly target: string;
  readonly line: number;
}

function linksOf({ prose }: Page): Link[] {
  return prose.flatMap((text, index) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => {
      return { target: target as string, line: index + 1 };
    }),
  );
}

/** The name that GitHub gives to a heading. */
function anchorOf(title: string): string {
  const words = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
  return words.trim().replaceAll(/\s/g, '-');
}

function isThere(path: string): boolean {
  return files.has(path) || [...files.keys()].some((file) => file.startsWith(`${path}/`));
}

/** What is wrong with a link, or null. Addresses of the network are not looked up. */
function problemOf(page: Page, { target }: Link): string | null {
  if (/^https?:/.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page.path : posix.join(posix.dirname(page.path), path);
  if (!isThere(file)) return `${file} does not exist`;
  if (anchor === undefined) return null;
  const text = files.get(file) ?? '';
  const anchors = parsePage(file, text).headings.map(([, title]) => anchorOf(title));
  return anchors.includes(decodeURIComponent(anchor)) ? null : `${file} has no heading #${anchor}`;
}

function leadsTo(page: Page, path: string): boolean {
  return linksOf(page).some(({ target }) => {
    return posix.join(posix.dirname(page.path), target.split('#')[0] as string) === path;
  });
}

test('docs: every page exists in both languages, and each links to the other', () => {
  for (const page of pages) {
    const twin = twinOf(page.path);
    assert.ok(byPath.has(twin), `${twin} is missing beside ${page.path}`);
    assert.ok(leadsTo(page, twin), `${page.path} does not link to ${twin}`);
  }
});

test('docs: a page and its twin have the same headings in number and level', () => {
  for (const page of pages.filter(({ path }) => isChinese(path))) {
    const levels = ({ headings }: Page): string => headings.map(([level]) => level).join(' ');
    const english = byPath.get(twinOf(page.path)) as Page;
    assert.equal(levels(page), levels(english), `the heading levels of ${page.path}`);
  }
});

test('docs: a page and its twin have the same code blocks, byte for byte', () => {
  for (const page of pages.filter(({ path }) => isChinese(path))) {
    const blocks = ({ blocks }: Page): string => {
      return blocks.map(({ kind, text }) => `${kind}\n${text}`).join('\n');
    };
    const english = byPath.get(twinOf(page.path)) as Page;
    assert.equal(blocks(page), blocks(english), `the blocks of ${page.path}`);
  }
});

test('docs: a Chinese page is written in Chinese, an English one is not', () => {
  for (const { path, prose } of pages) {
    const count = prose.join('').match(/\p{Script=Han}/gu)?.length ?? 0;
    // The other language's name in the link to it is all that an English page has.
    if (isChinese(path)) assert.ok(count > 100, `${path} has ${count} Chinese characters`);
    else assert.ok(count < 10, `${path} has ${count} Chinese characters`);
  }
});

test('docs: every link leads to a file or heading that exists', () => {
  const dead = pages.flatMap((page) =>
    linksOf(page).flatMap((link) => {
      const problem = problemOf(page, link);
      return problem === null ? [] : [`${page.path}:${link.line}: ${problem}`];
    }),
  );
  assert.deepEqual(dead, []);
});

test('docs: the index lists every page, and every model that exists has one', () => {
  for (const index of [INDEX, twinOf(INDEX)]) {
    const page = byPath.get(index) as Page;
    const language = pages.filter(({ path }) => isChinese(path) === isChinese(index));
    const inDocs = language.filter(({ path }) => path.startsWith('docs/') && path !== index);
    const unlisted = inDocs.filter(({ path }) => !leadsTo(page, path)).map(({ path }) => path);
    assert.deepEqual(unlisted, [], `not linked from ${index}`);
  }
  for (const { name } of MODELS) {
    const path = `docs/models/${name}.md`;
    assert.ok(byPath.has(path), `${path} is missing`);
    assert.ok(
      byPath.get(path)?.blocks.some(({ text }) => text.includes(name)),
      `no command of ${path} names its model`,
    );
  }
});

test(`docs: a page of a model or a kind has at most ${LINES_MAX} lines`, () => {
  const long = pages
    .filter(({ path }) => path.startsWith('docs/') && !LONG.has(path))
    .map(({ path, text }) => `${path}: ${text.split('\n').length - 1} lines`)
    .filter((line) => Number(line.split(' ')[1]) > LINES_MAX);
  assert.deepEqual(long, []);
});

test('docs: headings, links and blocks are read as Markdown means them', () => {
  const text =
    '# A `b`, c\n\n[x](y.md#z)\n\n```sh\n# no heading [n](o)\n```\n\n```text\n1 … 3\n```\n';
  const page = parsePage('README.md', text);
  assert.deepEqual(page.headings, [[1, 'A `b`, c']]);
  assert.deepEqual(linksOf(page), [{ target: 'y.md#z', line: 3 }]);
  const [shell, output] = page.blocks;
  assert.deepEqual(
    [shell?.line, shell?.output, output?.line, output?.output],
    [6, '1 … 3\n', 10, null],
  );
  assert.equal(anchorOf('A `b`, c'), 'a-b-c');
  assert.equal(isExpected('1 2\n2 3\n', '1 … 3\n'), true);
  assert.equal(isExpected('1 2 4\n', '1 … 3\n'), false);
  assert.match(problemOf(page, { target: 'gone.md', line: 1 }) ?? '', /gone\.md does not/);
  assert.match(problemOf(page, { target: '#gone', line: 1 }) ?? '', /no heading #gone/);
  assert.throws(() => parsePage('docs/a.md', '```js\n1\n```\n'), /docs\/a\.md:1: .*'js'/);
  assert.throws(() => parsePage('docs/a.md', '\n```ts\n1\n'), /docs\/a\.md:2: .*does not end/);
});
