/**
 * Files that nothing leads to. In src/ the ways in are the doors, index.ts and cli.ts; in lab-page/
 * the file that its HTML names; in tests/ and tools/ the tests and whatever package.json, .ci/run, a
 * page of the documentation or a string of a test names. Imports and
 * `new URL('./x.js', import.meta.url)` lead on from there.
 */
import { basename } from 'node:path';
import ts from 'typescript';
import { findReferences, parse, targetOf, walk } from '../imports.ts';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';

const PAGE_MAIN = 'lab-page/src/main.ts';
/** The build's own file, and types of modules that are no files. */
const BESIDE_PAGE = /^lab-page\/vite\.config\.ts$|\.d\.ts$/;

function isDoor(file: string): boolean {
  return /^src\/[^/]+\.ts$/.test(file);
}

/** What the strings of the sources name: `'fixtures/worker.js'` names every worker.ts. */
function namedInStrings(tree: Tree): Set<string> {
  const named = new Set<string>();
  for (const [file, text] of sourcesIn(tree, 'tests', 'tools', 'examples')) {
    walk(parse(file, text), (node) => {
      const isString = ts.isStringLiteralLike(node) || ts.isTemplateTail(node);
      const text = isString || ts.isTemplateHead(node) ? node.text : '';
      for (const [name] of text.matchAll(/[\w-]+(\.[\w-]+)*\.[jt]s\b/g)) {
        if (name !== basename(file)) named.add(name.replace(/\.js$/, '.ts'));
      }
    });
  }
  return named;
}

function namedOutside(tree: Tree, file: string): boolean {
  const stem = file.replace(/\.ts$/, '');
  return [...tree].some(([path, text]) => {
    const isOutside = path.endsWith('.md') || path === 'package.json' || path === '.ci/run';
    return isOutside && (text.includes(`${stem}.js`) || text.includes(`${stem}.ts`));
  });
}

function reach(tree: Tree, entries: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const text = tree.get(file);
    if (text === undefined || reached.has(file)) continue;
    reached.add(file);
    for (const reference of findReferences(file, text)) {
      const target = targetOf(file, reference);
      if (target !== null) open.push(target);
    }
  }
  return reached;
}

/** Sources that no entry leads to, and worker entries that are named but not there. */
export function checkDeadFiles(tree: Tree): Violation[] {
  const named = namedInStrings(tree);
  const sources = sourcesIn(tree, 'src', 'tests', 'tools').map(([file]) => file);
  const library = reach(tree, sources.filter(isDoor));
  const others = sources.filter((file) => !file.startsWith('src/'));
  const page = reach(tree, [PAGE_MAIN]);
  const pageFiles = sourcesIn(tree, 'lab-page').map(([file]) => file);
  const isEntry = (file: string): boolean =>
    file.endsWith('.test.ts') || named.has(basename(file)) || namedOutside(tree, file);
  const rest = reach(tree, others.filter(isEntry));
  const dead = [
    ...sources.filter((file) => !(file.startsWith('src/') ? library : rest).has(file)),
    ...pageFiles.filter((file) => !page.has(file) && !BESIDE_PAGE.test(file)),
  ];
  return [
    ...dead.map((file) => ({
      file,
      line: 1,
      problem: 'nothing leads to this file',
      remedy: 'import it, name it where it is started, or remove it',
    })),
    ...checkUrls(tree),
  ];
}

function checkUrls(tree: Tree): Violation[] {
  return sourcesIn(tree, 'src', 'tests', 'tools', 'examples').flatMap(([file, text]) =>
    findReferences(file, text)
      .filter((reference) => reference.form === 'url')
      .flatMap((reference) => {
        const target = targetOf(file, reference);
        if (target === null || tree.has(target) || tree.has(target.replace(/\.ts$/, '.js'))) {
          return [];
        }
        const problem = `the URL ${reference.specifier} leads to ${target}, which is not there`;
        return [{ file, line: reference.line, problem, remedy: 'correct the name' }];
      }),
  );
}
