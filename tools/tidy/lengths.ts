/**
 * How long things may be. A file has at most 600 lines (tables of constants and words excepted), a function
 * 70, a server program 150. A line has at most 100 columns; 120 when a comment reaches past the
 * hundredth; 160 when it holds a string that the formatter cannot break.
 */
import ts from 'typescript';
import { lineOf, parse, walk } from '../imports.ts';
import { sourcesIn, type Tree, type Violation } from '../tree.ts';
import { type Comment, commentsOf } from './comments.ts';

const FILE_LINES_MAX = 600;
const FUNCTION_LINES_MAX = 70;
const PROGRAM_LINES_MAX = 150;
const CODE_COLUMNS_MAX = 100;
const COMMENT_COLUMNS_MAX = 120;
const STRING_COLUMNS_MAX = 160;
/** A shorter string does not keep the formatter from breaking the line. */
const LONG_STRING = 40;

/** Nothing but constants. */
const CONSTANTS = /\/abi\.ts$/;
/** The words of one language: a sentence is as long as it is. */
const WORDS = /^lab-page\/src\/text\/(en|zh-CN)\.ts$/;

/** The models whose program is read as the textbook of that model. */
const PROGRAMS = new Set(
  `blocking blocking-processes blocking-threads non-blocking select poll epoll epoll-edge kqueue
   signal-driven io-uring iocp node-net`
    .split(/\s+/)
    .map((model) => `src/servers/${model}.ts`),
);

function countLines(text: string): number {
  return text.split('\n').length - Number(text.endsWith('\n'));
}

function checkFile(file: string, text: string): Violation[] {
  const lines = countLines(text);
  if (CONSTANTS.test(file) || WORDS.test(file) || lines <= FILE_LINES_MAX) return [];
  const problem = `${lines} lines, ${FILE_LINES_MAX} are the limit`;
  return [{ file, line: FILE_LINES_MAX + 1, problem, remedy: 'give its second subject a file' }];
}

function spanOf(node: ts.Node): number {
  const file = node.getSourceFile();
  const last = file.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
  return last - lineOf(node) + 1;
}

/** `test('title', () => {})` as a statement, or the same by a function of the suite's own. */
function isTestCall(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isExpressionStatement(node.parent)) return false;
  const { arguments: given } = node;
  return (
    given.some(isText) && given.some((a) => ts.isArrowFunction(a) || ts.isFunctionExpression(a))
  );
}

/** The lines of a function; a suite is not made longer by the tests that it registers. */
function functionLines(node: ts.Node, isTest: boolean): number {
  let lines = spanOf(node);
  if (!isTest) return lines;
  const subtract = (inner: ts.Node): void => {
    if (isTestCall(inner)) lines -= spanOf(inner) - 1;
    else ts.forEachChild(inner, subtract);
  };
  ts.forEachChild(node, subtract);
  return lines;
}

function checkFunctions(file: string, text: string): Violation[] {
  const found: Violation[] = [];
  walk(parse(file, text), (node) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const lines = functionLines(node, file.startsWith('tests/'));
    if (lines <= FUNCTION_LINES_MAX) return;
    const name = ('name' in node && node.name?.getText()) || 'a function';
    const problem = `${name} has ${lines} lines, ${FUNCTION_LINES_MAX} are the limit`;
    found.push({ file, line: lineOf(node), problem, remedy: 'give its steps names of their own' });
  });
  return found;
}

function isText(node: ts.Node): boolean {
  const isString = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
  return isString || ts.isRegularExpressionLiteral(node);
}

function columnsAllowed(
  start: number,
  end: number,
  comments: readonly Comment[],
  strings: readonly ts.Node[],
): number {
  const edge = start + CODE_COLUMNS_MAX;
  if (comments.some((comment) => comment.start <= edge && comment.end > edge)) {
    return COMMENT_COLUMNS_MAX;
  }
  const isUnbreakable = strings.some((node) => {
    const overlap = Math.min(node.getEnd(), end) - Math.max(node.getStart(), start);
    return overlap >= LONG_STRING;
  });
  return isUnbreakable ? STRING_COLUMNS_MAX : CODE_COLUMNS_MAX;
}

function checkLines(file: string, text: string): Violation[] {
  const isShort = !text.split('\n').some((line) => line.length > CODE_COLUMNS_MAX);
  if (isShort || WORDS.test(file)) return [];
  const comments = commentsOf(file, text);
  const strings: ts.Node[] = [];
  walk(parse(file, text), (node) => {
    if (isText(node)) strings.push(node);
  });
  const found: Violation[] = [];
  let start = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const end = start + line.length;
    if (line.length > CODE_COLUMNS_MAX) {
      const limit = columnsAllowed(start, end, comments, strings);
      const problem = `${line.length} columns, ${limit} are the limit here`;
      const remedy = 'break the line, or say it shorter';
      if (line.length > limit) found.push({ file, line: index + 1, problem, remedy });
    }
    start = end + 1;
  }
  return found;
}

function checkProgram(file: string, text: string): Violation[] {
  const steps = text.split('\n').flatMap((line, index) => {
    const match = /^\s*\/\/ step (\d+)\b/.exec(line);
    return match === null ? [] : [{ number: Number(match[1]), line: index + 1 }];
  });
  if (steps.length === 0) {
    if (!PROGRAMS.has(file)) return [];
    const remedy = 'mark what it does with // step 1, // step 2 and so on';
    return [{ file, line: 1, problem: 'the program of a model has no steps', remedy }];
  }
  const found: Violation[] = [];
  const lines = countLines(text);
  if (lines > PROGRAM_LINES_MAX) {
    const problem = `a program of ${lines} lines, ${PROGRAM_LINES_MAX} are the limit`;
    const remedy = 'move what is not the model itself into files of its room';
    found.push({ file, line: PROGRAM_LINES_MAX + 1, problem, remedy });
  }
  for (const [index, { number, line }] of steps.entries()) {
    if (number === index + 1) continue;
    const problem = `step ${number} stands where step ${index + 1} belongs`;
    found.push({ file, line, problem, remedy: 'number the steps 1, 2, 3 in reading order' });
    break;
  }
  return found;
}

/** Files, functions, lines and programs that are too long, and steps that are out of order. */
export function checkLengths(tree: Tree): Violation[] {
  return sourcesIn(tree, 'src', 'tests', 'tools', 'examples', 'lab-page').flatMap(
    ([file, text]) => [
      ...checkFile(file, text),
      ...checkFunctions(file, text),
      ...checkLines(file, text),
      ...(/^src\/servers\/[^/]+$/.test(file) ? checkProgram(file, text) : []),
    ],
  );
}
