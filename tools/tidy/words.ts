/** Names, words and calls that do not belong in this project. */
import ts from 'typescript';
import { lineOf, parse, walk } from '../imports.ts';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';
import { lineAt } from './comments.ts';

const BANNED_NAMES = new Set(['utils', 'helpers', 'common', 'types', 'manager', 'misc']);
const ANY_ALLOWED = 'src/sys/ffi.ts';

/** Written in two halves, so that this file does not find itself. */
const WORDS: readonly { pattern: RegExp; problem: string; remedy: string }[] = [
  {
    pattern: new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|X{3})\\b`, 'g'),
    problem: 'a leftover marker',
    remedy: 'do it, or leave it out',
  },
  {
    pattern: new RegExp(`(?<![\\w.])/(${['wo', 'rk'].join('')}|ro{2}t|ho{1}me)/`, 'g'),
    problem: 'a path of one machine',
    remedy: 'build the path from import.meta.url or take it as an argument',
  },
  {
    pattern: new RegExp(
      `\\.\\./${['sha', 'red'].join('')}\\b|\\b${['DES', 'IGN'].join('')}\\b`,
      'g',
    ),
    problem: 'a document that is not part of this project',
    remedy: 'say what it says',
  },
];

function checkWords(file: string, text: string): Violation[] {
  return WORDS.flatMap(({ pattern, problem, remedy }) =>
    [...text.matchAll(pattern)].map(({ 0: word, index }) => {
      return { file, line: lineAt(text, index), problem: `${problem}: ${word}`, remedy };
    }),
  );
}

function checkName(file: string): Violation[] {
  const parts = file.split('/').map((part) => part.replace(/(\.(test|d))?\.ts$/, ''));
  const banned = parts.find((part) => BANNED_NAMES.has(part));
  if (banned === undefined) return [];
  const problem = `"${banned}" says nothing about what is inside`;
  return [{ file, line: 1, problem, remedy: 'name it after its subject' }];
}

function checkAny(file: string, source: ts.SourceFile): Violation[] {
  if (file === ANY_ALLOWED) return [];
  const found: Violation[] = [];
  walk(source, (node) => {
    if (node.kind !== ts.SyntaxKind.AnyKeyword) return;
    const remedy = 'use unknown, or the type that is meant';
    found.push({ file, line: lineOf(node), problem: `any outside ${ANY_ALLOWED}`, remedy });
  });
  return found;
}

function checkConsole(file: string, source: ts.SourceFile): Violation[] {
  if (!/^(src|lab-page)\//.test(file) || /^src\/cli[./]/.test(file)) return [];
  const found: Violation[] = [];
  walk(source, (node) => {
    if (!ts.isCallExpression(node) || !/^console\b/.test(node.expression.getText())) return;
    const problem = `${node.expression.getText()}() in a library, which prints nothing`;
    const remedy = 'return it, throw it, or print it in src/cli';
    found.push({ file, line: lineOf(node), problem, remedy });
  });
  return found;
}

/** Markers, machine paths, names without a meaning, `any`, and printing where nothing may print. */
export function checkVocabulary(tree: Tree): Violation[] {
  const folders = ['src', 'tests', 'tools', 'examples', 'lab-page'];
  const sources = sourcesIn(tree, ...folders).flatMap(([file, text]) => {
    const source = parse(file, text);
    return [...checkName(file), ...checkAny(file, source), ...checkConsole(file, source)];
  });
  return [...[...tree].flatMap(([file, text]) => checkWords(file, text)), ...sources];
}
