/** Paths that comments and pages name must exist: text that lags the tree misleads. */
import { posix } from 'node:path';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';
import { commentsOf, lineAt } from './comments.ts';

const FROM_ROOT = /(?<![\w./@-])(?:build\/)?(?:src|tests|tools|docs|examples|lab-page)\/[\w./-]*/g;
const FROM_HERE = /(?<![\w./])\.\.?\/[\w./-]*\.[jt]s\b/g;
const IN_BACKTICKS = /`((?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.ts)`/g;
/** What follows a path that stands for many: `src/*.ts`, `tests/<room>/`, `src/{a,b}`, `tests/…`. */
const PLACEHOLDER = /^[*<{…$]/;

interface Passage {
  readonly text: string;
  readonly start: number;
  /** Example programs of a page name the reader's files, not ours. */
  readonly isProse: boolean;
}

function passagesOf(file: string, text: string): Passage[] {
  if (file.endsWith('.ts')) {
    return commentsOf(file, text).map((comment) => ({ ...comment, isProse: true }));
  }
  let start = 0;
  return text.split(/^(?=```)/m).map((part, index) => {
    const passage = { text: part, start, isProse: index % 2 === 0 };
    start += part.length;
    return passage;
  });
}

function asSource(path: string): string {
  return path
    .replace(/^build\//, '')
    .replace(/[./]+$/, '')
    .replace(/\.js$/, '.ts');
}

function exists(tree: Tree, path: string): boolean {
  const source = asSource(path);
  const given = path.replace(/[./]+$/, '');
  if (tree.has(source) || tree.has(given)) return true;
  return [...tree.keys()].some((file) => file.startsWith(`${source}/`));
}

function deadPaths(tree: Tree, file: string, { text, isProse }: Passage): [string, number][] {
  const found: [string, number][] = [];
  for (const { 0: path, index } of text.matchAll(FROM_ROOT)) {
    const isPattern = PLACEHOLDER.test(text.slice(index + path.length));
    if (!isPattern && !exists(tree, path)) found.push([path, index]);
  }
  if (!isProse) return found;
  for (const { 0: path, index } of text.matchAll(FROM_HERE)) {
    const isOurs = file.endsWith('.ts') && !text.slice(0, index).endsWith("new URL('");
    const target = posix.join(posix.dirname(file), path);
    if (isOurs && !exists(tree, target)) found.push([path, index]);
  }
  for (const { 1: path = '', index } of text.matchAll(IN_BACKTICKS)) {
    const isThere = [...tree.keys()].some((known) => `/${known}`.endsWith(`/${path}`));
    if (!isThere) found.push([path, index]);
  }
  return found;
}

/** Paths in comments and Markdown pages that lead nowhere. */
export function checkPaths(tree: Tree): Violation[] {
  const pages = [...tree].filter(([path]) => path.endsWith('.md'));
  const sources = sourcesIn(tree, 'src', 'tests', 'tools', 'examples', 'lab-page');
  return [...pages, ...sources].flatMap(([file, text]) =>
    passagesOf(file, text).flatMap((passage) =>
      deadPaths(tree, file, passage).map(([path, index]) => ({
        file,
        line: lineAt(text, passage.start + index),
        problem: `${path} is named and does not exist`,
        remedy: 'name the file that took its place, or drop the mention',
      })),
    ),
  );
}
